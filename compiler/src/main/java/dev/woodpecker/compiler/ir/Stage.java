package dev.woodpecker.compiler.ir;

import java.util.List;
import java.util.Optional;

/**
 * One tensor of a program: for every index of {@code axes} its value is {@code element}, which may refer to the value of
 * the stage's one reduction by {@link Expr.Accumulator}. Stages are pure: each element is written once, by no one else.
 */
public record Stage(
        String name, DType type, List<Axis> axes, Optional<Reduction> reduction, Expr element, Origin origin) {
    /** A reduction of {@code body} over {@code axes}, in axis order where the numerics are strict. */
    public record Reduction(ReduceOp op, DType type, List<Axis> axes, Expr body) {
        public Reduction {
            axes = List.copyOf(axes);
        }
    }

    public Stage {
        axes = List.copyOf(axes);
    }

    public List<Expr> shape() {
        return axes.stream().map(Axis::extent).toList();
    }
}
