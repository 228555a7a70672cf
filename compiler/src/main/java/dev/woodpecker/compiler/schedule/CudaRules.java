package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * SIMT schedules. A contraction takes tiles of 64 x 64 results a block, 4 x 4 a thread, staged through shared memory 16
 * points of the reduction at a time, where nothing else is chosen; every other stage has a thread for each result.
 */
final class CudaRules {
    private static final long BLOCK_THREADS = 256;
    private static final long THREADS = 16;
    private static final long TILE = 4;
    private static final long DEPTH = 16;

    private static final long MOST_THREADS = 1024;

    /** Fewer would not hide the latency of a multiprocessor's arithmetic. */
    private static final long FEWEST_THREADS = 64;

    /** Results of a thread, beyond which its registers spill. */
    private static final long MOST_RESULTS = 64;

    /** Shorter parts of a reduction are not worth a second pass over the results. */
    private static final long SHORTEST_PART = 64;

    /** Larger copies would leave room for too few blocks on a multiprocessor. */
    private static final long STAGED_BYTES = 16 << 10;

    private final ScheduleBuilder builder;
    private final String name;

    private CudaRules(ScheduleBuilder builder, String name) {
        this.builder = builder;
        this.name = name;
    }

    static void schedule(ScheduleBuilder builder, String name) {
        new CudaRules(builder, name).schedule();
    }

    private void schedule() {
        Stage stage = builder.stage(name);
        Optional<Contraction> contraction = Contraction.of(stage);
        boolean tiled = contraction.isPresent()
                && !contraction.get().rows().isEmpty()
                && contraction.get().groupSize()
                        == Contraction.extent(contraction.get().column())
                && contraction.get().groupSize() >= THREADS;
        if (!tiled) {
            oneThreadEach(stage);
            return;
        }
        Optional<String> partial = splitReduction(contraction.get());
        if (partial.isPresent()) {
            String part = partial.get();
            new CudaRules(builder, part)
                    .contraction(Contraction.of(builder.stage(part)).orElseThrow());
            oneThreadEach(builder.stage(name));
        } else {
            contraction(contraction.get());
        }
    }

    /** Shares the reduction out to several blocks, too, whose partial sums are added in a fixed order: few results, long sums. */
    private Optional<String> splitReduction(Contraction c) {
        Axis axis = c.stage().reduction().orElseThrow().axes().getFirst();
        long extent = Contraction.extent(axis);
        List<Long> parts = LongStream.of(1, 2, 4, 8, 16, 32)
                .filter(n -> n == 1 || extent % n == 0 && extent / n >= SHORTEST_PART)
                .boxed()
                .toList();
        long count = builder.nest().numerics().mayReassociate() ? choose("split", parts, 1) : 1;
        if (count == 1) {
            return Optional.empty();
        }
        List<String> before = stages();
        builder.add(new SplitReduction(name, axis.name(), Factor.of(count), SplitReduction.Stretch.BLOCKED));
        return stages().stream().filter(s -> !before.contains(s)).findFirst();
    }

    private List<String> stages() {
        return builder.nest().program().stages().stream().map(Stage::name).toList();
    }

    private long choose(String what, List<Long> domain, long preferred) {
        return builder.choose(name + "." + what, domain, preferred);
    }

    private void oneThreadEach(Stage stage) {
        List<String> loops = builder.axisLoops(stage.name());
        if (loops.isEmpty()) {
            return;
        }
        long threads = choose("threads", List.of(64L, 128L, 256L, 512L), BLOCK_THREADS);
        ScheduleBuilder.Halves halves = builder.split(builder.fuse(loops), threads, Tail.GUARD);
        builder.add(new Bind(halves.outer(), Loop.Binding.BLOCK_X));
        builder.add(new Bind(halves.inner(), Loop.Binding.THREAD_X));
    }

    /**
     * Threads of a block along columns and rows, and the results of each.
     *
     * @param depth points of the reduction that are staged at a time
     */
    private record Block(long columnThreads, long rowThreads, long columns, long rows, long depth) {}

