package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Lets a stage read a tensor from a copy, {@code tensor.turned}, whose axes are in another order, made before. What lies
 * beyond the tensor's extents lies beyond the copy's, and stays what the reads say it is.
 *
 * <pre>
 * for n, i, c:                        for a0, a2, a1: x.turned[a0, a2, a1] = x[a0, a1, a2]
 *   y[n, i] += x[n, c, i]   ->        for n, i, c:
 *                                       y[n, i] += x.turned[n, i, c]
 * </pre>
 */
public record Transpose(String tensor, String stage, LayoutMap order) implements Step {
    /** The last axis becomes the one that {@code axis} was. */
    public static LayoutMap toTheEnd(int rank, int axis) {
        return LayoutMap.permuted(IntStream.concat(IntStream.range(0, rank).filter(a -> a != axis), IntStream.of(axis))
                .toArray());
    }

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> reader = nest.program().stage(stage);
        if (reader.isEmpty() || !nest.buffers().containsKey(tensor)) {
            return reject("there is no stage '" + stage + "' or no tensor '" + tensor + "'");
        }
        if (Stages.reads(reader.get(), tensor).isEmpty()) {
            return reject("'" + stage + "' does not read '" + tensor + "'");
        }
        List<Expr> shape = Stages.shape(nest.program(), tensor);
        List<Integer> axes =
                order.dimensions().stream().map(LayoutMap.Dimension::axis).toList();
        boolean permutes = order.equals(LayoutMap.permuted(
                        axes.stream().mapToInt(Integer::intValue).toArray()))
                && axes.stream().distinct().count() == shape.size();
        if (!permutes) {
            return reject("'" + order.text() + "' is no order of the " + shape.size() + " axes of '" + tensor + "'");
        }
        return Step.applied(turned(nest, reader.get(), axes));
    }

    private LoopNest turned(LoopNest nest, Stage reader, List<Integer> order) {
        String name = Stages.freshTensor(nest.program(), tensor + ".turned");
        var type = Stages.type(nest.program(), tensor);
        List<Axis> axes = Stages.axes(Stages.shape(nest.program(), tensor));
        List<Expr> plain = axes.stream().<Expr>map(Axis::variable).toList();
        Stage copy = new Stage(
                name,
                type,
                order.stream().map(axes::get).toList(),
                Optional.empty(),
                new Expr.Read(tensor, type, plain, Optional.empty(), Origin.NONE),
                reader.origin());
        Stage changed = Stages.mapReads(
                reader,
                read -> read.tensor().equals(tensor)
                        ? new Expr.Read(
                                name,
                                type,
                                order.stream().map(read.indices()::get).toList(),
                                read.outside(),
                                read.origin())
                        : read);
        return nest.withProgram(Stages.insertBefore(nest.program(), copy, changed))
                .withBuffer(Buffer.rowMajor(name, type, copy.shape(), Scope.WORKSPACE))
                .withTree(Stages.insertNestBefore(
                        nest.tree(), stage, LoopNest.nest(copy, new HashSet<>(nest.loopNames()))));
    }
}
