package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A program that takes a box out of its input and does nothing else.
 *
 * <pre>
 * y[i, j] = x[i, j + 16]      ->      from [0, 16]
 * y[j] = x[1, j]              ->      from [1, 0], of extents [1, ...]
 * </pre>
 *
 * @param starts where the box begins, for each axis of the input
 * @param extents of the box, likewise: 1 for an axis that the result does not have
 */
public record Cut(List<Long> starts, List<Long> extents) {
    public Cut {
        starts = List.copyOf(starts);
        extents = List.copyOf(extents);
    }

    /** The program as such, if it is one. */
    public static Optional<Cut> of(TensorProgram program) {
        if (program.stages().size() != 1
                || program.inputs().size() != 1
                || program.stages().getFirst().reduction().isPresent()) {
            return Optional.empty();
        }
        Stage stage = program.stages().getFirst();
        if (!(stage.element() instanceof Expr.Read read)
                || read.outside().isPresent()
                || read.type() != stage.type()
                || !read.tensor().equals(program.inputs().getFirst().name())) {
            return Optional.empty();
        }
        List<Long> starts = new ArrayList<>();
        List<Long> extents = new ArrayList<>();
        int next = 0;
        for (Expr written : read.indices()) {
            Expr index = Simplifier.simplify(written, Bounds.none());
            // The result's axes in their order; those of one element may be missing from the index.
            while (next < stage.axes().size()
                    && shift(index, stage.axes().get(next)).isEmpty()
                    && isOne(stage.axes().get(next))) {
                next++;
            }
            OptionalLong constant = IndexMath.constant(index);
            if (constant.isPresent()) {
                starts.add(constant.getAsLong());
                extents.add(1L);
            } else if (next < stage.axes().size()
                    && shift(index, stage.axes().get(next)).isPresent()) {
                starts.add(shift(index, stage.axes().get(next)).getAsLong());
                extents.add(IndexMath.constant(stage.axes().get(next).extent()).orElseThrow());
                next++;
            } else {
                return Optional.empty();
            }
        }
        boolean rest = stage.axes().subList(next, stage.axes().size()).stream().allMatch(Cut::isOne);
        return rest && starts.stream().allMatch(start -> start >= 0)
                ? Optional.of(new Cut(starts, extents))
                : Optional.empty();
    }

    /** Whether the box lies in one piece in a row-major input: whole but for the outermost axis of which it has several. */
    boolean isOnePieceOf(TensorProgram.Declaration input) {
        boolean outermost = true;
        for (int axis = 0; axis < extents.size(); axis++) {
            boolean whole = IndexMath.constant(input.shape().get(axis)).orElse(-1) == extents.get(axis);
            if (!outermost && !whole) {
                return false;
            }
            outermost &= extents.get(axis) == 1;
        }
        return true;
    }

    private static boolean isOne(Axis axis) {
        return axis.extent().equals(Expr.index(1));
    }

    /** What is added to an axis to give an index; empty if it is something else. */
    static OptionalLong shift(Expr index, Axis axis) {
        return switch (index) {
            case Expr.Var variable when variable.equals(axis.variable()) -> OptionalLong.of(0);
            case Expr.Binary(BinaryOp op, Expr.Var variable, Expr.IntConst by)
            when op == BinaryOp.ADD && variable.equals(axis.variable()) -> OptionalLong.of(by.value());
            case Expr.Binary(BinaryOp op, Expr.Var variable, Expr.IntConst by)
            when op == BinaryOp.SUB && variable.equals(axis.variable()) -> OptionalLong.of(-by.value());
            default -> OptionalLong.empty();
        };
    }
}
