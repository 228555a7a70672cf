/** The CUDA driver as the runtime calls it: one interface of few calls, for a device at hand, an emulated one, or a recording. */
@NullMarked
package dev.woodpecker.runtime.device.cuda.driver;

import org.jspecify.annotations.NullMarked;
