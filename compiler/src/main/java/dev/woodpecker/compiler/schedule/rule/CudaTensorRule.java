package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Tensorize;
import dev.woodpecker.compiler.schedule.TwistedRows;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Matrix products and convolutions on tensor cores: tiles of both operands are copied to shared memory several stretches of
 * the reduction ahead, a warp multiplies a part of them, 64 x 64 results of its own in fragments at most.
 *
 * <pre>
 * for blocks of rows, of columns: for warps thread.y: for lanes thread.x:
 *   for depth.o pipelined:
 *     copy [rows, 32] and [32, columns] to shared memory, 16 bytes at a time
 *     for depth.i by 16: load fragments of its rows, of its columns; multiply each with each
 *   store results, two columns at a time
 * </pre>
 */
final class CudaTensorRule {
    private static final long LONGEST_CUT_SUM = 4096;
    private static final int PARTS_OF_SINGLE = 3;

    private final ScheduleBuilder builder;
    private final Stage stage;
    private final ContractionSides sides;
    private final TensorTile tile;
    private final Target target;

    private CudaTensorRule(ScheduleBuilder builder, ContractionSides sides, TensorTile tile, Target target) {
        this.builder = builder;
        this.stage = sides.stage();
        this.sides = sides;
        this.tile = tile;
        this.target = target;
    }

    /** The product that suits a contraction under the nest's numerics, on this machine. */
    static Optional<TensorTile> tile(ScheduleBuilder builder, Contraction c, Target target) {
        Stage.Reduction reduction = c.stage().reduction().orElseThrow();
        if (!(Stages.withoutCasts(reduction.body()) instanceof Expr.Binary(BinaryOp op, Expr first, Expr _))) {
            return Optional.empty();
        }
        boolean swapped = !Stages.withoutCasts(first)
                .equals(ContractionSides.of(builder, c).left());
        return Intrinsics.tile(c.data().type(), op, swapped, target.capability())
                .filter(t -> reduction.type() == t.accumulatorType())
                .filter(t -> mayRound(builder, c, t))
                .filter(t -> !depths(builder, c, t).isEmpty());
    }

    /**
     * The stretches of the reduction that may be staged: any, where both factors are zero beyond its end, since its first axis
     * is an index of both (words need but one); else those that divide it. Beyond a window's rows, for one, there are others.
     */
    private static List<Long> depths(ScheduleBuilder builder, Contraction c, TensorTile tile) {
        List<Axis> depth = ContractionSides.of(builder, c).depth();
        Expr first = depth.getFirst().variable();
        boolean endsInZeros = !tile.accumulatorType().isFloat()
                || c.data().indices().contains(first) && c.weights().indices().contains(first);
        long points = points(c);
        return stretches(tile)
                .filter(stretch -> endsInZeros || points % stretch == 0)
                .boxed()
                .toList();
    }

    private static LongStream stretches(TensorTile tile) {
        long bytes = tile.memoryType().bytes();
        return LongStream.of(32 / bytes, 64 / bytes, 128 / bytes);
    }

    private static long points(Contraction c) {
        return c.stage().reduction().orElseThrow().axes().stream()
                .mapToLong(Stages::extent)
                .reduce(1, Math::multiplyExact);
    }

    /**
     * Whether the numerics allow what the product does to elements and sums. Sums of integers are the same in any order.
     * Three products keep single precision; but tensor cores cut what they add, at most 2^-23 of a sum each 8 points, which
     * of sums that grow evenly is K / 16 * 2^-23, the bound being 8 sqrt(K) 2^-24.
     */
    private static boolean mayRound(ScheduleBuilder builder, Contraction c, TensorTile tile) {
        if (!tile.accumulatorType().isFloat()) {
            return true;
        }
        return builder.nest().numerics().mayReassociate() && (!isSplit(builder, tile) || points(c) <= LONGEST_CUT_SUM);
    }

