/** Runs compiled kernels on the processor: loading, calling, memory, and the threads that share a range out. */
@NullMarked
package dev.woodpecker.runtime.device.cpu;

import org.jspecify.annotations.NullMarked;
