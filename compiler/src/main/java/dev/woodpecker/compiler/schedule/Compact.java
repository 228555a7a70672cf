package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
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
 * Lets a stage read a tensor from a copy, {@code tensor.compact}, that holds only the elements which the stage reads: a
 * stride along an axis is gone. Each index must depend on one axis of the stage at most, and no two on the same one.
 *
 * <pre>
 * for k in 0..4:                           for a0 in 0..8:
 *   for i in 0..8:                 ->        x.compact[a0] = x[a0 * 2]
 *     y[k, i] = x[i * 2] * w[k]            for k in 0..4:
 *                                            for i in 0..8:
 *                                              y[k, i] = x.compact[i] * w[k]
 * </pre>
 */
public record Compact(String tensor, String stage) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> found = nest.program().stage(stage);
        if (found.isEmpty()) {
            return reject("there is no stage '" + stage + "'");
        }
        Stage reader = found.get();
        List<Expr.Read> reads = Stages.reads(reader, tensor);
        if (reads.size() != 1 || reads.getFirst().outside().isPresent()) {
            return reject("'" + stage + "' must read '" + tensor + "' in one place, and inside its extents");
        }
        Map<String, Axis> axes = new HashMap<>();
        reader.axes().forEach(axis -> axes.put(axis.name(), axis));
        reader.reduction().ifPresent(r -> r.axes().forEach(axis -> axes.put(axis.name(), axis)));
        List<Optional<Axis>> followed = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Expr index : reads.getFirst().indices()) {
            Set<String> variables = Decompose.variables(List.of(index));
            boolean single = variables.size() <= 1
                    && axes.keySet().containsAll(variables)
                    && variables.stream().allMatch(seen::add)
                    && !index.anyMatch(e -> e instanceof Expr.Read);
            if (!single) {
                return reject("the index " + index + " of '" + tensor + "' does not follow one axis of its own");
            }
            followed.add(variables.stream().findFirst().map(axes::get));
        }
        return Step.applied(compact(nest, reader, reads.getFirst(), followed));
    }

    private LoopNest compact(LoopNest nest, Stage reader, Expr.Read read, List<Optional<Axis>> followed) {
        String name = Stages.freshTensor(nest.program(), tensor + ".compact");
        DType type = Stages.type(nest.program(), tensor);
        List<Expr> shape = followed.stream()
                .map(axis -> axis.map(Axis::extent).orElse(Expr.index(1)))
                .toList();
        List<Axis> axes = Stages.axes(shape);
        List<Expr> from = new ArrayList<>();
        List<Expr> to = new ArrayList<>();
        for (int i = 0; i < axes.size(); i++) {
            Expr own = axes.get(i).variable();
            Expr index = read.indices().get(i);
            from.add(followed.get(i)
                    .map(axis -> LoopNest.substitute(index, Map.of(axis.name(), own)))
                    .orElse(index));
            to.add(followed.get(i).<Expr>map(Axis::variable).orElse(Expr.index(0)));
        }
        Stage copy = new Stage(
                name,
                type,
                axes,
                Optional.empty(),
                new Expr.Read(tensor, type, from, Optional.empty(), read.origin()),
                reader.origin());
        Stage changed = Stages.mapReads(
                reader,
                r -> r.tensor().equals(tensor) ? new Expr.Read(name, type, to, Optional.empty(), r.origin()) : r);
        return nest.withProgram(Stages.insertBefore(nest.program(), copy, changed))
                .withBuffer(Buffer.rowMajor(name, type, shape, Scope.WORKSPACE))
                .withTree(Stages.insertNestBefore(
                        nest.tree(), stage, LoopNest.nest(copy, new HashSet<>(nest.loopNames()))));
    }
}
