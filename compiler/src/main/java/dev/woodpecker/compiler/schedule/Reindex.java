package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Lets a stage read a tensor through a matrix, {@code tensor.tile}, whose axes are groups of the stage's own ones, each
 * counted as one number: what a convolution reads, as the operand of a matrix product. The matrix holds what the read says
 * lies outside, else zeros, beyond its extents too. {@link ComputeAt} then makes the part of it that a tile needs, so that
 * it is never whole.
 *
 * <pre>
 * for o, p, c, r:                              for m, k:
 *   y[o, p] += x[c, p + r] * w[o, c, r]   ->     x.tile[m, k] = x[k / 3, m + k % 3]
 *                                              for o, p, c, r:
 *                                                y[o, p] += x.tile[p, c * 3 + r] * w[o, c, r]
 * </pre>
 */
public record Reindex(String tensor, String stage, List<List<String>> groups) implements Step {
    public Reindex {
        groups = groups.stream().map(List::copyOf).toList();
    }

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> reader = nest.program().stage(stage);
        if (reader.isEmpty() || !nest.buffers().containsKey(tensor)) {
            return reject("there is no stage '" + stage + "' or no tensor '" + tensor + "'");
        }
        List<Expr.Read> reads = Stages.reads(reader.get(), tensor);
        if (reads.size() != 1) {
            return reject("'" + stage + "' reads '" + tensor + "' in " + reads.size() + " places; one is wanted");
        }
        List<Axis> axes = axes(reader.get());
        List<String> named = groups.stream().flatMap(List::stream).toList();
        for (String name : named) {
            Optional<Axis> axis =
                    axes.stream().filter(a -> a.name().equals(name)).findFirst();
            if (axis.isEmpty() || named.indexOf(name) != named.lastIndexOf(name)) {
                return reject("'" + name + "' is no axis of '" + stage + "', or named twice; axes are "
                        + axes.stream().map(Axis::name).toList());
            }
            if (IndexMath.constant(axis.get().extent()).isEmpty()) {
                return reject("the extent of '" + name + "' is not constant");
            }
        }
        Set<String> used = Decompose.variables(reads.getFirst().indices());
        if (!named.containsAll(used)) {
            return reject("'" + tensor + "' is read by axes that are in no group: " + used);
        }
        List<List<Axis>> grouped = groups.stream()
                .map(group -> group.stream()
                        .flatMap(name -> axes.stream().filter(a -> a.name().equals(name)))
                        .toList())
                .toList();
        return Step.applied(reindexed(nest, reader.get(), reads.getFirst(), grouped));
    }

    private static List<Axis> axes(Stage reader) {
        List<Axis> axes = new ArrayList<>(reader.axes());
        reader.reduction().ifPresent(r -> axes.addAll(r.axes()));
        return axes;
    }

    private LoopNest reindexed(LoopNest nest, Stage reader, Expr.Read read, List<List<Axis>> grouped) {
        String name = Stages.freshTensor(nest.program(), tensor + ".tile");
        List<Axis> fused = new ArrayList<>();
        List<Expr> counted = new ArrayList<>();
        Map<String, Expr> digits = new HashMap<>();
        for (List<Axis> group : grouped) {
            Expr.Var variable = group.getFirst().variable();
            Expr count = Expr.index(0);
            long size = 1;
            for (Axis axis : group) {
                count = IndexMath.add(IndexMath.mul(count, axis.extent()), axis.variable());
                size *= Stages.extent(axis);
            }
            digits(variable, group, digits);
            fused.add(new Axis(variable, Expr.index(size)));
            counted.add(count);
        }
        Expr.Read source = new Expr.Read(
                tensor,
                read.type(),
                read.indices().stream().map(i -> LoopNest.substitute(i, digits)).toList(),
                Optional.of(read.outside().orElse(Expr.zero(read.type()))),
                Origin.NONE);
        Stage matrix = new Stage(name, read.type(), fused, Optional.empty(), source, reader.origin());
        Stage changed = Stages.mapReads(
                reader,
                r -> r.tensor().equals(tensor)
                        ? new Expr.Read(name, r.type(), counted, Optional.empty(), r.origin())
                        : r);
        return nest.withProgram(Stages.insertBefore(nest.program(), matrix, changed))
                .withBuffer(Buffer.rowMajor(name, read.type(), matrix.shape(), Scope.WORKSPACE))
                .withTree(Stages.insertNestBefore(
                        nest.tree(), stage, LoopNest.nest(matrix, new HashSet<>(nest.loopNames()))));
    }

    /** The axes of a group as digits of its number; the first has no upper end, so that it tells what lies beyond. */
    private static void digits(Expr number, List<Axis> group, Map<String, Expr> digits) {
        long below = 1;
        for (Axis axis : group.reversed()) {
            long extent = Stages.extent(axis);
            Expr high = IndexMath.div(number, below);
            digits.put(axis.name(), axis.equals(group.getFirst()) ? high : IndexMath.rem(high, extent));
            below *= extent;
        }
    }
}
