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
import java.util.stream.LongStream;

/**
 * Matrix products and convolutions, as products of two matrices that are never whole, on the units that every thread has:
 * tiles of both matrices are copied to shared memory ahead of their use, a thread multiplies parts of them in registers.
 *
 * <pre>
 * for blocks of rows, of columns: for threads:
 *   for depth.o pipelined:
 *     copy [rows, 16] and [16, columns] to shared memory, 16 bytes at a time
 *     for depth.i: load 8 + 8 elements to registers; 8 x 8 results += products
 *   store results, four columns at a time
 * </pre>
 */
final class CudaContractionRule {
    /** Fewer rows or columns are no tile. */
    private static final long FEWEST = 8;

    /** Shorter parts of a reduction are not worth a second pass over the results. */
    private static final long SHORTEST_PART = 64;

    /** What lies beyond a part of a reduction is the next part, not zeros: parts are whole tiles, of any depth. */
    private static final long DEEPEST = 32;

    /** Threads of a warp lie 4 x 8 in a tile: their operands are 12 pieces of 16 bytes, the fewest there can be. */
    private static final long WARP_ROWS = 4;

    private static final long WARP_COLUMNS = 8;
    private static final int WIDEST = 4;

    private final ScheduleBuilder builder;
    private final Stage stage;
    private final Contraction contraction;
    private final Target target;

    private CudaContractionRule(ScheduleBuilder builder, Contraction contraction, Target target) {
        this.builder = builder;
        this.stage = contraction.stage();
        this.contraction = contraction;
        this.target = target;
    }

    /** Schedules the stage if it is a contraction that this rule serves. */
    static boolean schedule(ScheduleBuilder builder, String name, Target target) {
        Optional<Contraction> given = served(builder, name);
        if (given.isEmpty()) {
            return false;
        }
        ChannelsLast.schedule(builder, given.get(), target);
        Optional<Contraction> found = served(builder, name);
        Optional<String> partial = splitReduction(builder, found.orElseThrow(), target);
        if (partial.isPresent()) {
            Contraction part = served(builder, partial.get()).orElseThrow();
            multiply(builder, part, target);
            CudaElementRule.schedule(builder, name, target);
        } else {
            multiply(builder, found.orElseThrow(), target);
        }
        return true;
    }

    private static void multiply(ScheduleBuilder builder, Contraction c, Target target) {
        if (!CudaTensorRule.schedule(builder, c, target)) {
            new CudaContractionRule(builder, c, target).schedule();
        }
    }

    static boolean serves(ScheduleBuilder builder, String name) {
        return served(builder, name).isPresent();
    }

    private static Optional<Contraction> served(ScheduleBuilder builder, String name) {
        return Contraction.of(builder.stage(name)).filter(c -> serves(builder, c));
    }

    private static boolean serves(ScheduleBuilder builder, Contraction c) {
        boolean constant = LongStream.concat(
                        c.stage().axes().stream().mapToLong(Stages::extent),
                        depth(c).stream().mapToLong(Stages::extent))
                .allMatch(extent -> extent > 0);
        return constant
                && builder.isAlone(c.stage().name())
                && !c.rows().isEmpty()
                && c.groupSize() == Stages.extent(c.column())
                && extent(c.rows()) >= FEWEST
                && Stages.extent(c.column()) >= FEWEST
                && !c.data().tensor().equals(c.weights().tensor())
                && isReadOnce(c.stage(), c.data())
                && isReadOnce(c.stage(), c.weights())
                && c.weights().type() == c.data().type();
    }

    /** What a residual adds at the end too cannot be staged as an operand alone. */
    private static boolean isReadOnce(Stage stage, Expr.Read operand) {
        return Stages.reads(stage, operand.tensor()).size() == 1;
    }

    private static List<Axis> depth(Contraction c) {
        return c.stage().reduction().orElseThrow().axes();
    }

    private static long extent(List<Axis> axes) {
        return axes.stream().mapToLong(Stages::extent).reduce(1, Math::multiplyExact);
    }

