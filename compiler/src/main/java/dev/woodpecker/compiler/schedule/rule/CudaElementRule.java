package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.CacheRead;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.SplitReduction;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * A thread for each result, or for a few that are neighbours in memory and so are what they are made of. What lies along
 * another axis than the result is turned over in shared memory; few results of long reductions are shared out to more
 * threads, whose parts are added in order.
 */
final class CudaElementRule {
    static final long BLOCK_THREADS = 256;
    private static final int WIDEST_BYTES = 16;

    /** Threads of a multiprocessor that hide the latency of memory. */
    static final long BUSY_THREADS = 1024;

    /** Shorter parts of a reduction are not worth a second pass over the results. */
    private static final long SHORTEST_PART = 32;

    /** A tile that is turned over: a warp reads and writes rows of it. */
    private static final long TILE = 32;

    private static final long TILE_ROWS = 8;

    private final ScheduleBuilder builder;
    private final Stage stage;
    private final Target target;

    private CudaElementRule(ScheduleBuilder builder, String stage, Target target) {
        this.builder = builder;
        this.stage = builder.stage(stage);
        this.target = target;
    }

    static void schedule(ScheduleBuilder builder, String name, Target target) {
        CudaElementRule rule = new CudaElementRule(builder, name, target);
        if (builder.axisLoops(name).isEmpty()) {
            return;
        }
        if (rule.hasFewResults() && CudaColumnRule.schedule(builder, rule.stage, target)) {
            return;
        }
        Optional<String> partial = rule.splitReduction();
        if (partial.isPresent()) {
            new CudaElementRule(builder, partial.get(), target).shareOut();
            new CudaElementRule(builder, name, target).shareOut();
            return;
        }
        Optional<Expr.Read> turned = rule.turned();
        Optional<CudaWindowRule.Several> several = CudaWindowRule.several(builder, rule.stage, target);
        if (turned.isPresent()) {
            rule.turnOver(turned.get());
        } else if (several.isPresent()) {
            CudaWindowRule.schedule(builder, rule.stage, several.get());
        } else {
            rule.shareOut();
        }
    }

    private long results() {
        return stage.axes().stream().mapToLong(Stages::extent).reduce(1, Math::multiplyExact);
    }

    private boolean isConstant() {
        return stage.axes().stream().allMatch(a -> Stages.extent(a) > 0);
    }

    /** Of a reduction, whose parts other threads may have. */
    private boolean hasFewResults() {
        return isConstant()
                && stage.reduction().isPresent()
                && !stage.reduction().orElseThrow().axes().isEmpty()
                && builder.isAlone(stage.name())
                && builder.nest().numerics().mayReassociate()
                && results() * 2 <= target.units() * BUSY_THREADS;
    }

    private Optional<String> splitReduction() {
        if (!hasFewResults()) {
            return Optional.empty();
        }
        Axis axis = stage.reduction().orElseThrow().axes().getFirst();
        long extent = Stages.extent(axis);
        List<Long> parts = LongStream.of(1, 2, 4, 8, 16, 32, 64)
                .filter(n -> n == 1 || extent % n == 0 && extent / n >= SHORTEST_PART)
                .boxed()
                .toList();
        long preferred = parts.reversed().stream()
                .filter(n -> n == 1 || results() * n <= target.units() * BUSY_THREADS)
                .findFirst()
                .orElse(1L);
        long count = builder.choose(stage.name() + ".split", parts, preferred);
        if (count == 1) {
            return Optional.empty();
        }
        List<String> before = names();
        builder.add(new SplitReduction(stage.name(), axis.name(), Factor.of(count), SplitReduction.Stretch.BLOCKED));
        return names().stream().filter(s -> !before.contains(s)).findFirst();
    }

    private List<String> names() {
        return builder.nest().program().stages().stream().map(Stage::name).toList();
    }

    private void shareOut() {
        String name = stage.name();
        long threads = builder.choose(name + ".threads", List.of(64L, 128L, 256L, 512L), BLOCK_THREADS);
        long width = width();
        String loop = builder.fuse(builder.axisLoops(name));
        if (width == 1) {
            ScheduleBuilder.Halves halves = builder.split(loop, threads, Tail.GUARD);
            builder.add(new Bind(halves.outer(), Loop.Binding.BLOCK_X));
            builder.add(new Bind(halves.inner(), Loop.Binding.THREAD_X));
            return;
        }
        ScheduleBuilder.Halves block = builder.split(loop, threads * width, Tail.GUARD);
        ScheduleBuilder.Halves lanes = builder.split(block.inner(), width, Tail.EXACT);
        builder.add(new Bind(block.outer(), Loop.Binding.BLOCK_X));
        builder.add(new Bind(lanes.outer(), Loop.Binding.THREAD_X));
        builder.add(new Vectorize(lanes.inner()));
    }

    /** How many neighbours a thread takes: 16 bytes of them, where everything lies along memory as the result does. */
    private long width() {
        if (!isConstant() || stage.reduction().isPresent() || !isRowMajor(stage.name())) {
            return 1;
        }
        Axis last = stage.axes().getLast();
        List<Expr.Read> reads = reads();
        boolean along =
                reads.stream().allMatch(r -> isAlong(r, last)) && reads.stream().anyMatch(r -> mentions(r, last));
        long width = WIDEST_BYTES / stage.type().bytes();
        while (width > 1
                && (!along || Stages.extent(last) % width != 0 || results() < target.units() * BUSY_THREADS * width)) {
            width /= 2;
        }
        return width;
    }

