package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * SIMT schedules. A contraction takes tiles of 64 x 64 results a block, 4 x 4 a thread, staged through shared memory 16
 * points of the reduction at a time; every other stage has a thread for each result.
 */
final class CudaRules {
    private static final long BLOCK_THREADS = 256;
    private static final long TILE = 64;
    private static final long THREADS = 16;
    private static final long DEPTH = 16;

    /** Larger copies would leave room for too few blocks on a multiprocessor. */
    private static final long STAGED_BYTES = 16 << 10;

    private CudaRules() {}

    static void schedule(ScheduleBuilder builder, String name, Target target) {
        Stage stage = builder.stage(name);
        Optional<Contraction> contraction = Contraction.of(stage);
        boolean tiled = contraction.isPresent()
                && !contraction.get().rows().isEmpty()
                && contraction.get().groupSize()
                        == Contraction.extent(contraction.get().column())
                && contraction.get().groupSize() >= THREADS;
        if (tiled) {
            contraction(builder, contraction.get());
        } else {
            oneThreadEach(builder, stage);
        }
    }

    private static void oneThreadEach(ScheduleBuilder builder, Stage stage) {
        List<String> loops = builder.axisLoops(stage.name());
        if (loops.isEmpty()) {
            return;
        }
        ScheduleBuilder.Halves halves = builder.split(builder.fuse(loops), BLOCK_THREADS, Tail.GUARD);
        builder.add(new Bind(halves.outer(), Loop.Binding.BLOCK_X));
        builder.add(new Bind(halves.inner(), Loop.Binding.THREAD_X));
    }

    private static void contraction(ScheduleBuilder builder, Contraction c) {
        Stage stage = c.stage();
        List<String> axes = builder.axisLoops(stage.name());
        List<String> reductions = builder.reductionLoops(stage.name());
        String column = axes.get(stage.axes().indexOf(c.column()));
        List<String> rows =
                c.rows().stream().map(a -> axes.get(stage.axes().indexOf(a))).toList();
        List<String> batch = axes.stream()
                .filter(l -> !l.equals(column) && !rows.contains(l))
                .toList();
        List<String> start = new ArrayList<>(batch);
        start.add(column);
        start.addAll(rows);
        start.addAll(reductions);
        builder.order(start);
        String row = builder.fuse(rows);
        ScheduleBuilder.Halves columns = builder.split(column, TILE, Tail.GUARD);
        ScheduleBuilder.Halves columnThreads = builder.split(columns.inner(), THREADS, Tail.GUARD);
        ScheduleBuilder.Halves rowBlocks = builder.split(row, TILE, Tail.GUARD);
        ScheduleBuilder.Halves rowThreads = builder.split(rowBlocks.inner(), THREADS, Tail.GUARD);
        ScheduleBuilder.Halves depth = builder.split(reductions.getFirst(), DEPTH, Tail.GUARD);
        List<String> order = new ArrayList<>(batch);
        order.addAll(List.of(columns.outer(), rowBlocks.outer()));
        boolean columnsContiguous = innermostAxis(builder, stage).equals(Optional.of(c.column()));
        String threadX = columnsContiguous ? columnThreads.inner() : rowThreads.inner();
        String threadY = columnsContiguous ? rowThreads.inner() : columnThreads.inner();
        order.addAll(List.of(threadY, threadX, depth.outer(), depth.inner()));
        order.addAll(reductions.subList(1, reductions.size()));
        order.addAll(List.of(columnThreads.outer(), rowThreads.outer()));
        if (!builder.nest().numerics().mayReassociate() || isReorderable(builder, order)) {
            builder.order(order);
        }
        if (!batch.isEmpty()) {
            builder.add(new Bind(builder.fuse(batch), Loop.Binding.BLOCK_Z));
        }
        builder.add(new Bind(columns.outer(), Loop.Binding.BLOCK_Y));
        builder.add(new Bind(rowBlocks.outer(), Loop.Binding.BLOCK_X));
        builder.add(new Bind(threadY, Loop.Binding.THREAD_Y));
        builder.add(new Bind(threadX, Loop.Binding.THREAD_X));
        builder.add(new Unroll(columnThreads.outer()));
        builder.add(new Unroll(rowThreads.outer()));
        stage(builder, c.weights().tensor(), stage.name(), depth.outer());
        if (!c.data().tensor().equals(c.weights().tensor())) {
            stage(builder, c.data().tensor(), stage.name(), depth.outer());
        }
    }

    private static boolean isReorderable(ScheduleBuilder builder, List<String> order) {
        return new Reorder(order).apply(builder.nest(), Map.of()) instanceof Outcome.Applied;
    }

    private static Optional<Axis> innermostAxis(ScheduleBuilder builder, Stage stage) {
        LayoutMap layout = builder.buffer(stage.name()).layout();
        return layout.dimensions().isEmpty()
                ? Optional.empty()
                : Optional.of(stage.axes().get(layout.dimensions().getLast().axis()));
    }

    /** Copies what a block reads of a tensor to shared memory, all threads taking part, where it is small enough. */
    private static void stage(ScheduleBuilder builder, String tensor, String stage, String loop) {
        Step cache = new CacheRead(tensor, stage, Optional.of(loop), Scope.SHARED);
        if (!(cache.apply(builder.nest(), Map.of()) instanceof Outcome.Applied(LoopNest cached))) {
            return;
        }
        String name = cached.buffers().keySet().stream()
                .filter(b -> !builder.nest().buffers().containsKey(b))
                .findFirst()
                .orElseThrow();
        Stmt.Compute leaf = LoopNest.computes(cached.tree(), name).getFirst();
        long elements = 1;
        List<Loop> around = LoopNest.path(cached.tree(), leaf).orElseThrow();
        for (Loop l : around.subList(around.size() - leaf.at().size(), around.size())) {
            elements *= IndexMath.constant(l.extent()).orElse(STAGED_BYTES);
        }
        Buffer buffer = builder.buffer(tensor);
        if (elements * buffer.type().bytes() > STAGED_BYTES) {
            return;
        }
        builder.add(cache);
        List<String> loops = builder.axisLoops(name);
        ScheduleBuilder.Halves x = builder.split(builder.fuse(loops), THREADS, Tail.GUARD);
        ScheduleBuilder.Halves y = builder.split(x.outer(), THREADS, Tail.GUARD);
        builder.add(new Bind(y.inner(), Loop.Binding.THREAD_Y));
        builder.add(new Bind(x.inner(), Loop.Binding.THREAD_X));
    }
}
