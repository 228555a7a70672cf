package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reduces in two stages: {@code stage.partial} reduces {@code parts} stretches of a reduction axis, the stage then reduces
 * the parts in order. The order depends on nothing but the step. {@code BLOCKED} stretches are contiguous and must divide
 * the extent; {@code INTERLEAVED} ones take every {@code parts}-th point, so that neighbouring parts read neighbouring
 * elements: the lanes of a vector. Comes before steps on the stage's loops.
 *
 * <pre>
 * for i in 0..8:                    for i in 0..8:
 *   for c in 0..64:                   for c.part in 0..4:
 *     y[i] += x[i, c]         ->        for c in 0..16:
 *                                         y.partial[c.part, i] += x[i, c.part * 16 + c]
 *                                   for i in 0..8:
 *                                     for c.part in 0..4:
 *                                       y[i] += y.partial[c.part, i]
 * </pre>
 */
public record SplitReduction(String stage, String axis, Factor parts, Stretch stretch) implements Step {
    /** Which points of the axis make one part. */
    public enum Stretch {
        BLOCKED,
        INTERLEAVED,
        /** As {@code INTERLEAVED}, for the threads of a block, each of which looks whether there is a point for it. */
        LANES
    }

    /** What the name of the axis over the parts ends with. */
    public static final String PART = ".part";

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> found = nest.program().stage(stage);
        if (found.isEmpty() || found.get().reduction().isEmpty()) {
            return reject("'" + stage + "' is no stage with a reduction");
        }
        if (!nest.numerics().mayReassociate()) {
            return reject("strict numerics reduce in axis order");
        }
        Stage old = found.get();
        Stage.Reduction reduction = old.reduction().orElseThrow();
        Optional<Axis> split =
                reduction.axes().stream().filter(a -> a.name().equals(axis)).findFirst();
        if (split.isEmpty()) {
            return reject("'" + axis + "' is no reduction axis of '" + stage + "'; they are "
                    + reduction.axes().stream().map(Axis::name).toList());
        }
        OptionalLong extent = IndexMath.constant(split.get().extent());
        long count = parts.resolve(decisions);
        if (extent.isEmpty() || count < 1 || count > extent.getAsLong() && stretch != Stretch.LANES) {
            return reject("'" + axis + "' cannot be split into " + count + " parts");
        }
        if (stretch == Stretch.BLOCKED && extent.getAsLong() % count != 0) {
            return reject(count + " contiguous parts do not divide the extent of '" + axis + "' evenly");
        }
        return Step.applied(split(nest, old, split.get(), count, extent.getAsLong()));
    }

    private LoopNest split(LoopNest nest, Stage old, Axis split, long count, long extent) {
        Stage.Reduction reduction = old.reduction().orElseThrow();
        String name = Stages.freshTensor(nest.program(), stage + ".partial");
        Axis outer = new Axis(axis + PART, Expr.index(count));
        Axis inner = new Axis(split.variable(), Expr.index(Math.ceilDiv(extent, count)));
        Expr index = stretch == Stretch.BLOCKED
                ? IndexMath.add(IndexMath.mul(outer.variable(), inner.extent()), inner.variable())
                : IndexMath.add(IndexMath.mul(inner.variable(), outer.extent()), outer.variable());
        List<Axis> partialAxes = new ArrayList<>(old.axes());
        // Interleaved parts are lanes of a vector, next to each other; blocks of them are results of their own.
        partialAxes.add(stretch == Stretch.BLOCKED ? 0 : partialAxes.size(), outer);
        List<Axis> innerAxes =
                reduction.axes().stream().map(a -> a.equals(split) ? inner : a).toList();
        Stage partial = new Stage(
                name,
                reduction.type(),
                partialAxes,
                Optional.of(new Stage.Reduction(
                        reduction.op(),
                        reduction.type(),
                        innerAxes,
                        points(reduction, index, extent % count != 0, extent))),
                new Expr.Accumulator(reduction.type()),
                old.origin());
        List<Expr> at = partialAxes.stream().<Expr>map(Axis::variable).toList();
        Expr part = new Expr.Read(name, reduction.type(), at, Optional.empty(), old.origin());
        Stage combined = new Stage(
                stage,
                old.type(),
                old.axes(),
                Optional.of(new Stage.Reduction(reduction.op(), reduction.type(), List.of(outer), part)),
                old.element(),
                old.origin());
        HashSet<String> taken = new HashSet<>(nest.loopNames());
        Stmt.Compute oldLeaf = LoopNest.computes(nest.tree(), stage).getFirst();
        taken.removeAll(LoopNest.path(nest.tree(), oldLeaf).orElseThrow().stream()
                .map(Loop::name)
                .toList());
        Stmt combinedNest = LoopNest.nest(combined, taken);
        Stmt partialNest = LoopNest.nest(partial, taken);
        if (extent % count != 0 && stretch == Stretch.INTERLEAVED) {
            partialNest = peelTail(partialNest, partial, split, extent % count);
        }
        Stmt both = new Stmt.Seq(List.of(partialNest, combinedNest));
        return nest.withProgram(Stages.insertBefore(nest.program(), partial, combined))
                .withBuffer(Buffer.rowMajor(name, reduction.type(), partial.shape(), Scope.WORKSPACE))
                .withTree(Stages.replaceNest(nest.tree(), stage, both));
    }

    /** The reduction's body at {@code index}, which is neutral beyond the axis. */
    private Expr points(Stage.Reduction reduction, Expr index, boolean ragged, long extent) {
        Expr body = LoopNest.substitute(reduction.body(), Map.of(axis, index));
        return ragged
                ? new Expr.Select(
                        IndexMath.less(index, Expr.index(extent)),
                        body,
                        reduction.op().identity(reduction.type()))
                : body;
    }

    /** The last iteration, which alone may reach beyond the axis, is a copy with fewer parts. */
    private static Stmt peelTail(Stmt nest, Stage partial, Axis split, long remainder) {
        Stmt.Compute leaf = LoopNest.computes(nest, partial.name()).getFirst();
        String parts = ((Expr.Var) leaf.at().getLast()).name();
        int position = partial.reduction().orElseThrow().axes().stream()
                .map(Axis::name)
                .toList()
                .indexOf(split.name());
        String points = ((Expr.Var) leaf.over().get(position)).name();
        return nest.rewrite(
                s -> s instanceof Stmt.For(Loop loop, Stmt body) && loop.name().equals(points)
                        ? new Stmt.For(loop.withPeel(Optional.of(new Loop.Peel.Tail(parts, remainder))), body)
                        : s,
                e -> e);
    }
}
