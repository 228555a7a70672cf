package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Simplifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** What is known at the place that is evaluated: the axes declared so far, and the conditions around it. */
final class AxisBounds {
    private static final int MAX_ALTERNATIVES = 4;

    private Bounds bounds = Bounds.none();
    private final List<Axis> declared = new ArrayList<>();
    private final Set<String> rectangular = new HashSet<>();

    /** States that the axis' variable runs from 0 to its extent less one. */
    void declare(Axis axis) {
        declared.add(axis);
        enter(axis);
        if (axis.extent() instanceof Expr.IntConst) {
            rectangular.add(axis.name());
        }
    }

    /** Whether an axis has no index, so that nothing is evaluated at all. */
    boolean isEmpty() {
        return declared.stream().anyMatch(axis -> axis.extent().equals(Expr.index(0)));
    }

    private void enter(Axis axis) {
        bounds = bounds.inside(Loop.serial(axis, Loop.Carrier.SPATIAL, Origin.NONE));
    }

    Bounds current() {
        return bounds;
    }

    Interval of(Expr e) {
        return bounds.of(e);
    }

    /**
     * The greatest value that {@code e} can have. A minimum that is added, or a maximum that is subtracted, is bounded by
     * each of its operands: {@code min(i + 3, n) - max(i - 2, 0)} is at most {@code (i + 3) - (i - 2) = 5}.
     */
    long greatest(Expr e) {
        return greatest(e, 0);
    }

    private long greatest(Expr e, int depth) {
        Expr simple = Simplifier.simplify(e, bounds);
        long greatest = of(simple).max();
        if (simple instanceof Expr.Binary(var op, Expr dividend, Expr.IntConst(long divisor, DType _))
                && op == BinaryOp.DIV
                && divisor > 0) {
            long inner = greatest(dividend, depth);
            return Math.min(greatest, inner == Long.MAX_VALUE ? inner : inner / divisor);
        }
        if (depth < MAX_ALTERNATIVES) {
            for (Expr bound : aboveOrEqual(simple)) {
                greatest = Math.min(greatest, greatest(bound, depth + 1));
            }
        }
        return greatest;
    }

    /** Expressions without the first minimum or maximum of {@code e}, that are nowhere less than it. */
    private static List<Expr> aboveOrEqual(Expr e) {
        if (!(e instanceof Expr.Binary(BinaryOp op, Expr a, Expr b))) {
            return List.of();
        }
        return switch (op) {
            case MIN -> List.of(a, b);
            case ADD, SUB -> {
                List<Expr> left = aboveOrEqual(a);
                if (!left.isEmpty()) {
                    yield left.stream()
                            .map(x -> (Expr) new Expr.Binary(op, x, b))
                            .toList();
                }
                List<Expr> right = op == BinaryOp.ADD ? aboveOrEqual(b) : belowOrEqual(b);
                yield right.stream().map(x -> (Expr) new Expr.Binary(op, a, x)).toList();
            }
            case MUL, DIV, REM, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> List.of();
        };
    }

    private static List<Expr> belowOrEqual(Expr e) {
        return e instanceof Expr.Binary(BinaryOp op, Expr a, Expr b) && op == BinaryOp.MAX ? List.of(a, b) : List.of();
    }

    /** Evaluates where {@code condition} holds; axes declared meanwhile stay known. */
    <T> T assuming(Expr condition, Supplier<T> evaluation) {
        return restoring(bounds.assuming(condition), evaluation);
    }

    <T> T assumingNot(Expr condition, Supplier<T> evaluation) {
        return restoring(bounds.assumingNot(condition), evaluation);
    }

    private <T> T restoring(Bounds inside, Supplier<T> evaluation) {
        Bounds before = bounds;
        int known = declared.size();
        bounds = inside;
        try {
            return evaluation.get();
        } finally {
            bounds = before;
            declared.subList(known, declared.size()).forEach(this::enter);
        }
    }

    /**
     * Whether every value of the interval of {@code e} is taken by some index: each variable occurs once, runs over a
     * constant extent, and nothing hides in it.
     */
    boolean isAttained(Expr e) {
        return isAttained(e, new HashSet<>());
    }

    private boolean isAttained(Expr e, Set<String> seen) {
        return switch (e) {
            case Expr.IntConst _ -> true;
            case Expr.Var v -> rectangular.contains(v.name()) && seen.add(v.name());
            case Expr.Binary(var op, Expr a, Expr b) -> {
                boolean monotone = switch (op) {
                    case ADD, SUB, MUL, DIV, MIN, MAX -> true;
                    case REM, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> false;
                };
                yield monotone && isAttained(a, seen) && isAttained(b, seen);
            }
            case Expr.Param _,
                    Expr.Unary _,
                    Expr.Cast _,
                    Expr.Select _,
                    Expr.Read _,
                    Expr.Load _,
                    Expr.Accumulator _,
                    Expr.Reduce _,
                    Expr.TableEntry _,
                    Expr.Bitcast _,
                    Expr.FloatConst _,
                    Expr.Call _,
                    Expr.Ramp _,
                    Expr.Broadcast _,
                    Expr.Extract _ -> false;
        };
    }
}
