package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes a stage without reduction where it is read, instead of storing it.
 *
 * <pre>
 * for i in 0..8:                    for i in 0..8:
 *   t[i] = x[i] + 1         ->        y[i] = (x[i] + 1) * 2
 * for i in 0..8:
 *   y[i] = t[i] * 2
 * </pre>
 */
public record Inline(String stage) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> found = nest.program().stage(stage);
        if (found.isEmpty()) {
            return reject("there is no stage '" + stage + "'");
        }
        if (found.get().reduction().isPresent()) {
            return reject("'" + stage + "' is a reduction: inlining would repeat it for every read; use ComputeAt");
        }
        if (nest.program().outputs().contains(stage)) {
            return reject("'" + stage + "' is an output and must be stored");
        }
        List<Stage> stages = nest.program().stages().stream()
                .filter(s -> !s.name().equals(stage))
                .map(s -> Stages.mapReads(s, read -> read.tensor().equals(stage) ? inlined(found.get(), read) : read))
                .toList();
        Stmt tree = Stages.removeNest(nest.tree(), stage);
        return Step.applied(nest.withProgram(nest.program().withStages(stages))
                .withTree(tree)
                .withoutBuffer(stage));
    }

    private static Expr inlined(Stage stage, Expr.Read read) {
        Expr value = LoopNest.elementAt(stage, read.indices());
        if (read.outside().isEmpty()) {
            return value;
        }
        Expr inside = Expr.TRUE;
        for (int axis = 0; axis < stage.axes().size(); axis++) {
            inside = IndexMath.and(
                    inside,
                    IndexMath.within(
                            read.indices().get(axis), stage.axes().get(axis).extent()));
        }
        return new Expr.Select(inside, value, read.outside().get());
    }
}
