package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.CacheRead;
import dev.woodpecker.compiler.schedule.ComputeAt;
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
 * Few results of long reductions down the columns of a matrix, as a vector or a few by a matrix: each element of the matrix
 * is read once, 16 bytes at a time, and what a block's threads have of a result is added in order in shared memory.
 *
 * <pre>
 * for columns block.x:
 *   for part, lane thread.x: for k / parts:
 *     for row: for c in 0..8 vector:
 *       partial[part, row, lane * 8 + c] += x[row, k * parts + part] * w[k * parts + part, lane * 8 + c]
 *   for row, column thread.x: for part: y[row, column] += partial[part, row, column]
 * </pre>
 */
final class CudaColumnRule {
    private static final int WIDEST_BYTES = 16;

    /** What lanes beside each other read of a row at least: two sectors of the cache. */
    private static final long ROW_BYTES = 64;

    /** With 16 bytes for each of them, and the next on their way, memory is busy. */
    private static final long MOST_THREADS = 512;

    private static final long FEWEST_PARTS = 8;

    /** More are a tile of a product. */
    private static final long MOST_ROWS = 8;

    /** Of which the parts are in shared memory at a time, at least. */
    private static final long BLOCKS_TOGETHER = 2;

    /** Points of a thread's part at least: as many loads can be on their way. */
    private static final long SHORTEST_PART = 8;

    /** Bytes that a multiprocessor gets in a cycle at most, while others have nothing to read. */
    private static final double BYTES_ALONE = 32;

    private final ScheduleBuilder builder;
    private final Stage stage;
    private final Expr.Read matrix;
    private final Axis along;
    private final long width;

    /** Axes of the result that read the same of the matrix, where they are few. */
    private final List<Axis> rows;

    private CudaColumnRule(ScheduleBuilder builder, Stage stage, Expr.Read matrix) {
        this.builder = builder;
        this.stage = stage;
        this.matrix = matrix;
        this.along = stage.axes().getLast();
        this.width = WIDEST_BYTES / matrix.type().bytes();
        List<Axis> sharing = stage.axes().stream()
                .filter(a -> !Decompose.variables(matrix.indices()).contains(a.name()))
                .toList();
        boolean few = extent(sharing) > 1
                && extent(sharing) <= MOST_ROWS
                && Stages.reads(stage, matrix.tensor()).size() == 1;
        this.rows = few ? sharing : List.of();
    }

    private static long extent(List<Axis> axes) {
        return axes.stream().mapToLong(Stages::extent).reduce(1, Math::multiplyExact);
    }

    /** Columns of a block, in how many parts each: so many that there is a block for each multiprocessor, or else few. */
    private record Share(long columns, long parts) {}

    /** Schedules a stage whose results are few, if it is one of these; false, and nothing done, if not. */
    static boolean schedule(ScheduleBuilder builder, Stage stage, Target target) {
        Optional<Expr.Read> matrix = matrix(builder, stage);
        if (matrix.isEmpty()) {
            return false;
        }
        CudaColumnRule rule = new CudaColumnRule(builder, stage, matrix.get());
        Optional<Share> share = rule.share(target);
        if (share.isEmpty() || Stages.extent(rule.along) % rule.width != 0) {
            return false;
        }
        boolean pays = rule.pays(share.get(), target.units());
        if (builder.choose(stage.name() + ".columns", List.of(0L, 1L), pays ? 1 : 0) == 0) {
            return false;
        }
        rule.schedule(share.get());
        return true;
    }

    /** What neighbouring results read neighbours of; nothing else may lie otherwise, or be read beyond its end. */
    private static Optional<Expr.Read> matrix(ScheduleBuilder builder, Stage stage) {
        Axis last = stage.axes().getLast();
        List<Expr.Read> reads = new ArrayList<>();
        Stages.mapReads(stage, read -> {
            reads.add(read);
            return read;
        });
        boolean plain = reads.stream().allMatch(r -> r.outside().isEmpty() && isAlong(builder, r, last));
        return plain
                ? reads.stream()
                        .filter(r -> Decompose.variables(r.indices()).contains(last.name()))
                        .filter(r -> stage.reduction().orElseThrow().axes().stream()
                                .allMatch(a -> Decompose.variables(r.indices()).contains(a.name())))
                        .findFirst()
                : Optional.empty();
    }

    private static boolean isAlong(ScheduleBuilder builder, Expr.Read read, Axis axis) {
        if (!Decompose.variables(read.indices()).contains(axis.name())) {
            return true;
        }
        int last = read.indices().size() - 1;
        return builder.buffer(read.tensor()).layout().isRowMajor()
                && Strides.of(read.indices().get(last), axis.variable()).equals(OptionalLong.of(1))
                && !Decompose.variables(read.indices().subList(0, last)).contains(axis.name());
    }

