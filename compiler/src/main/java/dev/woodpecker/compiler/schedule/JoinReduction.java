package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes one axis of all reduction axes of a stage, in their order, so that its points can be shared out evenly. Comes
 * before steps on the stage's loops.
 *
 * <pre>
 * for i in 0..8:                     for i in 0..8:
 *   for t in 0..7:                     for t in 0..49:
 *     for u in 0..7:            ->       y[i] += x[i, t / 7, t % 7]
 *       y[i] += x[i, t, u]
 * </pre>
 */
public record JoinReduction(String stage) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> found = nest.program().stage(stage);
        if (found.isEmpty()
                || found.get().reduction().isEmpty()
                || found.get().reduction().get().axes().size() < 2) {
            return reject("'" + stage + "' is no stage with several reduction axes");
        }
        Stage old = found.get();
        Stage.Reduction reduction = old.reduction().get();
        long points = 1;
        for (Axis axis : reduction.axes()) {
            if (IndexMath.constant(axis.extent()).isEmpty()) {
                return reject("the extent of '" + axis.name() + "' is not constant");
            }
            points *= IndexMath.constant(axis.extent()).getAsLong();
        }
        Axis joined = new Axis(reduction.axes().getFirst().variable(), Expr.index(points));
        Map<String, Expr> digits = new HashMap<>();
        long below = 1;
        for (Axis axis : reduction.axes().reversed()) {
            long extent = IndexMath.constant(axis.extent()).getAsLong();
            Expr high = IndexMath.div(joined.variable(), below);
            digits.put(axis.name(), below * extent == points ? high : IndexMath.rem(high, extent));
            below *= extent;
        }
        Stage.Reduction one = new Stage.Reduction(
                reduction.op(), reduction.type(), List.of(joined), LoopNest.substitute(reduction.body(), digits));
        Stage changed = new Stage(stage, old.type(), old.axes(), Optional.of(one), old.element(), old.origin());
        Stmt.Compute leaf = LoopNest.computes(nest.tree(), stage).getFirst();
        HashSet<String> taken = new HashSet<>(nest.loopNames());
        LoopNest.path(nest.tree(), leaf).orElseThrow().forEach(l -> taken.remove(l.name()));
        List<Stage> stages = nest.program().stages().stream()
                .map(s -> s.name().equals(stage) ? changed : s)
                .toList();
        return Step.applied(nest.withProgram(nest.program().withStages(stages))
                .withTree(Stages.replaceNest(nest.tree(), stage, LoopNest.nest(changed, taken))));
    }
}