    private Block chooseBlock() {
        long columnThreads = choose("threads.columns", List.of(8L, 16L, 32L), THREADS);
        List<Long> rowDomain = LongStream.of(4, 8, 16, 32)
                .filter(n -> n * columnThreads >= FEWEST_THREADS && n * columnThreads <= MOST_THREADS)
                .boxed()
                .toList();
        long rowThreads =
                choose("threads.rows", rowDomain, rowDomain.contains(THREADS) ? THREADS : rowDomain.getLast());
        long columns = choose("tile.columns", List.of(1L, 2L, 4L, 8L), TILE);
        List<Long> rowsOfThread = LongStream.of(1, 2, 4, 8)
                .filter(n -> n * columns <= MOST_RESULTS)
                .boxed()
                .toList();
        long rows = choose("tile.rows", rowsOfThread, TILE);
        long depth = choose("depth", List.of(8L, 16L, 32L), DEPTH);
        return new Block(columnThreads, rowThreads, columns, rows, depth);
    }

    private void contraction(Contraction c) {
        Block block = chooseBlock();
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
        ScheduleBuilder.Halves columns = builder.split(column, block.columnThreads * block.columns, Tail.GUARD);
        ScheduleBuilder.Halves columnThreads = builder.split(columns.inner(), block.columnThreads, Tail.GUARD);
        ScheduleBuilder.Halves rowBlocks = builder.split(row, block.rowThreads * block.rows, Tail.GUARD);
        ScheduleBuilder.Halves rowThreads = builder.split(rowBlocks.inner(), block.rowThreads, Tail.GUARD);
        ScheduleBuilder.Halves depth = builder.split(reductions.getFirst(), block.depth, Tail.GUARD);
        List<String> order = new ArrayList<>(batch);
        order.addAll(List.of(columns.outer(), rowBlocks.outer()));
        boolean columnsContiguous = innermostAxis(stage).equals(Optional.of(c.column()));
        String threadX = columnsContiguous ? columnThreads.inner() : rowThreads.inner();
        String threadY = columnsContiguous ? rowThreads.inner() : columnThreads.inner();
        order.addAll(List.of(threadY, threadX, depth.outer(), depth.inner()));
        order.addAll(reductions.subList(1, reductions.size()));
        order.addAll(List.of(columnThreads.outer(), rowThreads.outer()));
        if (!builder.nest().numerics().mayReassociate() || isReorderable(order)) {
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
        long threadsX = columnsContiguous ? block.columnThreads : block.rowThreads;
        long threadsY = columnsContiguous ? block.rowThreads : block.columnThreads;
        stage(c.weights().tensor(), "stage.weights", depth.outer(), threadsX, threadsY);
        if (!c.data().tensor().equals(c.weights().tensor())) {
            stage(c.data().tensor(), "stage.data", depth.outer(), threadsX, threadsY);
        }
    }

    private boolean isReorderable(List<String> order) {
        return new Reorder(order).apply(builder.nest(), Map.of()) instanceof Outcome.Applied;
    }

    private Optional<Axis> innermostAxis(Stage stage) {
        LayoutMap layout = builder.buffer(stage.name()).layout();
        return layout.dimensions().isEmpty()
                ? Optional.empty()
                : Optional.of(stage.axes().get(layout.dimensions().getLast().axis()));
    }

    /** Copies what a block reads of a tensor to shared memory, all threads taking part, where it is small enough. */
    private void stage(String tensor, String choice, String loop, long threadsX, long threadsY) {
        Step cache = new CacheRead(tensor, name, Optional.of(loop), Scope.SHARED);
        if (!(cache.apply(builder.nest(), Map.of()) instanceof Outcome.Applied(LoopNest cached))) {
            return;
        }
        String copy = cached.buffers().keySet().stream()
                .filter(b -> !builder.nest().buffers().containsKey(b))
                .findFirst()
                .orElseThrow();
        Stmt.Compute leaf = LoopNest.computes(cached.tree(), copy).getFirst();
        long elements = 1;
        List<Loop> around = LoopNest.path(cached.tree(), leaf).orElseThrow();
        for (Loop l : around.subList(around.size() - leaf.at().size(), around.size())) {
            elements *= IndexMath.constant(l.extent()).orElse(STAGED_BYTES);
        }
        Buffer buffer = builder.buffer(tensor);
        if (elements * buffer.type().bytes() > STAGED_BYTES || choose(choice, List.of(0L, 1L), 1) == 0) {
            return;
        }
        builder.add(cache);
        List<String> loops = builder.axisLoops(copy);
        ScheduleBuilder.Halves x = builder.split(builder.fuse(loops), threadsX, Tail.GUARD);
        ScheduleBuilder.Halves y = builder.split(x.outer(), threadsY, Tail.GUARD);
        builder.add(new Bind(y.inner(), Loop.Binding.THREAD_Y));
        builder.add(new Bind(x.inner(), Loop.Binding.THREAD_X));
    }
}
