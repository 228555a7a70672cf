package dev.woodpecker.compiler.ir;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Inequalities between whole numbers, and whether they contradict one another: one variable after the other is eliminated
 * by adding each upper bound to each lower one (Fourier and Motzkin), constants rounded to what whole numbers can reach
 * (Pugh, "The Omega Test", 1991). A contradiction that is found is one; not every one is found.
 */
final class Inequalities {
    /** More than this many at a time are given up: proofs of indices need a few dozen. */
    private static final int MOST_ROWS = 250;

    /**
     * {@code sum(coefficient * variable) + constant >= 0}.
     *
     * @param origins which of the first inequalities it was added up from
     */
    private record Row(Map<Integer, Long> coefficients, long constant, BitSet origins) {
        long of(int variable) {
            return coefficients.getOrDefault(variable, 0L);
        }
    }

    /** By coefficients: of several with the same the tightest is kept. */
    private final Map<Map<Integer, Long>, Row> first = new HashMap<>();

    /** {@code sum(coefficient * variable) + constant >= 0}. */
    void add(Map<Integer, Long> coefficients, long constant) {
        BitSet origin = new BitSet();
        origin.set(first.size());
        put(first, coefficients, constant, origin);
    }

    /** Whether no values of the variables satisfy all. */
    boolean areContradictory() {
        Map<Map<Integer, Long>, Row> rows = new HashMap<>(first);
        int eliminated = 0;
        while (rows.size() <= MOST_ROWS) {
            Row constant = rows.get(Map.of());
            if (constant != null && constant.constant < 0) {
                return true;
            }
            OptionalInt variable = cheapest(rows);
            if (variable.isEmpty()) {
                return false;
            }
            rows = without(variable.getAsInt(), rows, ++eliminated);
        }
        return false;
    }

    /** How a variable stands in the inequalities. */
    private static final class Use {
        private int lower;
        private int upper;
        private boolean unitLower = true;
        private boolean unitUpper = true;

        void in(long coefficient) {
            if (coefficient > 0) {
                lower++;
                unitLower &= coefficient == 1;
            } else {
                upper++;
                unitUpper &= coefficient == -1;
            }
        }

        /** Whether nothing is lost that only whole numbers know. */
        boolean isExact() {
            return unitLower || unitUpper;
        }

        /** How many more inequalities there are without it. */
        long growth() {
            return (long) lower * upper - lower - upper;
        }
    }

    /** The variable to eliminate next: one that loses nothing, then one that leaves few; empty when there is none. */
    private static OptionalInt cheapest(Map<Map<Integer, Long>, Row> rows) {
        Map<Integer, Use> uses = new TreeMap<>();
        for (Row row : rows.values()) {
            row.coefficients.forEach((variable, coefficient) ->
                    uses.computeIfAbsent(variable, _ -> new Use()).in(coefficient));
        }
        return uses.entrySet().stream()
                .min(Comparator.comparing(
                                (Map.Entry<Integer, Use> e) -> !e.getValue().isExact())
                        .thenComparing(e -> e.getValue().growth()))
                .map(e -> OptionalInt.of(e.getKey()))
                .orElse(OptionalInt.empty());
    }

    private static Map<Map<Integer, Long>, Row> without(
            int variable, Map<Map<Integer, Long>, Row> rows, int eliminated) {
        Map<Map<Integer, Long>, Row> rest = new HashMap<>();
        List<Row> lower = new ArrayList<>();
        List<Row> upper = new ArrayList<>();
        for (Row row : rows.values()) {
            long coefficient = row.of(variable);
            if (coefficient == 0) {
                rest.merge(row.coefficients, row, (a, b) -> a.constant <= b.constant ? a : b);
            } else {
                (coefficient > 0 ? lower : upper).add(row);
            }
        }
        for (Row low : lower) {
            for (Row high : upper) {
                BitSet origins = (BitSet) low.origins.clone();
                origins.or(high.origins);
                // What is added up from more than these follows from others (Kohler).
                if (origins.cardinality() <= eliminated + 1) {
                    combine(variable, low, high, origins, rest);
                }
            }
        }
        return rest;
    }

    private static void combine(int variable, Row low, Row high, BitSet origins, Map<Map<Integer, Long>, Row> rest) {
        long gcd = Polynomial.gcd(low.of(variable), high.of(variable));
        long ofLow = -high.of(variable) / gcd;
        long ofHigh = low.of(variable) / gcd;
        try {
            Map<Integer, Long> sum = new HashMap<>();
            for (Map.Entry<Integer, Long> e : low.coefficients.entrySet()) {
                sum.put(e.getKey(), Math.multiplyExact(e.getValue(), ofLow));
            }
            for (Map.Entry<Integer, Long> e : high.coefficients.entrySet()) {
                sum.merge(e.getKey(), Math.multiplyExact(e.getValue(), ofHigh), Math::addExact);
            }
            put(
                    rest,
                    sum,
                    Math.addExact(Math.multiplyExact(low.constant, ofLow), Math.multiplyExact(high.constant, ofHigh)),
                    origins);
        } catch (ArithmeticException tooLarge) {
            // One inequality less: what is shown without it holds as well.
            return;
        }
    }

    private static void put(
            Map<Map<Integer, Long>, Row> rows, Map<Integer, Long> coefficients, long constant, BitSet origins) {
        coefficients.values().removeIf(c -> c == 0);
        long gcd = 0;
        for (long coefficient : coefficients.values()) {
            gcd = Polynomial.gcd(gcd, coefficient);
        }
        long limit = constant;
        if (gcd > 1) {
            long divisor = gcd;
            coefficients.replaceAll((_, c) -> c / divisor);
            limit = Math.floorDiv(constant, gcd);
        }
        if (coefficients.isEmpty() && limit >= 0) {
            return;
        }
        Row row = new Row(coefficients, limit, origins);
        rows.merge(coefficients, row, (a, b) -> a.constant <= b.constant ? a : b);
    }
}