    /** Shares the reduction out to several blocks, too, whose partial sums are added in a fixed order: few results, long sums. */
    private static Optional<String> splitReduction(ScheduleBuilder builder, Contraction c, Target target) {
        Axis axis = depth(c).getFirst();
        long extent = Stages.extent(axis);
        long rest = extent(depth(c)) / extent;
        List<Long> parts = LongStream.of(1, 2, 4, 8, 16, 32)
                .filter(n -> n == 1
                        || extent % n == 0 && extent / n * rest >= SHORTEST_PART && extent / n * rest % DEEPEST == 0)
                .boxed()
                .toList();
        if (!builder.nest().numerics().mayReassociate()) {
            return Optional.empty();
        }
        String name = c.stage().name();
        long preferred = CudaTensorRule.tile(builder, c, target)
                .map(tile -> CudaTensorRule.tiles(builder, c, tile, target).parts(parts))
                .orElseGet(() -> CudaTiles.of(c, target).parts(parts));
        long count = builder.choose(name + ".split", parts, preferred);
        if (count == 1) {
            return Optional.empty();
        }
        List<String> before = stages(builder);
        builder.add(new SplitReduction(name, axis.name(), Factor.of(count), SplitReduction.Stretch.BLOCKED));
        return stages(builder).stream().filter(s -> !before.contains(s)).findFirst();
    }

    private static List<String> stages(ScheduleBuilder builder) {
        return builder.nest().program().stages().stream().map(Stage::name).toList();
    }

    private long choose(String what, List<Long> domain, long preferred) {
        return builder.choose(stage.name() + "." + what, domain, preferred);
    }

    /**
     * A tile of a block and of a thread.
     *
     * @param depth points of the reduction that are staged at a time
     */
    private record Tile(long rows, long columns, long threadRows, long threadColumns, long depth) {
        long threads() {
            return rows / threadRows * (columns / threadColumns);
        }
    }

    private Tile chooseTile(CudaTiles tiles) {
        long columns = choose("block.columns", List.of(32L, 64L, 128L), tiles.columns());
        long rows = choose("block.rows", List.of(32L, 64L, 128L), tiles.rows());
        long threadColumns =
                choose("thread.columns", columns < 64 ? List.of(4L) : List.of(4L, 8L), columns >= 128 ? 8 : 4);
        long threadRows = choose("thread.rows", rows < 64 ? List.of(4L) : List.of(4L, 8L), rows >= 128 ? 8 : 4);
        long depth = choose("depth", List.of(8L, 16L, 32L), tiles.depth());
        return new Tile(rows, columns, threadRows, threadColumns, depth);
    }

    private void schedule() {
        ContractionSides sides = ContractionSides.of(builder, contraction);
        Tile tile = chooseTile(CudaTiles.of(contraction, target));
        MatrixOperand a =
                MatrixOperand.of(builder, stage.name(), sides.left(), sides.batch(), sides.rows(), sides.depth());
        MatrixOperand b =
                MatrixOperand.of(builder, stage.name(), sides.right(), sides.batch(), sides.columns(), sides.depth());
        tile(sides, tile, a, b);
    }

