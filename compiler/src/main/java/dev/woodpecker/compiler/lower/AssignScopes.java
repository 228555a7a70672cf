package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.List;

/** Gives stages that are computed in one top-level nest and read in another memory that outlives both. */
final class AssignScopes {
    private AssignScopes() {}

    static LoopNest apply(LoopNest nest) {
        List<Stmt> phases = nest.tree() instanceof Stmt.Seq(List<Stmt> statements) ? statements : List.of(nest.tree());
        LoopNest current = nest;
        for (Stage stage : nest.program().stages()) {
            Buffer buffer = nest.buffers().get(stage.name());
            if (buffer == null || buffer.scope() == Scope.GLOBAL || buffer.scope() == Scope.WORKSPACE) {
                continue;
            }
            boolean crosses = phases.stream()
                    .anyMatch(p -> LoopNest.computes(p, stage.name()).isEmpty() && reads(nest, p, stage.name()));
            if (crosses) {
                current = current.withBuffer(buffer.withScope(Scope.WORKSPACE));
            }
        }
        return current;
    }

    private static boolean reads(LoopNest nest, Stmt phase, String tensor) {
        return phase.anyMatch(s -> s instanceof Stmt.Compute c && reads(nest, c, tensor));
    }

    /** Whether the part of a stage that is computed here reads the tensor. */
    static boolean reads(LoopNest nest, Stmt.Compute compute, String tensor) {
        Stage stage = nest.stage(compute.stage());
        java.util.function.Predicate<Expr> test =
                e -> e instanceof Expr.Read r && r.tensor().equals(tensor);
        boolean ofBody = stage.reduction().map(r -> r.body().anyMatch(test)).orElse(false);
        return switch (compute.part()) {
            case WHOLE -> ofBody || stage.element().anyMatch(test);
            case INIT -> false;
            case RESCALE -> compute.over().getFirst().anyMatch(test);
            case UPDATE -> ofBody;
            case FINISH -> stage.element().anyMatch(test);
        };
    }
}
