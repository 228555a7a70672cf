package dev.woodpecker.runtime.toolchain;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * How wide and capable a processor's vector unit is, in the steps of the x86-64 psABI's micro-architecture levels
 * (table 3.1 there). {@code BASELINE} is also what is assumed of every other architecture.
 */
public enum VectorLevel {
    BASELINE(16, "", List.of()),
    SSE4(16, "x86-64-v2", List.of("ssse3", "sse4_1", "sse4_2", "popcnt", "cx16")),
    AVX2(32, "x86-64-v3", List.of("avx", "avx2", "fma", "f16c", "bmi1", "bmi2", "movbe")),
    AVX512(64, "x86-64-v4", List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));

    private final int vectorBytes;
    private final String march;
    private final List<String> addedFlags;

    VectorLevel(int vectorBytes, String march, List<String> addedFlags) {
        this.vectorBytes = vectorBytes;
        this.march = march;
        this.addedFlags = addedFlags;
    }

    /** Bytes of the widest vector register. */
    public int vectorBytes() {
        return vectorBytes;
    }

    /** What {@code -march=} is called with; empty for the compiler's own default. */
    String march() {
        return march;
    }

    /** The level that the psABI calls so, as {@code x86-64-v3}. */
    public static Optional<VectorLevel> ofArchitecture(String name) {
        return Stream.of(values())
                .filter(level -> !level.march.isEmpty() && level.march.equals(name))
                .findFirst();
    }

    /** What the psABI calls it, as {@code x86-64-v3}; empty for that of every other processor. */
    public String architecture() {
        return march;
    }

    /** All that a processor of this level has at least, in {@code /proc/cpuinfo}'s spelling. */
    public Set<String> flags() {
        Set<String> flags = new TreeSet<>();
        for (VectorLevel level : values()) {
            if (level.compareTo(this) <= 0) {
                flags.addAll(level.addedFlags);
            }
        }
        return flags;
    }

    /** The highest level of which {@code flags}, in {@code /proc/cpuinfo}'s spelling, hold all flags and all below. */
    static VectorLevel of(Set<String> flags) {
        VectorLevel best = BASELINE;
        for (VectorLevel level : values()) {
            if (!flags.containsAll(level.addedFlags)) {
                return best;
            }
            best = level;
        }
        return best;
    }
}
