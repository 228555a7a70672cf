package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.ComputeAt;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Persist;
import dev.woodpecker.compiler.schedule.Specialize;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Tensorize;
import dev.woodpecker.compiler.schedule.TwistedRows;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import dev.woodpecker.compiler.target.WarpgroupProducts;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Matrix products and convolutions of halves on Hopper's tensor cores: groups of four warps multiply tiles where they lie in
 * shared memory, one below the other or beside it, each with up to 64 x 256 results.
 *
 * <pre>
 * for blocks of rows, of columns: for groups thread.y: for lanes thread.x, 128 of them:
 *   for depth.o pipelined, or a ring that one more group fills, from tile to tile where blocks have several:
 *     copy [rows, 64] and [64, columns] to shared memory, 16 bytes at a time, to twisted rows of 128
 *     for depth.i by 16, for 64 rows at a time: multiply, asynchronously; wait for all
 *   store results, two columns at a time
 * </pre>
 */
final class CudaWarpgroupRule {
    private static final long LANES = 128;

    /** Where neither copies of 4 bytes at least are possible, nor so deep a reduction, warps do as well. */
    private static final int NARROWEST = 2;

    /** A stage's share of what both kinds of barriers take, which starts at a multiple of 128 bytes. */
    private static final long BARRIER_BYTES = 128;

    private final ScheduleBuilder builder;
    private final ContractionSides sides;
    private final Target target;
    private final MatrixOperand left;
    private final MatrixOperand right;

    private CudaWarpgroupRule(
            ScheduleBuilder builder, ContractionSides sides, Target target, MatrixOperand left, MatrixOperand right) {
        this.builder = builder;
        this.sides = sides;
        this.target = target;
        this.left = left;
        this.right = right;
    }

    /**
     * Schedules a contraction of which a warp has a product, too; false, and nothing done, if it does not fit or warps are
     * faster.
     *
     * @param warpCycles what the best tiles of warps take
     */
    static boolean schedule(
            ScheduleBuilder builder,
            Contraction c,
            ContractionSides sides,
            Target target,
            List<MatrixOperand> operands,
            double warpCycles) {
        DType type = c.data().type();
        boolean has = target.capability() == WarpgroupProducts.CAPABILITY && (type == DType.F16 || type == DType.BF16);
        if (!has) {
            return false;
        }
        CudaWarpgroupTiles tiles = new CudaWarpgroupTiles(CudaTiles.of(c, target), target.fastBytes(), false);
        boolean pays = operands.stream().allMatch(o -> o.width() >= NARROWEST)
                && tiles.problem().depthExtent() > TwistedRows.ROW
                && tiles.bestCycles() <= warpCycles;
        if (builder.choose(c.stage().name() + ".warpgroup", List.of(0L, 1L), pays ? 1 : 0) == 0) {
            return false;
        }
        CudaWarpgroupRule rule = new CudaWarpgroupRule(builder, sides, target, operands.getFirst(), operands.getLast());
        rule.schedule(type, rule.chooseRings(tiles));
        return true;
    }

    private long choose(String what, List<Long> domain, long preferred) {
        return builder.chooseOrFirst(sides.stage().name() + "." + what, domain, preferred);
    }

    /** Whether threads of their own copy boxes: what lies otherwise than the hardware's copies want it has no such choice. */
    private CudaWarpgroupTiles chooseRings(CudaWarpgroupTiles tiles) {
        CudaWarpgroupTiles ofRings = tiles.ofRings();
        boolean mapped = Stream.of(left, right).allMatch(o -> Specialize.copies(builder.nest(), o.matrix()));
        boolean pays = ofRings.bestCycles() <= tiles.bestCycles();
        return mapped && choose("rings", List.of(0L, 1L), pays ? 1 : 0) == 1 ? ofRings : tiles;
    }

    private CudaWarpgroupTiles.Tile chooseTile(CudaWarpgroupTiles tiles) {
        CudaWarpgroupTiles.Tile best = tiles.best();
        long columns = choose("block.columns", CudaWarpgroupTiles.columns(), best.columns());
        return new CudaWarpgroupTiles.Tile(choose("block.rows", tiles.rows(columns), best.rows()), columns);
    }

    private static TensorTile product(DType type, CudaWarpgroupTiles.Tile tile) {
        return Intrinsics.tiles().stream()
                .filter(t -> t.readsShared() && t.elementType() == type && t.columns() == tile.groupColumns())
                .findFirst()
                .orElseThrow();
    }

