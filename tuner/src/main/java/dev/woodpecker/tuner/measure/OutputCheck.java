package dev.woodpecker.tuner.measure;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether outputs are right: the known elements of each by definition, and all of them by the first candidate of the task
 * whose known elements were right.
 */
final class OutputCheck implements AutoCloseable {
    private final List<Job.Expectation> expectations;
    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> reference = new ArrayList<>();

    OutputCheck(List<Job.Expectation> expectations) {
        this.expectations = List.copyOf(expectations);
    }

    /** What is wrong with the outputs that a candidate left in {@code memories}, if anything is. */
    Optional<String> problem(Job.Candidate candidate, List<MemorySegment> memories) {
        List<Arrangement> arrangements = candidate.arguments().stream()
                .filter(argument -> argument.role() == dev.woodpecker.compiler.lower.LoweredKernel.Role.OUTPUT)
                .map(Job.Argument::arrangement)
                .toList();
        for (int i = 0; i < expectations.size(); i++) {
            Optional<String> problem = known(i, arrangements.get(i), memories.get(i), candidate.toleranceFactor());
            if (problem.isPresent()) {
                return problem;
            }
        }
        if (reference.isEmpty()) {
            for (int i = 0; i < expectations.size(); i++) {
                reference.add(rowMajor(arrangements.get(i), memories.get(i)));
            }
            return Optional.empty();
        }
        for (int i = 0; i < expectations.size(); i++) {
            Optional<String> problem = all(i, arrangements.get(i), memories.get(i), candidate.toleranceFactor());
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    private Optional<String> known(int output, Arrangement arrangement, MemorySegment memory, double factor) {
        Job.Expectation expected = expectations.get(output);
        for (int i = 0; i < expected.positions().size(); i++) {
            long position = expected.positions().get(i);
            long offset = arrangement.offset(position);
            long bits = expected.bits().get(i);
            if (arrangement.type().isFloat()) {
                double want = Double.longBitsToDouble(bits);
                double have = arrangement.real(memory, offset);
                if (!agree(want, have, expected.tolerances().get(i) * factor)) {
                    return Optional.of(describe(output, position, have, want, "by definition"));
                }
            } else if (expected.tolerances().get(i) == 0 && arrangement.integer(memory, offset) != bits) {
                return Optional.of(
                        describe(output, position, arrangement.integer(memory, offset), bits, "by definition"));
            }
        }
        return Optional.empty();
    }

    private Optional<String> all(int output, Arrangement arrangement, MemorySegment memory, double factor) {
        Job.Expectation expected = expectations.get(output);
        MemorySegment right = reference.get(output);
        double tolerance = expected.tolerance() * factor;
        double scale = expected.greatest() > 0 ? 1 / expected.greatest() : 0;
        boolean isFloat = arrangement.type().isFloat();
        long allowed = expected.undecided() > 0 ? 1 + (long) (2 * expected.undecided() * arrangement.elements()) : 0;
        long[] differing = {0, -1};
        arrangement.forEach((position, offset) -> {
            boolean same;
            if (isFloat) {
                double want = arrangement.real(right, position);
                double have = arrangement.real(memory, offset);
                same = want == have || agree(want, have, tolerance * Math.max(1, Math.abs(want) * scale));
            } else {
                same = arrangement.integer(right, position) == arrangement.integer(memory, offset);
            }
            if (!same && differing[0]++ == 0) {
                differing[1] = position;
            }
            return differing[0] <= allowed;
        });
        if (differing[0] <= allowed) {
            return Optional.empty();
        }
        long position = differing[1];
        long offset = arrangement.offset(position);
        return Optional.of(
                isFloat
                        ? describe(
                                output,
                                position,
                                arrangement.real(memory, offset),
                                arrangement.real(right, position),
                                "by a candidate that was right")
                        : describe(
                                output,
                                position,
                                arrangement.integer(memory, offset),
                                arrangement.integer(right, position),
                                "by a candidate that was right"));
    }

    /** NaN agrees with NaN alone, an infinity with itself; with no tolerance, zeros must have one sign. */
    static boolean agree(double want, double have, double tolerance) {
        if (Double.isNaN(want) || Double.isNaN(have)) {
            return Double.isNaN(want) && Double.isNaN(have) || tolerance == Double.POSITIVE_INFINITY;
        }
        if (tolerance == 0) {
            return Double.compare(want, have) == 0;
        }
        return want == have || Math.abs(want - have) <= tolerance;
    }

    private MemorySegment rowMajor(Arrangement arrangement, MemorySegment memory) {
        int bytes = arrangement.type().bytes();
        MemorySegment copy = dev.woodpecker.runtime.device.cpu.NativeMemory.allocate(
                arena, arrangement.elements() * bytes, "the output that candidates are compared with");
        arrangement.forEach((position, offset) -> {
            MemorySegment.copy(memory, offset * bytes, copy, position * bytes, bytes);
            return true;
        });
        return copy;
    }

    private static String describe(int output, long position, double have, double want, String by) {
        return String.format(
                Locale.ROOT, "output %d, element %d: %.9g where %s it is %.9g", output, position, have, by, want);
    }

    private static String describe(int output, long position, long have, long want, String by) {
        return "output %d, element %d: %d where %s it is %d".formatted(output, position, have, by, want);
    }

    @Override
    public void close() {
        arena.close();
    }
}
