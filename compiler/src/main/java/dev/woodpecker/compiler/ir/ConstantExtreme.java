package dev.woodpecker.compiler.ir;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A minimum or maximum of a float and a constant.
 *
 * @param value the constant's, rounded to its type; not NaN
 */
public record ConstantExtreme(BinaryOp op, Expr x, Expr constant, double value) {

    public static Optional<ConstantExtreme> of(Expr e) {
        if (!(e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))
                || (op != BinaryOp.MIN && op != BinaryOp.MAX)
                || !left.type().isFloat()) {
            return Optional.empty();
        }
        OptionalDouble last = FloatRange.constant(right);
        OptionalDouble first = FloatRange.constant(left);
        return last.isPresent()
                ? Optional.of(new ConstantExtreme(op, left, right, last.getAsDouble()))
                : first.isPresent()
                        ? Optional.of(new ConstantExtreme(op, right, left, first.getAsDouble()))
                        : Optional.empty();
    }

    public boolean isMaximum() {
        return op == BinaryOp.MAX;
    }

    /** Whether of two zeros with different signs the constant is the one to take. */
    public boolean isZeroTaken() {
        return Double.compare(value, isMaximum() ? 0.0 : -0.0) == 0;
    }

    /**
     * Whether it is of vectors and what x86-64 computes in an instruction, the constant first: the second operand, where
     * either is NaN or both are zeros.
     */
    public boolean isInstruction() {
        return x.lanes() >= 4 && x.type() == DType.F32 && !isZeroTaken();
    }
}
