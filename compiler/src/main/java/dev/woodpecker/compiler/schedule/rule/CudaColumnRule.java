package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.ComputeAt;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.SplitReduction;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Few results of long reductions down the columns of a matrix, as a vector by a matrix: each element of the matrix is read
 * once, 16 bytes at a time, and what a block's threads have of a result is added in order in shared memory.
 *
 * <pre>
 * for columns block.x:
 *   for part, lane thread.x: for k / parts: for c in 0..8 vector:
 *     partial[part, lane * 8 + c] += x[k * parts + part] * w[k * parts + part, lane * 8 + c]
 *   for column thread.x: for part: y[column] += partial[part, column]
 * </pre>
 */
final class CudaColumnRule {
    private static final int WIDEST_BYTES = 16;

    /** What lanes beside each other read of a row at least: two sectors of the cache. */
    private static final long ROW_BYTES = 64;

    /** With 16 bytes for each of them, and the next on their way, memory is busy. */
    private static final long MOST_THREADS = 512;

    private static final long FEWEST_PARTS = 8;

    /** Points of a thread's part at least: as many loads can be on their way. */
    private static final long SHORTEST_PART = 8;

    /** Bytes that a multiprocessor gets in a cycle at most, while others have nothing to read. */
    private static final double BYTES_ALONE = 32;

    private final ScheduleBuilder builder;
    private final Stage stage;
    private final Axis along;
    private final long width;

    private CudaColumnRule(ScheduleBuilder builder, Stage stage, Axis along, long width) {
        this.builder = builder;
        this.stage = stage;
        this.along = along;
        this.width = width;
    }

    /** Columns of a block, in how many parts each: so many that there is a block for each multiprocessor, or else few. */
    private record Share(long columns, long parts) {}

    /** Schedules a stage whose results are few, if it is one of these; false, and nothing done, if not. */
    static boolean schedule(ScheduleBuilder builder, Stage stage, Target target) {
        Optional<Expr.Read> matrix = matrix(builder, stage);
        if (matrix.isEmpty()) {
            return false;
        }
        Axis last = stage.axes().getLast();
        long width = WIDEST_BYTES / matrix.get().type().bytes();
        if (Stages.extent(last) % width != 0) {
            return false;
        }
        CudaColumnRule rule = new CudaColumnRule(builder, stage, last, width);
        Optional<Share> share = rule.share(target.units());
        if (share.isEmpty()) {
            return false;
        }
        boolean pays = rule.pays(share.get(), matrix.get(), target.units());
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

    private long results() {
        return stage.axes().stream().mapToLong(Stages::extent).reduce(1, Math::multiplyExact);
    }

    private long blocks(long columns) {
        return results() / Stages.extent(along) * Math.ceilDiv(Stages.extent(along), columns);
    }

    private Optional<Share> share(long units) {
        long fewest = width * ROW_BYTES / WIDEST_BYTES;
        long columns = LongStream.of(fewest * 8, fewest * 4, fewest * 2)
                .filter(n -> blocks(n) >= units)
                .findFirst()
                .orElse(fewest);
        long points = Stages.extent(reduced());
        return LongStream.iterate(MOST_THREADS * width / columns, n -> n >= FEWEST_PARTS, n -> n / 2)
                .filter(n -> points % n == 0 && points / n >= SHORTEST_PART)
                .mapToObj(n -> new Share(columns, n))
                .findFirst();
    }

    /** Whether few blocks take no longer than a second pass over parts that more blocks would have. */
    private boolean pays(Share share, Expr.Read matrix, long units) {
        double bytes = (double) matrix.type().bytes()
                * Stages.extent(along)
                * stage.reduction().orElseThrow().axes().stream()
                        .mapToLong(Stages::extent)
                        .reduce(1, Math::multiplyExact);
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
        List<String> loops = new ArrayList<>(builder.axisLoops(name));
        var column = builder.split(loops.removeLast(), share.columns, Tail.GUARD);
        loops.add(column.outer());
        String block = builder.fuse(loops);
        builder.add(new Bind(block, Loop.Binding.BLOCK_X));
        builder.add(new Bind(column.inner(), Loop.Binding.THREAD_X));
        builder.add(new ComputeAt(partial, block, Scope.SHARED));
        builder.add(new Layout(partial, new LayoutMap(rank, partFirst)));
        List<String> own = new ArrayList<>(builder.axisLoops(partial));
        String part = own.removeLast();
        var lanes = builder.split(own.removeLast(), width, Tail.EXACT);
        List<String> threads = ScheduleBuilder.joined(List.of(part), own, List.of(lanes.outer()));
        builder.order(ScheduleBuilder.joined(threads, builder.reductionLoops(partial), List.of(lanes.inner())));
        builder.add(new Bind(builder.fuse(threads), Loop.Binding.THREAD_X));
        builder.add(new Vectorize(lanes.inner()));
    }

    private List<String> names() {
        return builder.nest().program().stages().stream().map(Stage::name).toList();
    }
}
