package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Several results for each thread where they are made of the same elements: rows below each other of windows that overlap, as
 * in depthwise convolutions and pooling; channels of one group of a grouped convolution.
 *
 * <pre>
 * for blocks: for threads along rows:
 *   for r, s of the window unrolled: for rows 0..4 unrolled: y[row] += x[row + r, s] * w[r, s]
 * </pre>
 */
final class CudaWindowRule {
    /** Windows of so many points are written out, so that what neighbours share is loaded once. */
    private static final long LARGEST_WINDOW = 25;

    /** A thread's results along an axis. */
    record Several(Axis axis, List<Long> domain, long preferred) {}

    private CudaWindowRule() {}

    /** Along which axis a thread takes several results; empty where they share nothing, or are no sums. */
    static Optional<Several> several(ScheduleBuilder builder, Stage stage, Target target) {
        boolean serves = stage.reduction().isPresent()
                && !stage.reduction().get().axes().isEmpty()
                && stage.axes().size() >= 2
                && LongStream.concat(
                                stage.axes().stream().mapToLong(Stages::extent),
                                stage.reduction().get().axes().stream().mapToLong(Stages::extent))
                        .allMatch(extent -> extent > 0)
                && builder.isAlone(stage.name());
        return serves ? axis(stage).flatMap(axis -> several(stage, axis, target)) : Optional.empty();
    }

    private static Optional<Several> several(Stage stage, Axis axis, Target target) {
        long extent = Stages.extent(axis);
        List<Long> domain =
                LongStream.of(1, 2, 4, 8).filter(n -> extent % n == 0).boxed().toList();
        long results = stage.axes().stream().mapToLong(Stages::extent).reduce(1, Math::multiplyExact);
        long preferred = domain.reversed().stream()
                .filter(n -> n <= 4 && results / n >= target.units() * CudaElementRule.BUSY_THREADS)
                .findFirst()
                .orElse(1L);
        return domain.size() == 1 ? Optional.empty() : Optional.of(new Several(axis, domain, preferred));
    }

    /** Columns of a group, of which all read one element; else the rows of a window. */
    private static Optional<Axis> axis(Stage stage) {
        Optional<Contraction> grouped =
                Contraction.of(stage).filter(c -> c.groupSize() > 1 && c.groupSize() < Stages.extent(c.column()));
        if (grouped.isPresent()) {
            return grouped.map(Contraction::column);
        }
        Axis last = stage.axes().getLast();
        Set<String> reduced = Decompose.variables(stage.reduction().orElseThrow().axes().stream()
                .<Expr>map(Axis::variable)
                .toList());
        List<Axis> rows = new ArrayList<>();
        Stages.mapReads(stage, read -> {
            for (Expr index : read.indices()) {
                Set<String> used = Decompose.variables(List.of(index));
                stage.axes().stream()
                        .filter(a -> !a.equals(last)
                                && used.contains(a.name())
                                && used.stream().anyMatch(reduced::contains))
                        .forEach(rows::add);
            }
            return read;
        });
        return rows.isEmpty() ? Optional.empty() : Optional.of(rows.getLast());
    }

    static void schedule(ScheduleBuilder builder, Stage stage, Several several) {
        String name = stage.name();
        long rows = builder.choose(name + ".rows", several.domain(), several.preferred());
        long threads = builder.choose(name + ".threads", List.of(64L, 128L, 256L, 512L), CudaElementRule.BLOCK_THREADS);
        List<String> loops = new ArrayList<>(builder.axisLoops(name));
        List<String> points = builder.reductionLoops(name);
        int place = stage.axes().indexOf(several.axis());
        List<String> inner = new ArrayList<>(points);
        if (rows > 1) {
            ScheduleBuilder.Halves halves = builder.split(loops.get(place), rows, Tail.EXACT);
            loops.set(place, halves.outer());
            inner.add(halves.inner());
            builder.order(ScheduleBuilder.joined(loops, inner));
            builder.add(new Unroll(halves.inner()));
            unroll(builder, stage, points);
        }
        ScheduleBuilder.Halves halves = builder.split(builder.fuse(loops), threads, Tail.GUARD);
        builder.add(new Bind(halves.outer(), Loop.Binding.BLOCK_X));
        builder.add(new Bind(halves.inner(), Loop.Binding.THREAD_X));
    }

    /** The innermost loops of the window, as many as make a text that a processor's cache of instructions holds. */
    private static void unroll(ScheduleBuilder builder, Stage stage, List<String> points) {
        List<Axis> axes = stage.reduction().orElseThrow().axes();
        long size = 1;
        for (int i = points.size() - 1; i >= 0; i--) {
            size *= Stages.extent(axes.get(i));
            if (size > LARGEST_WINDOW) {
                return;
            }
            builder.add(new Unroll(points.get(i)));
        }
    }
}
