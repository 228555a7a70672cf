/** Executes the CUDA text of kernels on the processor, thread by thread, and says what is wrong with it. */
@NullMarked
package dev.woodpecker.runtime.device.emulator;

import org.jspecify.annotations.NullMarked;
