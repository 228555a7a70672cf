package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Scope;
import java.util.List;
import java.util.Optional;

/**
 * A matrix product of one instruction and the instructions that bring its operands from shared memory. The product has
 * the operands {@code accumulator} [rows, columns], {@code left} [rows, depth] and {@code right} [columns, depth]; a load
 * has {@code fragment} and {@code tile}, rows of a buffer, which are those of the operand or, transposed, go along its
 * side. Where there is no load, lanes bring elements one by one. A product of a group of warps reads shared memory itself, and
 * is another instruction for each way in which its operands may lie there.
 *
 * @param product of operands whose rows go along the depth
 * @param others those of operands that go along their side: the left one, the right one, both; empty where operands are
 *     in registers
 * @param capability the first generation of GPUs that has it: 80 for {@code sm_80}
 * @param operation of an element of {@code left} with one of {@code right}
 * @param swapped whether it is the other way round, which matters to words of bytes: the first factor's have no sign
 */
public record TensorTile(
        Intrinsic product,
        List<Intrinsic> others,
        Loads left,
        Loads right,
        int capability,
        BinaryOp operation,
        boolean swapped) {
    public TensorTile {
        others = List.copyOf(others);
    }

    TensorTile(Intrinsic product, Loads left, Loads right, int capability, BinaryOp operation, boolean swapped) {
        this(product, List.of(), left, right, capability, operation, swapped);
    }

    /** How an operand is loaded from rows along the depth, and from rows along its side of the result. */
    public record Loads(Optional<Intrinsic> alongDepth, Optional<Intrinsic> alongSide) {
        static Loads alongDepth(Intrinsic load) {
            return new Loads(Optional.of(load), Optional.empty());
        }

        static Loads none() {
            return new Loads(Optional.empty(), Optional.empty());
        }

        static Loads of(Intrinsic alongDepth, Intrinsic alongSide) {
            return new Loads(Optional.of(alongDepth), Optional.of(alongSide));
        }
    }

    public String name() {
        return product.name();
    }

    /** Whether its operands are tiles in shared memory, of rows of 128 bytes whose pieces are twisted. */
    public boolean readsShared() {
        return product.operand("left").scope() == Scope.SHARED;
    }

    /** The product of operands that lie so in shared memory. */
    public Intrinsic product(boolean leftAlongDepth, boolean rightAlongDepth) {
        int other = (leftAlongDepth ? 0 : 1) + (rightAlongDepth ? 0 : 2);
        return other == 0 || others.isEmpty() ? product : others.get(other - 1);
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

    /**
     * Whether accumulators of neighbouring tiles, rounded, are a left operand as the lanes hold them: as deep as these tiles
     * have columns.
     */
    public boolean takesAccumulators() {
        if (readsShared()) {
            return false;
        }
        Distribution left = product.operand("left").distribution().orElseThrow();
        Distribution sums = accumulator();
        boolean same = memoryType().bytes() < Float.BYTES && depth() % columns() == 0;
        for (int lane = 0; same && lane < lanes(); lane++) {
            for (int value = 0; value < left.values(); value++) {
                int ofTile = value % sums.values();
                int before = value / sums.values() * columns();
                same &= left.rowOf(lane, value) == sums.rowOf(lane, ofTile)
                        && left.columnOf(lane, value) == before + sums.columnOf(lane, ofTile);
            }
        }
        return same;
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
