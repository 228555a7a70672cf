package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.UnaryOp;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** How expressions depend on the lane of a vector loop: not at all, affinely, or otherwise. */
record LaneDependence(Expr.Var lane, int lanes, Set<String> dependentVariables) {
    boolean isUniform(Expr e) {
        return !e.anyMatch(n ->
                n instanceof Expr.Var v && (v.name().equals(lane.name()) || dependentVariables.contains(v.name())));
    }

    /** The difference between neighbouring lanes, where it is a constant. */
    OptionalLong stride(Expr e) {
        if (isUniform(e)) {
            return OptionalLong.of(0);
        }
        if (e instanceof Expr.Var v) {
            return v.name().equals(lane.name()) ? OptionalLong.of(1) : OptionalLong.empty();
        }
        if (e instanceof Expr.Unary(UnaryOp op, Expr operand) && op == UnaryOp.NEG) {
            OptionalLong stride = stride(operand);
            return stride.isPresent() ? OptionalLong.of(-stride.getAsLong()) : stride;
        }
        if (!(e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))
                || !e.type().isInteger()) {
            return OptionalLong.empty();
        }
        OptionalLong x = stride(left);
        OptionalLong y = stride(right);
        if (x.isEmpty() || y.isEmpty()) {
            return OptionalLong.empty();
        }
        if (op == BinaryOp.ADD) {
            return OptionalLong.of(x.getAsLong() + y.getAsLong());
        }
        if (op == BinaryOp.SUB) {
            return OptionalLong.of(x.getAsLong() - y.getAsLong());
        }
        OptionalLong a = IndexMath.constant(left);
        OptionalLong b = IndexMath.constant(right);
        if (op == BinaryOp.MUL && (a.isPresent() || b.isPresent())) {
            return OptionalLong.of(a.isPresent() ? a.getAsLong() * y.getAsLong() : b.getAsLong() * x.getAsLong());
        }
        return OptionalLong.empty();
    }

    /** {@code e} in one lane. */
    Expr at(Expr e, long laneIndex) {
        return LoopNest.substitute(e, Map.of(lane.name(), new Expr.IntConst(laneIndex, lane.type())));
    }

    /**
     * A uniform condition that implies {@code condition} in every lane: comparisons that are affine in the lane hold in
     * all of them if they hold in the first or the last, whichever is worse. Empty where none is found.
     */
    Optional<Expr> inAllLanes(Expr condition) {
        if (isUniform(condition)) {
            return Optional.of(condition);
        }
        if (!(condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))) {
            return Optional.empty();
        }
        return switch (op) {
            case AND, OR -> {
                Optional<Expr> x = inAllLanes(left);
                Optional<Expr> y = inAllLanes(right);
                yield x.isPresent() && y.isPresent()
                        ? Optional.of(new Expr.Binary(op, x.get(), y.get()))
                        : Optional.empty();
            }
            case LT, LE -> atWorst(condition, right, left);
            case GT, GE -> atWorst(condition, left, right);
            case ADD, SUB, MUL, DIV, REM, MIN, MAX, XOR, SHL, SHR, DOT4, EQ, NE -> Optional.empty();
        };
    }

    /** {@code condition} in the lane where {@code greater - lesser} is least. */
    private Optional<Expr> atWorst(Expr condition, Expr greater, Expr lesser) {
        OptionalLong x = stride(greater);
        OptionalLong y = stride(lesser);
        if (x.isEmpty() || y.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(at(condition, x.getAsLong() >= y.getAsLong() ? 0 : lanes - 1));
    }
}
