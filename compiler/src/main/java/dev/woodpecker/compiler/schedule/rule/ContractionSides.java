package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A contraction as a matrix product: {@code rows} come from {@code left}, {@code columns}, along which the result lies in
 * memory, from {@code right}.
 *
 * @param batch the axes that both have
 * @param depth the reduction's axes in the order in which points are taken
 */
record ContractionSides(
        Stage stage,
        List<Axis> batch,
        List<Axis> rows,
        List<Axis> columns,
        List<Axis> depth,
        Expr.Read left,
        Expr.Read right) {
    static ContractionSides of(ScheduleBuilder builder, Contraction c) {
        Stage stage = c.stage();
        Axis innermost =
                stage.axes().get(MatrixOperand.innermost(builder, stage.name()).orElseThrow());
        List<Axis> column = List.of(c.column());
        List<Axis> used = new ArrayList<>(c.rows());
        used.addAll(column);
        List<Axis> batch = stage.axes().stream().filter(a -> !used.contains(a)).toList();
        List<Axis> depth = depth(builder, c);
        return c.rows().contains(innermost)
                ? new ContractionSides(stage, batch, column, c.rows(), depth, c.weights(), c.data())
                : new ContractionSides(stage, batch, c.rows(), column, depth, c.data(), c.weights());
    }

    /** The axis along which the data lie in memory comes last, where sums may be in another order. */
    private static List<Axis> depth(ScheduleBuilder builder, Contraction c) {
        List<Axis> axes = new ArrayList<>(c.stage().reduction().orElseThrow().axes());
        Optional<Integer> along = MatrixOperand.innermost(builder, c.data().tensor());
        if (!builder.nest().numerics().mayReassociate() || along.isEmpty()) {
            return axes;
        }
        Expr innermost = c.data().indices().get(along.get());
        boolean bySide = c.rows().stream().anyMatch(r -> MatrixOperand.stepsByOne(innermost, r));
        axes.stream()
                .filter(d -> !bySide && MatrixOperand.stepsByOne(innermost, d))
                .findFirst()
                .ifPresent(d -> {
                    axes.remove(d);
                    axes.addLast(d);
                });
        return axes;
    }

    /** The loops of these axes, {@code all} being those of the stage's, in axis order. */
    List<String> loops(List<Axis> axes, List<String> all) {
        return axes.stream().map(a -> all.get(stage.axes().indexOf(a))).toList();
    }

    /** The loops of the reduction in the order of {@link #depth}, {@code all} being those in axis order. */
    List<String> depthLoops(List<String> all) {
        List<Axis> axes = stage.reduction().orElseThrow().axes();
        return depth.stream().map(a -> all.get(axes.indexOf(a))).toList();
    }
}