    private List<Expr.Read> reads() {
        List<Expr.Read> reads = new ArrayList<>();
        Stages.mapReads(stage, read -> {
            reads.add(read);
            return read;
        });
        return reads;
    }

    private boolean isRowMajor(String tensor) {
        return builder.buffer(tensor).layout().isRowMajor();
    }

    private static boolean mentions(Expr.Read read, Axis axis) {
        return Decompose.variables(read.indices()).contains(axis.name());
    }

    /** Whether neighbours along the axis read neighbours, or all the same element. */
    private boolean isAlong(Expr.Read read, Axis axis) {
        if (!mentions(read, axis)) {
            return true;
        }
        int last = read.indices().size() - 1;
        return isRowMajor(read.tensor())
                && Strides.of(read.indices().get(last), axis.variable()).equals(OptionalLong.of(1))
                && !Decompose.variables(read.indices().subList(0, last)).contains(axis.name());
    }

    /** The read, the only one that matters, which lies along another axis than the result. */
    private Optional<Expr.Read> turned() {
        if (!isConstant()
                || stage.reduction().isPresent()
                || stage.axes().size() < 2
                || !isRowMajor(stage.name())
                || !builder.isAlone(stage.name())) {
            return Optional.empty();
        }
        List<Expr.Read> across = reads().stream()
                .filter(r -> r.indices().size() >= 2 && !isAlong(r, stage.axes().getLast()))
                .toList();
        boolean one = across.size() == 1
                && reads().stream()
                        .noneMatch(r -> !r.equals(across.getFirst())
                                && r.tensor().equals(across.getFirst().tensor()));
        return one && along(across.getFirst()).isPresent() ? Optional.of(across.getFirst()) : Optional.empty();
    }

    /** The axis of the result along which the read lies in memory, where tiles of it and of the last axis are worth it. */
    private Optional<Axis> along(Expr.Read read) {
        if (!isRowMajor(read.tensor()) || read.outside().isPresent()) {
            return Optional.empty();
        }
        Axis last = stage.axes().getLast();
        boolean plain = read.indices().stream().allMatch(i -> i instanceof Expr.Var || i instanceof Expr.IntConst);
        return stage.axes().stream()
                .filter(a -> plain
                        && !a.equals(last)
                        && read.indices().getLast().equals(a.variable())
                        && read.indices().contains(last.variable())
                        && Stages.extent(a) >= TILE_ROWS
                        && Stages.extent(last) >= TILE_ROWS)
                .findFirst();
    }

    /**
     * <pre>
     * for tiles block.x:
     *   for b in 0..32 by 8 thread.y: for a in 0..32 thread.x: x.cache[b, a] = x[b, a]
     *   for a in 0..32 by 8 thread.y: for b in 0..32 thread.x: y[a, b] = x.cache[b, a]
     * </pre>
     */
    private void turnOver(Expr.Read read) {
        String name = stage.name();
        Axis across = along(read).orElseThrow();
        List<String> loops = new ArrayList<>(builder.axisLoops(name));
        String column = loops.removeLast();
        String row = loops.remove(stage.axes().indexOf(across));
        List<String> order = new ArrayList<>(loops);
        order.addAll(List.of(row, column));
        builder.order(order);
        ScheduleBuilder.Halves rows = builder.split(row, TILE, Tail.PAD);
        ScheduleBuilder.Halves columns = builder.split(column, TILE, Tail.PAD);
        ScheduleBuilder.Halves rowThreads = builder.split(rows.inner(), TILE_ROWS, Tail.EXACT);
        List<String> blocks = new ArrayList<>(loops);
        blocks.addAll(List.of(rows.outer(), columns.outer()));
        List<String> all = new ArrayList<>(blocks);
        all.addAll(List.of(rowThreads.outer(), rowThreads.inner(), columns.inner()));
        builder.order(all);
        String block = builder.fuse(blocks);
        builder.add(new Bind(block, Loop.Binding.BLOCK_X));
        builder.add(new Unroll(rowThreads.outer()));
        builder.add(new Bind(rowThreads.inner(), Loop.Binding.THREAD_Y));
        builder.add(new Bind(columns.inner(), Loop.Binding.THREAD_X));
        List<String> before = names();
        builder.add(new CacheRead(read.tensor(), name, Optional.of(block), Scope.SHARED));
        String copy =
                names().stream().filter(s -> !before.contains(s)).findFirst().orElseThrow();
        // One more element a row, and the lanes of a warp that read a column are in different banks.
        builder.add(new Layout(copy, LayoutMap.rowMajor(read.indices().size()).padded(1)));
        List<String> copied = builder.axisLoops(copy);
        String along = copied.getLast();
        String other = copied.get(read.indices().indexOf(stage.axes().getLast().variable()));
        ScheduleBuilder.Halves others = builder.split(other, TILE_ROWS, Tail.EXACT);
        builder.add(new Unroll(others.outer()));
        builder.add(new Bind(others.inner(), Loop.Binding.THREAD_Y));
        builder.add(new Bind(along, Loop.Binding.THREAD_X));
    }
}