    /** Whether operands are two parts each, whose three products add up to single precision. */
    private static boolean isSplit(ScheduleBuilder builder, TensorTile tile) {
        return tile.elementType() == DType.TF32 && builder.nest().numerics() != Numerics.TF32;
    }

    /** Schedules a contraction on tensor cores; false, and nothing done, if it does not fit them. */
    static boolean schedule(ScheduleBuilder builder, Contraction c, Target target) {
        Optional<TensorTile> tile = tile(builder, c, target);
        if (tile.isEmpty()) {
            return false;
        }
        boolean pays = !isSplit(builder, tile.get())
                || tiles(builder, c, tile.get(), target).bestCycles(1)
                        < CudaTiles.of(c, target).bestCycles(1);
        boolean fits = depths(builder, c, tile.get()).stream().allMatch(stretch -> points(c) % stretch == 0)
                || pads(builder, c);
        if (!fits || builder.choose(c.stage().name() + ".tensor", List.of(0L, 1L), pays ? 1 : 0) == 0) {
            return false;
        }
        new CudaTensorRule(builder, ContractionSides.of(builder, c), tile.get(), target).schedule(c);
        return true;
    }

    /** Whether what lies beyond the reduction adds nothing: the instruction has no condition. */
    private static boolean pads(ScheduleBuilder builder, Contraction c) {
        ScheduleBuilder trial = new ScheduleBuilder(builder.nest(), Set.of(), Chooser.preferred());
        ContractionSides sides = ContractionSides.of(trial, c);
        String name = c.stage().name();
        MatrixOperand.of(trial, name, sides.left(), sides.batch(), sides.rows(), sides.depth());
        MatrixOperand.of(trial, name, sides.right(), sides.batch(), sides.columns(), sides.depth());
        List<String> depthLoops = sides.depthLoops(trial.reductionLoops(name));
        trial.order(ScheduleBuilder.joined(trial.axisLoops(name), depthLoops));
        return SharedTiles.depthTail(trial, trial.fuse(depthLoops)) == Tail.PAD;
    }

    static CudaTensorTiles tiles(ScheduleBuilder builder, Contraction c, TensorTile tile, Target target) {
        return CudaTensorTiles.of(c, tile, isSplit(builder, tile) ? PARTS_OF_SINGLE : 1, target);
    }

    private long choose(String what, List<Long> domain, long preferred) {
        return builder.chooseOrFirst(stage.name() + "." + what, domain, preferred);
    }

    private CudaTensorTiles.Tile chooseTile(CudaTensorTiles.Tile best) {
        long columns = choose("block.columns", CudaTensorTiles.BLOCKS, best.columns());
        List<Long> rowsDomain = CudaTensorTiles.BLOCKS.stream()
                .filter(rows -> !CudaTensorTiles.inWarps(rows, columns).isEmpty())
                .toList();
        long rows = choose("block.rows", rowsDomain, best.rows());
        List<CudaTensorTiles.Tile> inWarps = CudaTensorTiles.inWarps(rows, columns);
        List<Long> columnsDomain = inWarps.stream()
                .map(CudaTensorTiles.Tile::warpColumns)
                .distinct()
                .toList();
        long warpColumns = choose("warp.columns", columnsDomain, best.warpColumns());
        List<CudaTensorTiles.Tile> left =
                inWarps.stream().filter(t -> t.warpColumns() == warpColumns).toList();
        long warpRows = choose(
                "warp.rows", left.stream().map(CudaTensorTiles.Tile::warpRows).toList(), best.warpRows());
        return new CudaTensorTiles.Tile(rows, columns, warpRows, warpColumns);
    }

