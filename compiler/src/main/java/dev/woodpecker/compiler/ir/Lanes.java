package dev.woodpecker.compiler.ir;

import java.util.Optional;

/** Rules for vectors: operations on scalars that are the same in all lanes, or affine in the lane. */
final class Lanes {
    private Lanes() {}

    static Expr ramp(Expr.Ramp r) {
        if (r.lanes() == 1) {
            return r.base();
        }
        return r.stride() == 0 ? new Expr.Broadcast(r.base(), r.lanes()) : r;
    }

    static Expr broadcast(Expr.Broadcast b) {
        return b.lanes() == 1 ? b.value() : b;
    }

    /** The scalar that an {@link Expr.Extract} yields, where its vector is built of scalars. */
    static Optional<Expr> extracted(Expr.Extract x) {
        if (x.vector().lanes() == 1) {
            return Optional.of(x.vector());
        }
        if (x.vector() instanceof Expr.Broadcast(Expr value, int _)) {
            return Optional.of(value);
        }
        return x.vector() instanceof Expr.Ramp(Expr base, long stride, int _)
                        && IndexMath.constant(x.lane()).isPresent()
                ? Optional.of(new Expr.Binary(
                        BinaryOp.ADD,
                        base,
                        new Expr.IntConst(stride * IndexMath.constant(x.lane()).getAsLong(), base.type())))
                : Optional.empty();
    }

    /** One operation on scalars in place of one on vectors. */
    static Optional<Expr> binary(Expr.Binary b) {
        int lanes = b.lanes();
        if (b.left() instanceof Expr.Broadcast(Expr x, int _) && b.right() instanceof Expr.Broadcast(Expr y, int _)) {
            return Optional.of(new Expr.Broadcast(new Expr.Binary(b.op(), x, y), lanes));
        }
        if (b.left() instanceof Expr.Ramp(Expr base, long stride, int _)
                && b.right() instanceof Expr.Broadcast(Expr y, int _)) {
            return switch (b.op()) {
                case ADD, SUB -> Optional.of(new Expr.Ramp(new Expr.Binary(b.op(), base, y), stride, lanes));
                case MUL -> scaled(base, stride, y, lanes);
                case DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> Optional.empty();
            };
        }
        if (b.left() instanceof Expr.Broadcast(Expr x, int _)
                && b.right() instanceof Expr.Ramp(Expr base, long stride, int _)) {
            return switch (b.op()) {
                case ADD -> Optional.of(new Expr.Ramp(new Expr.Binary(BinaryOp.ADD, x, base), stride, lanes));
                case SUB -> Optional.of(new Expr.Ramp(new Expr.Binary(BinaryOp.SUB, x, base), -stride, lanes));
                case MUL -> scaled(base, stride, x, lanes);
                case DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> Optional.empty();
            };
        }
        return Optional.empty();
    }

    private static Optional<Expr> scaled(Expr base, long stride, Expr factor, int lanes) {
        return factor instanceof Expr.IntConst(long value, DType _)
                ? Optional.of(new Expr.Ramp(new Expr.Binary(BinaryOp.MUL, base, factor), stride * value, lanes))
                : Optional.empty();
    }

    /** The value in one lane of a vector that is affine in the lane. */
    static Optional<Expr> affineLane(Expr vector, int lane) {
        if (vector instanceof Expr.Broadcast(Expr value, int _)) {
            return Optional.of(value);
        }
        return vector instanceof Expr.Ramp(Expr base, long stride, int _)
                ? Optional.of(new Expr.Binary(BinaryOp.ADD, base, new Expr.IntConst(stride * lane, base.type())))
                : Optional.empty();
    }

    static boolean isConstant(Expr e, long value) {
        return e instanceof Expr.Broadcast b ? isConstant(b.value(), value) : IndexMath.isConstant(e, value);
    }
}
