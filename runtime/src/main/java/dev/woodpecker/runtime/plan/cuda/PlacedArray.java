package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.graph.TensorType;

/** A row-major array in a device's memory. */
public record PlacedArray(TensorType type, DevicePointer pointer) {}
