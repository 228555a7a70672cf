package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Intrinsic;
import java.util.Optional;

/**
 * A matrix product of one instruction and the instructions that bring its operands from shared memory. The product has
 * the operands {@code accumulator} [rows, columns], {@code left} [rows, depth] and {@code right} [columns, depth]; a load
 * has {@code fragment} and {@code tile}, rows of a buffer, which are those of the operand or, transposed, go along its
 * side. Where there is no load, lanes bring elements one by one.
 *
 * @param capability the first generation of GPUs that has it: 80 for {@code sm_80}
 * @param operation of an element of {@code left} with one of {@code right}
 * @param swapped whether it is the other way round, which matters to words of bytes: the first factor's have no sign
 */
public record TensorTile(
        Intrinsic product, Loads left, Loads right, int capability, BinaryOp operation, boolean swapped) {
    /** How an operand is loaded from rows along the depth, and from rows along its side of the result. */
    public record Loads(Optional<Intrinsic> alongDepth, Optional<Intrinsic> alongSide) {
        static Loads alongDepth(Intrinsic load) {
            return new Loads(Optional.of(load), Optional.empty());
        }

        static Loads of(Intrinsic alongDepth, Intrinsic alongSide) {
            return new Loads(Optional.of(alongDepth), Optional.of(alongSide));
        }
    }

    public String name() {
        return product.name();
    }

    public int rows() {
        return product.operand("left").shape().getFirst();
    }

    public int columns() {
        return product.operand("right").shape().getFirst();
    }

    public int depth() {
        return product.operand("left").shape().getLast();
    }

    /** The element type of both operands in registers. */
    public DType elementType() {
        return product.operand("left").type();
    }

    /** Whether it multiplies elements in this order; either where the order does not matter. */
    public boolean takes(BinaryOp op, boolean inSwappedOrder) {
        return operation == op && (op == BinaryOp.MUL || swapped == inSwappedOrder);
    }

    /** The element type of both operands in memory. */
    public DType memoryType() {
        return elementType() == DType.TF32 ? DType.F32 : elementType();
    }

    public DType accumulatorType() {
        return product.operand("accumulator").type();
    }

    public Distribution accumulator() {
        return product.operand("accumulator").distribution().orElseThrow();
    }

    /** How many lanes execute it together. */
    public int lanes() {
        return product.level().threads();
    }

    /** For messages: {@code 16x8x16}. */
    public String extents() {
        return rows() + "x" + columns() + "x" + depth();
    }
}
