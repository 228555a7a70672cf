package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Which tensors of a program may lie in a blocked layout without loss of speed: those that are walked along the blocked axis
 * in step with an axis of the stage, so that a block is a vector.
 */
public final class LayoutTakers {
    private LayoutTakers() {}

    /** The tensors that may lie in {@code layout}, with it; empty if an input that has its rank may not. */
    public static Map<String, LayoutMap> takers(TensorProgram program, LayoutMap layout) {
        Map<String, LayoutMap> takers = new HashMap<>();
        for (String output : program.outputs()) {
            Stage stage = program.stage(output).orElseThrow();
            if (isDivisible(stage.shape(), layout)) {
                takers.put(output, layout);
            }
        }
        for (TensorProgram.Declaration input : program.inputs()) {
            if (isDivisible(input.shape(), layout)
                    && Reads.of(program, input.name()).stream().allMatch(at -> isInStep(at, layout))) {
                takers.put(input.name(), layout);
            }
        }
        return takers;
    }

    /**
     * Whether a tensor in a blocked layout is read block by block along the innermost axis of rows that are written: as by a
     * Transpose that puts the channels last.
     */
    public static boolean readsBlocksAlongRows(TensorProgram program, String tensor, LayoutMap layout) {
        List<Reads.At> reads = Reads.of(program, tensor);
        return program.stages().size() == 1
                && program.stages().getFirst().reduction().isEmpty()
                && program.input(tensor)
                        .filter(input -> isDivisible(input.shape(), layout))
                        .isPresent()
                && !reads.isEmpty()
                && reads.stream().allMatch(at -> isAlongRows(at, layout));
    }

    private static boolean isAlongRows(Reads.At at, LayoutMap layout) {
        Expr innermost = at.stage().axes().getLast().variable();
        for (int axis = 0; axis < layout.rank(); axis++) {
            Expr index = at.read().indices().get(axis);
            if (layout.blockOf(axis) > 1 && !index.equals(innermost)) {
                return false;
            }
        }
        return at.read().outside().isEmpty();
    }

    /** Whether every read of a tensor is at the very index that the reading stage computes. */
    public static boolean readsAtOwnIndex(TensorProgram program, String tensor) {
        List<Reads.At> reads = Reads.of(program, tensor);
        return !reads.isEmpty() && reads.stream().allMatch(at -> PointwiseMerge.isAtOwnIndex(at.read(), at.stage()));
    }

    private static boolean isDivisible(List<Expr> shape, LayoutMap layout) {
        if (shape.size() != layout.rank()) {
            return false;
        }
        for (int axis = 0; axis < shape.size(); axis++) {
            OptionalLong extent = IndexMath.constant(shape.get(axis));
            if (extent.isEmpty() || extent.getAsLong() % layout.blockOf(axis) != 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isInStep(Reads.At at, LayoutMap layout) {
        for (int axis = 0; axis < layout.rank(); axis++) {
            long block = layout.blockOf(axis);
            if (block > 1
                    && !isAxisOf(
                            at.stage(), axis, layout.rank(), at.read().indices().get(axis), block)) {
                return false;
            }
        }
        return true;
    }

    /**
     * An axis of the stage, shifted by whole blocks at most: the one that is blocked there too, where the stage has as many
     * axes.
     */
    private static boolean isAxisOf(Stage stage, int axis, int rank, Expr index, long block) {
        return switch (index) {
            case Expr.Var variable
            when stage.axes().size() == rank ->
                stage.axes().get(axis).variable().equals(variable);
            case Expr.Var variable ->
                stage.axes().stream().anyMatch(a -> a.variable().equals(variable));
            case Expr.Binary(BinaryOp op, Expr left, Expr.IntConst right)
            when op == BinaryOp.ADD || op == BinaryOp.SUB ->
                right.value() % block == 0 && isAxisOf(stage, axis, rank, left, block);
            default -> false;
        };
    }
}