    private Axis reduced() {
        return stage.reduction().orElseThrow().axes().getFirst();
    }

    private long blocks(long columns) {
        long all = extent(stage.axes()) / extent(rows);
        return all / Stages.extent(along) * Math.ceilDiv(Stages.extent(along), columns);
    }

    private Optional<Share> share(Target target) {
        long fewest = width * ROW_BYTES / WIDEST_BYTES;
        long columns = LongStream.of(fewest * 8, fewest * 4, fewest * 2)
                .filter(n -> blocks(n) >= target.units() && n * extent(rows) <= MOST_THREADS)
                .findFirst()
                .orElse(fewest);
        long points = Stages.extent(reduced());
        long partBytes =
                columns * extent(rows) * stage.reduction().orElseThrow().type().bytes();
        return LongStream.iterate(MOST_THREADS * width / columns, n -> n >= FEWEST_PARTS, n -> n / 2)
                .filter(n -> points % n == 0 && points / n >= SHORTEST_PART)
                .filter(n -> n * partBytes * BLOCKS_TOGETHER <= target.fastBytes())
                .mapToObj(n -> new Share(columns, n))
                .findFirst();
    }

    /** Whether few blocks take no longer than a second pass over parts that more blocks would have. */
    private boolean pays(Share share, long units) {
        double bytes = (double) matrix.type().bytes()
                * Stages.extent(along)
                * extent(stage.reduction().orElseThrow().axes());
        double together = bytes / (CudaTiles.BYTES * units);
        double alone = bytes / (BYTES_ALONE * blocks(share.columns));
        return alone <= together + CudaTiles.LAUNCH;
    }

    private void schedule(Share share) {
        String name = stage.name();
        List<String> before = names();
        builder.add(
                new SplitReduction(name, reduced().name(), Factor.of(share.parts), SplitReduction.Stretch.INTERLEAVED));
        String partial =
                names().stream().filter(s -> !before.contains(s)).findFirst().orElseThrow();
        int rank = stage.axes().size() + 1;
        List<LayoutMap.Dimension> partFirst = new ArrayList<>(List.of(LayoutMap.Dimension.whole(rank - 1)));
        for (int axis = 0; axis < rank - 1; axis++) {
            partFirst.add(LayoutMap.Dimension.whole(axis));
        }
        List<String> shared = loopsOf(rows, builder.axisLoops(name));
        List<String> loops = new ArrayList<>(builder.axisLoops(name));
        loops.removeAll(shared);
        var column = builder.split(loops.removeLast(), share.columns, Tail.GUARD);
        loops.add(column.outer());
        List<String> results = ScheduleBuilder.joined(shared, List.of(column.inner()));
        builder.order(ScheduleBuilder.joined(loops, results));
        String block = builder.fuse(loops);
        builder.add(new Bind(block, Loop.Binding.BLOCK_X));
        builder.add(new Bind(builder.fuse(results), Loop.Binding.THREAD_X));
        builder.add(new ComputeAt(partial, block, Scope.SHARED));
        builder.add(new Layout(partial, new LayoutMap(rank, partFirst)));
        add(partial);
    }

    /** What a thread adds up. */
    private void add(String partial) {
        List<String> all = builder.axisLoops(partial);
        List<String> shared = loopsOf(rows, all);
        List<String> own = new ArrayList<>(all);
        own.removeAll(shared);
        String part = own.removeLast();
        var lanes = builder.split(own.removeLast(), width, Tail.EXACT);
        List<String> threads = ScheduleBuilder.joined(List.of(part), own, List.of(lanes.outer()));
        List<String> reduction = builder.reductionLoops(partial);
        builder.order(ScheduleBuilder.joined(threads, reduction, shared, List.of(lanes.inner())));
        builder.add(new Bind(builder.fuse(threads), Loop.Binding.THREAD_X));
        builder.add(new Vectorize(lanes.inner()));
        shared.forEach(row -> builder.add(new Unroll(row)));
        if (shared.isEmpty()) {
            return;
        }
        List<String> before = names();
        builder.add(new CacheRead(matrix.tensor(), partial, Optional.of(reduction.getLast()), Scope.REGISTER));
        String copy =
                names().stream().filter(s -> !before.contains(s)).findFirst().orElseThrow();
        builder.add(new Vectorize(builder.axisLoops(copy).getLast()));
    }

    /** Of the stage's loops, one for each axis, those of some axes. */
    private List<String> loopsOf(List<Axis> axes, List<String> loops) {
        return axes.stream().map(a -> loops.get(stage.axes().indexOf(a))).toList();
    }

    private List<String> names() {
        return builder.nest().program().stages().stream().map(Stage::name).toList();
    }
}
