package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Computes a stage into {@code stage.cache} first and copies it out from there; {@link ComputeAt} then places the cache.
 * Comes before steps on the stage's loops.
 *
 * <pre>
 * for i in 0..8:             for y.cache.i in 0..8:
 *   y[i] = x[i] + 1    ->      y.cache[y.cache.i] = x[y.cache.i] + 1
 *                            for i in 0..8:
 *                              y[i] = y.cache[i]
 * </pre>
 */
public record CacheWrite(String stage, Scope scope) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> found = nest.program().stage(stage);
        if (found.isEmpty()) {
            return reject("there is no stage '" + stage + "'");
        }
        Stage written = found.get();
        String cache = Stages.freshTensor(nest.program(), stage + ".cache");
        Stage computed = new Stage(
                cache, written.type(), written.axes(), written.reduction(), written.element(), written.origin());
        List<Expr> index = written.axes().stream().<Expr>map(Axis::variable).toList();
        Stage copy = new Stage(
                stage,
                written.type(),
                written.axes(),
                Optional.empty(),
                new Expr.Read(cache, written.type(), index, Optional.empty(), written.origin()),
                written.origin());
        HashSet<String> taken = new HashSet<>(nest.loopNames());
        Stmt tree = Stages.insertNestBefore(
                nest.tree(), stage, new Stmt.Seq(List.of(LoopNest.nest(computed, taken), LoopNest.nest(copy, taken))));
        return Step.applied(nest.withProgram(Stages.insertBefore(nest.program(), computed, copy))
                .withBuffer(Buffer.rowMajor(cache, written.type(), written.shape(), scope))
                .withTree(replaceFirst(tree)));
    }

    /** Drops the nest of the stage as it was: the last of its computations in the tree. */
    private Stmt replaceFirst(Stmt tree) {
        List<Stmt.Compute> all = LoopNest.computes(tree, stage);
        Stmt.Compute old = all.getLast();
        Stmt marked = tree.rewrite(s -> s == old ? rename(old) : s, e -> e);
        return Stages.removeNest(marked, DROPPED);
    }

    private static final String DROPPED = "(dropped)";

    private static Stmt rename(Stmt.Compute c) {
        return new Stmt.Compute(DROPPED, c.part(), c.at(), c.over(), c.slot(), c.guard(), c.keep());
    }
}
