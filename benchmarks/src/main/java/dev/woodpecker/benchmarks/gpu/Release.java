package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.driver.CudaException;

/** Gives things back to a device; to one that a kernel has damaged nothing can be given back, and the process ends anyway. */
final class Release {
    private Release() {}

    static void of(Runnable release) {
        try {
            release.run();
        } catch (CudaException refused) {
            if (!refused.isSticky()) {
                throw refused;
            }
        }
    }

    /** Whether nothing in this process can use the device any more. */
    static boolean isSticky(RuntimeException failure) {
        return failure instanceof CudaException refused && refused.isSticky();
    }
}
