package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Removes stages that no output needs.
 *
 * <pre>
 * a = x + 1; b = x * 2 -> b      becomes      b = x * 2 -> b
 * </pre>
 */
public final class DeadStages {
    private DeadStages() {}

    public static TensorProgram remove(TensorProgram program) {
        Set<String> needed = new HashSet<>(program.outputs());
        List<Stage> kept = new ArrayList<>();
        for (Stage stage : program.stages().reversed()) {
            if (needed.contains(stage.name())) {
                kept.addFirst(stage);
                collectReads(stage.element(), needed);
                stage.reduction().ifPresent(reduction -> collectReads(reduction.body(), needed));
            }
        }
        return program.withStages(kept);
    }

    private static void collectReads(Expr e, Set<String> tensors) {
        e.anyMatch(node -> {
            if (node instanceof Expr.Read read) {
                tensors.add(read.tensor());
            }
            return false;
        });
    }
}
