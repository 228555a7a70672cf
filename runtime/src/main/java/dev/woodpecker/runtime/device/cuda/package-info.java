/** CUDA text to binaries, without a CUDA toolkit where Maven brought the compilers, and without a GPU anywhere. */
@NullMarked
package dev.woodpecker.runtime.device.cuda;

import org.jspecify.annotations.NullMarked;
