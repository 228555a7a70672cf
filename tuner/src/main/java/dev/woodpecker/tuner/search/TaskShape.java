package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Target;
import java.util.List;

/** A task in a few numbers around 1: the logarithms of its extents, and the machine's. */
public final class TaskShape {
    /** How many numbers there are. */
    public static final int SIZE = 8;

    private TaskShape() {}

    public static List<Double> of(TensorProgram program, Target target) {
        double elements = 1;
        double reduced = 1;
        double last = 1;
        double innermost = 1;
        for (Stage stage : program.stages()) {
            elements = Math.max(elements, product(stage.axes()));
            last = Math.max(
                    last,
                    stage.axes().isEmpty() ? 1 : product(List.of(stage.axes().getLast())));
            if (stage.reduction().isPresent()) {
                List<Axis> axes = stage.reduction().get().axes();
                reduced = Math.max(reduced, product(axes));
                innermost = axes.isEmpty() ? innermost : product(List.of(axes.getLast()));
            }
        }
        double inputs = program.inputs().stream()
                .mapToDouble(input ->
                        input.shape().stream().mapToDouble(TaskShape::extent).reduce(1, (a, b) -> a * b))
                .max()
                .orElse(1);
        return List.of(
                scaled(elements),
                scaled(reduced),
                scaled(last),
                scaled(innermost),
                scaled(inputs),
                program.stages().size() / 8.0,
                scaled(target.lanes(4)),
                scaled((double) target.nearBytes()));
    }

    private static double product(List<Axis> axes) {
        return axes.stream().mapToDouble(axis -> extent(axis.extent())).reduce(1, (a, b) -> a * b);
    }

    private static double extent(Expr extent) {
        return (double) IndexMath.constant(extent).orElse(1);
    }

    private static double scaled(double amount) {
        return Math.log(amount) / 12;
    }
}
