package dev.woodpecker.runtime.device.cuda.driver;

/** How much of a device's memory there is, and how much nobody has; other processes' included. */
public record DeviceMemory(long freeBytes, long totalBytes) {}
