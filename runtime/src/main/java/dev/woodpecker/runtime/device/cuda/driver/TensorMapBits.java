package dev.woodpecker.runtime.device.cuda.driver;

import java.util.List;

/** What a driver made of a {@link BoxedTensor}: the 128 bytes of a kernel's parameter, which only the driver can read. */
public record TensorMapBits(List<Long> words) {
    public static final int WORDS = 16;

    /** The driver wants it so. */
    public static final long ALIGNMENT_BYTES = 64;

    public TensorMapBits {
        words = List.copyOf(words);
        if (words.size() != WORDS) {
            throw new IllegalArgumentException(
                    "a tensor map of " + words.size() + " words of 8 bytes instead of " + WORDS);
        }
    }
}
