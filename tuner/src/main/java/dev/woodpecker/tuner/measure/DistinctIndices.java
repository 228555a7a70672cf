package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many different values an index takes at least while the loops around it run. The index is a sum of steps of loops,
 * and of quotients and remainders of fused ones; a step counts where it is wider than all that the counted narrower ones
 * reach together, since then no two iterations meet.
 */
final class DistinctIndices {
    /** A part of an index that runs from 0 to {@code trips - 1}, or of which nothing is known. */
    private record Part(String variable, BinaryOp op, long divisor) {}

    private static final Part CONSTANT = new Part("", BinaryOp.ADD, 0);

    private final Map<String, Expr> lets;
    private final Map<Part, Long> steps = new LinkedHashMap<>();
    /** Loops that the index depends on in some other way. */
    private final Set<String> tangled = new HashSet<>();

    private DistinctIndices(Map<String, Expr> lets) {
        this.lets = lets;
    }

    /**
     * Counts them.
     *
     * @param trips of the loops around, by variable
     * @param lets the values of the other variables
     */
    static double least(Expr index, Map<String, Double> trips, Map<String, Expr> lets) {
        double count = 1;
        double span = 1;
        Expr scalar = index;
        if (index instanceof Expr.Ramp(Expr base, long stride, int lanes)) {
            scalar = base;
            count = stride == 0 ? 1 : lanes;
            span = (double) Math.abs(stride) * (lanes - 1) + 1;
        }
        DistinctIndices parts = new DistinctIndices(lets);
        parts.add(scalar, 1);
        for (double[] step : parts.independent(trips)) {
            if (step[0] >= span) {
                count *= step[1];
                span += step[0] * (step[1] - 1);
            }
        }
        return count;
    }

    /** Adds {@code factor * e} to the sum. */
    private void add(Expr e, long factor) {
        switch (e) {
            case Expr.Var v
            when lets.containsKey(v.name()) -> add(java.util.Objects.requireNonNull(lets.get(v.name())), factor);
            case Expr.Var v -> steps.merge(new Part(v.name(), BinaryOp.ADD, 1), factor, Long::sum);
            case Expr.IntConst _ -> steps.putIfAbsent(CONSTANT, 0L);
            case Expr.Binary(BinaryOp op, Expr left, Expr right)
            when op == BinaryOp.ADD || op == BinaryOp.SUB -> {
                add(left, factor);
                add(right, op == BinaryOp.ADD ? factor : -factor);
            }
            case Expr.Binary(BinaryOp op, Expr left, Expr right)
            when op == BinaryOp.MUL && IndexMath.constant(right).isPresent() ->
                add(left, factor * IndexMath.constant(right).getAsLong());
            case Expr.Binary(BinaryOp op, Expr left, Expr right)
            when (op == BinaryOp.DIV || op == BinaryOp.REM)
                    && left instanceof Expr.Var v
                    && !lets.containsKey(v.name())
                    && IndexMath.constant(right).isPresent() ->
                steps.merge(new Part(v.name(), op, IndexMath.constant(right).getAsLong()), factor, Long::sum);
            case Expr other -> tangle(other);
        }
    }

    private void tangle(Expr e) {
        if (e instanceof Expr.Var v) {
            Expr value = lets.get(v.name());
            if (value == null) {
                tangled.add(v.name());
            } else {
                tangle(value);
            }
        }
        e.operands().forEach(this::tangle);
    }

    /** Width and number of the steps of loops whose parts do not depend on each other, the narrowest first. */
    private List<double[]> independent(Map<String, Double> trips) {
        Map<String, List<Part>> byVariable = new HashMap<>();
        steps.forEach((part, step) -> {
            if (step != 0) {
                byVariable
                        .computeIfAbsent(part.variable(), _ -> new ArrayList<>())
                        .add(part);
            }
        });
        List<double[]> result = new ArrayList<>();
        byVariable.forEach((variable, parts) -> {
            double all = trips.getOrDefault(variable, 1.0);
            boolean isSplit = parts.size() == 2
                    && parts.stream().noneMatch(part -> part.op() == BinaryOp.ADD)
                    && parts.getFirst().divisor() == parts.getLast().divisor();
            if (tangled.contains(variable) || parts.size() > 1 && !isSplit) {
                return;
            }
            for (Part part : parts) {
                double count = switch (part.op()) {
                    case DIV -> Math.floor(all / part.divisor());
                    case REM -> Math.min(all, (double) part.divisor());
                    default -> all;
                };
                if (count > 1) {
                    result.add(new double[] {Math.abs(steps.getOrDefault(part, 0L)), count});
                }
            }
        });
        result.sort(Comparator.comparingDouble(step -> step[0]));
        return result;
    }
}
