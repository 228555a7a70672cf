package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decomposes the reductions that the trace left whole, at their outermost reduction loop. Ensures: each stage with a
 * reduction has the parts init, update and finish.
 */
public final class DecomposeReductions {
    private DecomposeReductions() {}

    public static LoopNest apply(LoopNest nest) {
        LoopNest current = nest;
        for (Stage stage : nest.program().stages()) {
            if (stage.reduction().isEmpty()) {
                continue;
            }
            for (Stmt.Compute leaf : LoopNest.computes(current.tree(), stage.name())) {
                if (leaf.part() == Stmt.Part.WHOLE) {
                    current = decompose(current, stage, leaf);
                }
            }
        }
        return current;
    }

    private static LoopNest decompose(LoopNest nest, Stage stage, Stmt.Compute leaf) {
        Optional<Loop> outermost = LoopNest.path(nest.tree(), leaf).orElseThrow().stream()
                .filter(l -> leaf.over().stream()
                        .anyMatch(o -> o.anyMatch(
                                e -> e instanceof Expr.Var v && v.name().equals(l.name()))))
                .findFirst();
        if (outermost.isEmpty()) {
            return nest.withTree(nest.tree().rewrite(s -> s == leaf ? atOnePoint(leaf) : s, e -> e));
        }
        return switch (new Decompose(stage.name(), outermost.get().name()).apply(nest, Map.of())) {
            case Outcome.Applied(LoopNest decomposed) -> decomposed;
            case Outcome.Rejection r ->
                throw new IllegalStateException("reduction of " + stage.name() + ": " + r.reason());
        };
    }

    /** A reduction over no axes has one point. */
    private static Stmt atOnePoint(Stmt.Compute c) {
        return new Stmt.Seq(List.of(
                new Stmt.Compute(c.stage(), Stmt.Part.INIT, c.at(), List.of(), Expr.TRUE, c.keep()),
                new Stmt.Compute(c.stage(), Stmt.Part.UPDATE, c.at(), c.over(), c.guard(), c.keep()),
                new Stmt.Compute(c.stage(), Stmt.Part.FINISH, c.at(), List.of(), c.guard(), c.keep())));
    }
}