    private void schedule(DType type, CudaWarpgroupTiles tiles) {
        CudaWarpgroupTiles.Tile chosen = chooseTile(tiles);
        TensorTile tile = product(type, chosen);
        String name = sides.stage().name();
        List<String> spatial = builder.axisLoops(name);
        List<String> batchLoops = sides.loops(sides.batch(), spatial);
        List<String> rowLoops = sides.loops(sides.rows(), spatial);
        List<String> columnLoops = sides.loops(sides.columns(), spatial);
        List<String> depthLoops = sides.depthLoops(builder.reductionLoops(name));
        builder.order(ScheduleBuilder.joined(batchLoops, rowLoops, columnLoops, depthLoops));
        var row = builder.split(builder.fuse(rowLoops), chosen.rows(), Tail.PAD);
        var rowGroup = builder.split(row.inner(), chosen.groupRows(), Tail.EXACT);
        var rowTile = builder.split(rowGroup.inner(), tile.rows(), Tail.EXACT);
        var column = builder.split(builder.fuse(columnLoops), chosen.columns(), Tail.PAD);
        var columnGroup = builder.split(column.inner(), tile.columns(), Tail.EXACT);
        var stretch = builder.split(builder.fuse(depthLoops), TwistedRows.ROW, Tail.PAD);
        var step = builder.split(stretch.inner(), tile.depth(), Tail.EXACT);
        builder.order(ScheduleBuilder.joined(
                batchLoops,
                List.of(
                        row.outer(),
                        column.outer(),
                        rowGroup.outer(),
                        columnGroup.outer(),
                        stretch.outer(),
                        step.outer()),
                List.of(rowTile.outer(), rowTile.inner(), columnGroup.inner(), step.inner())));
        SharedTiles.bindBlocks(builder, batchLoops, row.outer(), column.outer());
        String groups = builder.fuse(List.of(rowGroup.outer(), columnGroup.outer()));
        builder.add(new Bind(groups, Loop.Binding.THREAD_Y));
        if (tiles.rings()) {
            box(left, stretch.outer());
            box(right, stretch.outer());
        } else {
            stage(left, stretch.outer(), chosen.rows(), chosen.groups());
            stage(right, stretch.outer(), chosen.columns(), chosen.groups());
        }
        List.of(step.outer(), rowTile.outer()).forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Tensorize(rowTile.inner(), tile.name()));
        if (tiles.rings()) {
            List<Long> stages = LongStream.of(2, 3, 4, 5, 6)
                    .filter(n -> n == 2 || n * (chosen.bytes() + BARRIER_BYTES) <= target.fastBytes())
                    .boxed()
                    .toList();
            long number = choose("stages", stages, tiles.stages(chosen, stages));
            builder.add(new Specialize(stretch.outer(), Factor.of(number)));
            if (tiles.turnsTiles(chosen) && choose("persistent", List.of(0L, 1L), 1) == 1) {
                builder.add(new Persist(stretch.outer(), Factor.of(tiles.grid(chosen))));
            }
            return;
        }
        List<Long> stages = SharedTiles.stages(
                builder, stretch.outer(), LongStream.of(1, 2, 3, 4, 5, 6), chosen.bytes(), target.fastBytes());
        SharedTiles.pipeline(builder, stretch.outer(), choose("stages", stages, tiles.stages(chosen, stages)));
    }

    /** The loops stay as they are: an instruction copies all of a box. */
    private void box(MatrixOperand operand, String loop) {
        builder.add(new ComputeAt(operand.matrix(), loop, Scope.SHARED));
        builder.add(new Layout(operand.matrix(), TwistedRows.layout(operand.axes(), operand.alongDepth())));
    }

    /** Threads of a warp copy rows of 128 bytes, piece beside piece, of as many groups as share them evenly. */
    private void stage(MatrixOperand operand, String loop, long side, long all) {
        long pieces = side * TwistedRows.ROW / operand.width();
        long groups = LongStream.rangeClosed(1, all)
                .filter(n -> pieces % (n * LANES) == 0)
                .max()
                .orElse(all);
        Layout twisted = new Layout(operand.matrix(), TwistedRows.layout(operand.axes(), operand.alongDepth()));
        SharedTiles.copy(builder, operand, twisted, loop, LANES, groups);
    }
}
