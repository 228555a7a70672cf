package dev.woodpecker.runtime;

import java.util.Locale;
import java.util.Optional;

/** Whether kernels of vendors' libraries, oneDNN or on a GPU cuDNN and cuBLASLt, run in the place of generated ones. */
public enum Vendors {
    /** Generated kernels alone, whatever a plan file says. */
    NONE,
    /** As a plan file says; a model that is no plan file has generated kernels. Nothing is timed. */
    RECORDED,
    /** The faster of both for each kernel, timed in the model's own memory when a plan is made: some seconds. */
    ONEDNN,
    /** The same with the libraries that the machine has: on a GPU cuDNN and cuBLASLt, those of them that are there. */
    AUTO,
    /** The library for every kernel that it can compute, to compare with. */
    ONLY;

    /** {@code onednn}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The inverse of {@link #text()}. */
    public static Optional<Vendors> parse(String text) {
        for (Vendors vendors : values()) {
            if (vendors.text().equals(text)) {
                return Optional.of(vendors);
            }
        }
        return Optional.empty();
    }

    /** Whether making a plan looks for what the library can compute. */
    public boolean looksForKernels() {
        return this == ONEDNN || this == AUTO || this == ONLY;
    }
}
