/**
 * NVIDIA's libraries, called through foreign functions: cuBLASLt for matrix products, cuDNN's graphs for convolutions. They
 * need a current CUDA context in the calling thread, and take device memory and streams as the numbers that the driver gives.
 */
@NullMarked
package dev.woodpecker.runtime.vendor.cuda;

import org.jspecify.annotations.NullMarked;
