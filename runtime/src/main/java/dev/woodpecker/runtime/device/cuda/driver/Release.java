package dev.woodpecker.runtime.device.cuda.driver;

/** Gives things back to a device; to one that a kernel has damaged nothing can be given back, and the process ends anyway. */
public final class Release {
    private Release() {}

    public static void of(Runnable release) {
        try {
            release.run();
        } catch (CudaException refused) {
            if (!refused.isSticky()) {
                throw refused;
            }
        }
    }

    /** Whether nothing in this process can use the device any more. */
    public static boolean isSticky(RuntimeException failure) {
        return failure instanceof CudaException refused && refused.isSticky();
    }
}