    private void schedule(Contraction c) {
        CudaTensorTiles tiles = tiles(builder, c, tile, target);
        MatrixOperand a =
                MatrixOperand.of(builder, stage.name(), sides.left(), sides.batch(), sides.rows(), sides.depth());
        MatrixOperand b =
                MatrixOperand.of(builder, stage.name(), sides.right(), sides.batch(), sides.columns(), sides.depth());
        if (depths(builder, c, tile).contains(TwistedRows.ROW)
                && CudaWarpgroupRule.schedule(builder, c, sides, target, List.of(a, b), tiles.bestCycles(1))) {
            return;
        }
        CudaTensorTiles.Tile chosen = chooseTile(tiles.best(1));
        long blockColumns = chosen.columns();
        long blockRows = chosen.rows();
        long warpColumns = chosen.warpColumns();
        long warpRows = chosen.warpRows();
        long bytes = tile.memoryType().bytes();
        long depth = choose("depth", depths(builder, c, tile), 64 / bytes);
        String name = stage.name();
        List<String> spatial = builder.axisLoops(name);
        List<String> batchLoops = sides.loops(sides.batch(), spatial);
        List<String> rowLoops = sides.loops(sides.rows(), spatial);
        List<String> columnLoops = sides.loops(sides.columns(), spatial);
        List<String> depthLoops = sides.depthLoops(builder.reductionLoops(name));
        builder.order(ScheduleBuilder.joined(batchLoops, rowLoops, columnLoops, depthLoops));
        var row = builder.split(builder.fuse(rowLoops), blockRows, Tail.PAD);
        var rowWarp = builder.split(row.inner(), warpRows, Tail.EXACT);
        var rowTile = builder.split(rowWarp.inner(), tile.rows(), Tail.EXACT);
        var column = builder.split(builder.fuse(columnLoops), blockColumns, Tail.PAD);
        var columnWarp = builder.split(column.inner(), warpColumns, Tail.EXACT);
        var columnTile = builder.split(columnWarp.inner(), tile.columns(), Tail.EXACT);
        var stretch = builder.split(builder.fuse(depthLoops), depth, Tail.PAD);
        var step = builder.split(stretch.inner(), tile.depth(), Tail.EXACT);
        builder.order(ScheduleBuilder.joined(
                batchLoops,
                List.of(
                        row.outer(),
                        column.outer(),
                        rowWarp.outer(),
                        columnWarp.outer(),
                        stretch.outer(),
                        step.outer()),
                List.of(rowTile.outer(), columnTile.outer(), rowTile.inner(), columnTile.inner(), step.inner())));
        SharedTiles.bindBlocks(builder, batchLoops, row.outer(), column.outer());
        String warps = builder.fuse(List.of(rowWarp.outer(), columnWarp.outer()));
        builder.add(new Bind(warps, Loop.Binding.THREAD_Y));
        long count = blockRows / warpRows * (blockColumns / warpColumns);
        SharedTiles.stage(builder, a, tile, stretch.outer(), count);
        SharedTiles.stage(builder, b, tile, stretch.outer(), count);
        List.of(rowTile.outer(), columnTile.outer()).forEach(loop -> builder.add(new Unroll(loop)));
        if (!isSplit(builder, tile)) {
            // Operands of two parts fill the registers with one step's.
            builder.add(new Unroll(step.outer()));
        }
        builder.add(new Tensorize(rowTile.inner(), tile.name()));
        long stageBytes =
                SharedTiles.bytes(a, tile, blockRows, depth) + SharedTiles.bytes(b, tile, blockColumns, depth);
        List<Long> stages = SharedTiles.stages(
                builder, stretch.outer(), LongStream.of(1, 2, 3, 4, 5), stageBytes, target.fastBytes());
        // What waits in registers does so for one iteration.
        boolean far = List.of(a, b).stream().allMatch(o -> o.isCopiedAsynchronously(builder))
                && target.capability() >= SharedTiles.ASYNCHRONOUS;
        long preferred = far || stages.size() == 1 ? tiles.stages(chosen, stageBytes, stages) : stages.get(1);
        SharedTiles.pipeline(builder, stretch.outer(), choose("stages", stages, preferred));
    }
}
