package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Reads that run over memory with a stride, and the layout in which they do not. */
final class Strides {
    /** Beyond this the elements between those that are read are not worth copying. */
    private static final long MOST = 4;

    private Strides() {}

    /** By how much an index moves with the variable; empty if not by the same everywhere. */
    static OptionalLong of(Expr index, Expr.Var variable) {
        return switch (index) {
            case Expr.Var v -> OptionalLong.of(v.equals(variable) ? 1 : 0);
            case Expr.Binary(BinaryOp op, Expr left, Expr right)
            when op == BinaryOp.ADD || op == BinaryOp.SUB -> {
                OptionalLong a = of(left, variable);
                OptionalLong b = of(right, variable);
                yield a.isEmpty() || b.isEmpty()
                        ? OptionalLong.empty()
                        : OptionalLong.of(a.getAsLong() + (op == BinaryOp.ADD ? b.getAsLong() : -b.getAsLong()));
            }
            case Expr.Binary(BinaryOp op, Expr left, Expr.IntConst(long factor, var _))
            when op == BinaryOp.MUL -> {
                OptionalLong a = of(left, variable);
                yield a.isEmpty() ? a : OptionalLong.of(a.getAsLong() * factor);
            }
            default -> index.anyMatch(variable::equals) ? OptionalLong.empty() : OptionalLong.of(0);
        };
    }

    /** The stride of all reads of a row-major tensor along the stage's last axis, if they agree on one worth undoing. */
    static OptionalLong alongLines(Stage stage, String tensor) {
        OptionalLong found = OptionalLong.empty();
        for (Expr.Read read : Stages.reads(stage, tensor)) {
            OptionalLong stride = read.indices().isEmpty() || stage.axes().isEmpty()
                    ? OptionalLong.empty()
                    : of(read.indices().getLast(), stage.axes().getLast().variable());
            boolean worth = stride.isPresent() && stride.getAsLong() > 1 && stride.getAsLong() <= MOST;
            if (!worth || found.isPresent() && !found.equals(stride)) {
                return OptionalLong.empty();
            }
            found = stride;
        }
        return found;
    }

    /** Lines in which every {@code stride}-th element comes first, then those after them, and so on. */
    static LayoutMap unstrided(int rank, long stride) {
        List<LayoutMap.Dimension> dimensions = new ArrayList<>();
        for (int axis = 0; axis < rank - 1; axis++) {
            dimensions.add(LayoutMap.Dimension.whole(axis));
        }
        dimensions.add(new LayoutMap.Dimension(rank - 1, 1, stride));
        dimensions.add(new LayoutMap.Dimension(rank - 1, stride, 0));
        return new LayoutMap(rank, dimensions);
    }
}