    private void tile(ContractionSides sides, Tile tile, MatrixOperand a, MatrixOperand b) {
        String name = stage.name();
        List<String> spatial = builder.axisLoops(name);
        List<String> batchLoops = sides.loops(sides.batch(), spatial);
        List<String> rowLoops = sides.loops(sides.rows(), spatial);
        List<String> columnLoops = sides.loops(sides.columns(), spatial);
        List<String> depthLoops = sides.depthLoops(builder.reductionLoops(name));
        builder.order(ScheduleBuilder.joined(batchLoops, rowLoops, columnLoops, depthLoops));
        var row = builder.split(builder.fuse(rowLoops), tile.rows, Tail.PAD);
        var rowThread = builder.split(row.inner(), tile.threadRows, Tail.EXACT);
        var rowWarp = builder.split(rowThread.outer(), WARP_ROWS, Tail.EXACT);
        var column = builder.split(builder.fuse(columnLoops), tile.columns, Tail.PAD);
        var columnThread = builder.split(column.inner(), tile.threadColumns, Tail.EXACT);
        var columnWarp = builder.split(columnThread.outer(), WARP_COLUMNS, Tail.EXACT);
        var columnVector = builder.split(columnThread.inner(), WIDEST, Tail.EXACT);
        String depth = builder.fuse(depthLoops);
        var stretch = builder.split(depth, tile.depth, SharedTiles.depthTail(builder, depth));
        // Operands along the depth bring two points of it to registers at once; more would not leave room for two
        // blocks.
        long points = a.alongDepth() || b.alongDepth() ? 2 : 1;
        var point = builder.split(stretch.inner(), points, Tail.EXACT);
        builder.order(ScheduleBuilder.joined(
                batchLoops,
                List.of(row.outer(), column.outer(), rowWarp.outer(), columnWarp.outer()),
                List.of(rowWarp.inner(), columnWarp.inner(), stretch.outer(), point.outer(), point.inner()),
                List.of(rowThread.inner(), columnVector.outer(), columnVector.inner())));
        SharedTiles.bindBlocks(builder, batchLoops, row.outer(), column.outer());
        String threads =
                builder.fuse(List.of(rowWarp.outer(), columnWarp.outer(), rowWarp.inner(), columnWarp.inner()));
        builder.add(new Bind(threads, Loop.Binding.THREAD_X));
        List.of(point.inner(), rowThread.inner(), columnVector.outer()).forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Vectorize(columnVector.inner()));
        stage(a, stretch.outer(), tile.threadRows, tile);
        stage(b, stretch.outer(), tile.threadColumns, tile);
        for (MatrixOperand operand : List.of(a, b)) {
            fragment(operand, operand.alongDepth() ? point.outer() : point.inner());
        }
        pipeline(stretch.outer(), tile);
    }

    /** Copies what a block reads to shared memory, all threads taking part. */
    private void stage(MatrixOperand operand, String loop, long threadTile, Tile tile) {
        builder.add(new ComputeAt(operand.matrix(), loop, Scope.SHARED));
        builder.add(new Layout(operand.matrix(), arranged(operand, threadTile)));
        List<String> loops = new ArrayList<>(builder.axisLoops(operand.matrix()));
        if (operand.width() > 1) {
            var lanes = builder.split(loops.removeLast(), Math.min(WIDEST, operand.width()), Tail.EXACT);
            loops.add(lanes.outer());
            builder.add(new Vectorize(lanes.inner()));
        }
        var shared = builder.split(builder.fuse(loops), tile.threads(), Tail.GUARD);
        builder.add(new Unroll(shared.outer()));
        builder.add(new Bind(shared.inner(), Loop.Binding.THREAD_X));
    }

    /**
     * Where threads beside each other read 16 bytes each of rows or columns {@code threadTile} apart, these lie so that
     * they are in different banks: first those that all threads read first, and rows that go along the depth with four
     * words between them.
     */
    private static LayoutMap arranged(MatrixOperand operand, long threadTile) {
        List<LayoutMap.Dimension> dimensions = new ArrayList<>();
        for (int axis = 0; axis < operand.axes() - 2; axis++) {
            dimensions.add(LayoutMap.Dimension.whole(axis));
        }
        int side = operand.sideAxis();
        LayoutMap.Dimension whole = LayoutMap.Dimension.whole(operand.depthAxis());
        if (operand.alongDepth()) {
            dimensions.add(new LayoutMap.Dimension(side, 1, threadTile));
            dimensions.add(new LayoutMap.Dimension(side, threadTile, 0));
            dimensions.add(whole.padded(WIDEST));
        } else {
            dimensions.add(whole);
            if (threadTile > WIDEST) {
                dimensions.add(new LayoutMap.Dimension(side, WIDEST, threadTile / WIDEST));
                dimensions.add(new LayoutMap.Dimension(side, threadTile, 0));
                dimensions.add(new LayoutMap.Dimension(side, 1, WIDEST));
            } else {
                dimensions.add(LayoutMap.Dimension.whole(side));
            }
        }
        return new LayoutMap(operand.axes(), dimensions);
    }

    /** Brings what a thread reads next to registers. */
    private void fragment(MatrixOperand operand, String loop) {
        List<String> before = stages(builder);
        builder.add(new CacheRead(operand.matrix(), stage.name(), Optional.of(loop), Scope.REGISTER));
        String copy = stages(builder).stream()
                .filter(s -> !before.contains(s))
                .findFirst()
                .orElseThrow();
        List<String> loops = new ArrayList<>(builder.axisLoops(copy));
        var lanes = builder.split(loops.removeLast(), WIDEST, Tail.EXACT);
        loops.add(lanes.outer());
        loops.forEach(l -> builder.add(new Unroll(l)));
        builder.add(new Vectorize(lanes.inner()));
    }

    /** Copies run ahead as far as shared memory reaches; by registers, which are few, only where a search finds that it pays. */
    private void pipeline(String loop, Tile tile) {
        long bytes = (tile.rows + tile.columns) * (tile.depth + WIDEST) * Float.BYTES;
        boolean asynchronous = target.capability() >= SharedTiles.ASYNCHRONOUS;
        List<Long> stages = SharedTiles.stages(
                builder,
                loop,
                LongStream.of(1, 2, asynchronous ? 3 : 2, asynchronous ? 4 : 2).distinct(),
                bytes,
                target.fastBytes());
        SharedTiles.pipeline(builder, loop, choose("stages", stages, asynchronous && stages.contains(2L) ? 2 : 1));
    }
}
