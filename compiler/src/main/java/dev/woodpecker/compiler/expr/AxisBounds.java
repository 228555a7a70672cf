package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** What is known at the place that is evaluated: the axes declared so far, and the conditions around it. */
final class AxisBounds {
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

    private void enter(Axis axis) {
        bounds = bounds.inside(Loop.serial(axis, Loop.Carrier.SPATIAL, Origin.NONE));
    }

    Bounds current() {
        return bounds;
    }

    Interval of(Expr e) {
        return bounds.of(e);
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
                boolean monotone =
                        switch (op) {
                            case ADD, SUB, MUL, DIV, MIN, MAX -> true;
                            case REM, AND, OR, XOR, SHL, SHR, LT, LE, GT, GE, EQ, NE -> false;
                        };
                yield monotone && isAttained(a, seen) && isAttained(b, seen);
            }
            case Expr.Param _, Expr.Unary _, Expr.Cast _, Expr.Select _, Expr.Read _, Expr.Load _, Expr.Accumulator _, Expr.Reduce _,
                    Expr.TableEntry _, Expr.Bitcast _, Expr.FloatConst _, Expr.Call _, Expr.Ramp _, Expr.Broadcast _,
                    Expr.Extract _ -> false;
        };
    }
}
