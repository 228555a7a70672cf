package dev.woodpecker.compiler.schedule.rule;

import java.util.List;
import java.util.stream.LongStream;

/** Factors by which a loop can be split without a rest. */
final class Divisors {
    private Divisors() {}

    /** The divisors of {@code number}, ascending, itself included. */
    static List<Long> of(long number) {
        return LongStream.rangeClosed(1, number)
                .filter(d -> number % d == 0)
                .boxed()
                .toList();
    }

    /** The sizes of equal parts, the last perhaps shorter, into which {@code extent} falls, up to {@code most}; ascending. */
    static List<Long> balanced(long extent, long most) {
        return LongStream.rangeClosed(Math.ceilDiv(extent, Math.max(1, most)), extent)
                .map(parts -> Math.ceilDiv(extent, parts))
                .distinct()
                .sorted()
                .boxed()
                .toList();
    }
}
