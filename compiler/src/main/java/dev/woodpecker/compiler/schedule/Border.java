package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Interval;
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
import java.util.Set;

/**
 * Says how reads of a tensor beyond its extents ({@code atOr}) are realised in a stage: {@code MASK}, a condition at each
 * read, is what happens without this step. {@code HALO} first copies the tensor into {@code tensor.halo}, which is larger by
 * the border; {@code PEEL} gives the first and last iterations of the loops that the border depends on their own copy of
 * the body, so that no condition remains between them.
 *
 * <pre>
 * for i in 0..8:                          for a0 in 0..10:
 *   y[i] = x[i - 1] or 0            ->      x.halo[a0] = x[a0 - 1] or 0
 *                                         for i in 0..8:
 *                                           y[i] = x.halo[i]
 * </pre>
 */
public record Border(String tensor, String stage, Mode mode) implements Step {
    /** How a border is realised. */
    public enum Mode {
        HALO,
        PEEL,
        MASK
    }

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> reader = nest.program().stage(stage);
        if (reader.isEmpty()) {
            return reject("there is no stage '" + stage + "'");
        }
        List<Expr.Read> reads = Stages.reads(reader.get(), tensor).stream()
                .filter(r -> r.outside().isPresent())
                .toList();
        if (reads.isEmpty()) {
            return reject("'" + stage + "' reads nothing beyond the extents of '" + tensor + "'");
        }
        return switch (mode) {
            case MASK -> Step.applied(nest);
            case PEEL -> peel(nest, reads);
            case HALO -> halo(nest, reader.get(), reads);
        };
    }

    private Outcome peel(LoopNest nest, List<Expr.Read> reads) {
        Stage reader = nest.stage(stage);
        List<Stmt.Compute> computes = LoopNest.computes(nest.tree(), stage);
        List<Expr> reaching = reaching(nest, reader, reads);
        Set<String> loops = new HashSet<>();
        for (Stmt.Compute c : computes) {
            Map<String, Expr> bound = LoopNest.bind(reader.axes(), c.at());
            reaching.forEach(i -> loops.addAll(Decompose.variables(List.of(LoopNest.substitute(i, bound)))));
        }
        Stmt peeled = nest.tree()
                .rewrite(
                        s -> s instanceof Stmt.For(Loop loop, Stmt body) && peels(loop, loops)
                                ? new Stmt.For(loop.withPeel(Optional.of(new Loop.Peel.Ends())), body)
                                : s,
                        e -> e);
        return Step.applied(nest.withTree(peeled));
    }

    /** The indices that go beyond the tensor's extents, or may. */
    private List<Expr> reaching(LoopNest nest, Stage reader, List<Expr.Read> reads) {
        Bounds bounds = inside(reader);
        List<Expr> shape = Stages.shape(nest.program(), tensor);
        List<Expr> reaching = new ArrayList<>();
        for (Expr.Read read : reads) {
            for (int axis = 0; axis < shape.size(); axis++) {
                Interval index = bounds.of(read.indices().get(axis));
                OptionalLong extent = IndexMath.constant(shape.get(axis));
                if (extent.isEmpty() || index.min() < 0 || index.max() >= extent.getAsLong()) {
                    reaching.add(read.indices().get(axis));
                }
            }
        }
        return reaching;
    }

    private static boolean peels(Loop loop, Set<String> loops) {
        OptionalLong extent = IndexMath.constant(loop.extent());
        return loops.contains(loop.name())
                && (loop.binding() == Loop.Binding.SERIAL || loop.binding() == Loop.Binding.PARALLEL)
                && loop.carrier() == Loop.Carrier.SPATIAL
                && loop.peel().isEmpty()
                && extent.isPresent()
                && extent.getAsLong() >= 3;
    }

    private Outcome halo(LoopNest nest, Stage reader, List<Expr.Read> reads) {
        Expr outside = reads.getFirst().outside().orElseThrow();
        boolean uniform = reads.size() == Stages.reads(reader, tensor).size()
                && reads.stream().allMatch(r -> r.outside().orElseThrow().equals(outside));
        if (!uniform || !Decompose.variables(List.of(outside)).isEmpty()) {
            return reject("reads of '" + tensor + "' disagree on what lies outside it");
        }
        List<Interval> reach = new ArrayList<>();
        Bounds bounds = inside(reader);
        for (int axis = 0; axis < reads.getFirst().indices().size(); axis++) {
            int a = axis;
            Interval union = reads.stream()
                    .map(r -> bounds.of(r.indices().get(a)))
                    .reduce(Interval::union)
                    .orElseThrow();
            if (!union.isBounded()) {
                return reject(
                        "how far '" + stage + "' reads beyond axis " + axis + " of '" + tensor + "' is not known");
            }
            reach.add(union);
        }
        return Step.applied(withHalo(nest, reader, outside, reach));
    }

    private LoopNest withHalo(LoopNest nest, Stage reader, Expr outside, List<Interval> reach) {
        String name = Stages.freshTensor(nest.program(), tensor + ".halo");
        DType type = Stages.type(nest.program(), tensor);
        List<Expr> shape =
                reach.stream().<Expr>map(r -> Expr.index(r.max() - r.min() + 1)).toList();
        List<Axis> axes = Stages.axes(shape);
        List<Expr> index = new ArrayList<>();
        for (int i = 0; i < axes.size(); i++) {
            index.add(IndexMath.add(
                    axes.get(i).variable(), Expr.index(reach.get(i).min())));
        }
        Stage copy = new Stage(
                name,
                type,
                axes,
                Optional.empty(),
                new Expr.Read(tensor, type, index, Optional.of(outside), reader.origin()),
                reader.origin());
        Stage changed = Stages.mapReads(reader, read -> {
            if (!read.tensor().equals(tensor)) {
                return read;
            }
            List<Expr> moved = new ArrayList<>();
            for (int i = 0; i < reach.size(); i++) {
                moved.add(IndexMath.sub(
                        read.indices().get(i), Expr.index(reach.get(i).min())));
            }
            return new Expr.Read(name, type, moved, Optional.empty(), read.origin());
        });
        return nest.withProgram(Stages.insertBefore(nest.program(), copy, changed))
                .withBuffer(Buffer.rowMajor(name, type, shape, Scope.WORKSPACE))
                .withTree(Stages.insertNestBefore(
                        nest.tree(), stage, LoopNest.nest(copy, new HashSet<>(nest.loopNames()))));
    }

    private static Bounds inside(Stage stage) {
        List<Axis> axes = new ArrayList<>(stage.axes());
        stage.reduction().ifPresent(r -> axes.addAll(r.axes()));
        return Region.inside(axes.stream()
                .map(a -> Loop.serial(a, Loop.Carrier.SPATIAL, stage.origin()))
                .toList());
    }
}
