package dev.woodpecker.runtime.device.cuda.driver;

/**
 * What a loaded kernel takes.
 *
 * @param registers of each thread
 * @param localBytes of each thread: its stack and what was spilled
 * @param sharedBytes of each block, declared by the kernel
 * @param mostThreads a block may have
 */
public record FunctionFacts(int registers, int localBytes, int sharedBytes, int mostThreads) {}
