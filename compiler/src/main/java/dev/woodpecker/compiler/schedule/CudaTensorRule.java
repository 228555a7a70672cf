package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Matrix products and convolutions on tensor cores: tiles of both operands are copied to shared memory several stretches of
 * the reduction ahead, a warp multiplies a part of them, 64 x 32 results of its own in fragments.
 *
 * <pre>
 * for blocks of rows, of columns: for warps thread.y: for lanes thread.x:
 *   for depth.o pipelined:
 *     copy [rows, 32] and [32, columns] to shared memory, 16 bytes at a time
 *     for depth.i by 16: load fragments of 64 rows, of 32 columns; multiply each with each
 *   store results, two columns at a time
 * </pre>
 */
final class CudaTensorRule {
    private static final long LANES = 32;

    /** Results of a warp, rows and columns: 64 accumulators and 24 operands a lane leave no register to spill. */
    private static final long MOST_WARP_ROWS = 64;

    private static final long MOST_WARP_COLUMNS = 32;

    /** Rows in shared memory end with so many unused bytes: eight of them then lie in different banks. */
    private static final long PADDING_BYTES = 16;

    /** What a kernel may declare as shared memory without asking the driver for more. */
    private final long sharedBytes;

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
        this.sharedBytes = target.fastBytes();
    }

    /** The product that suits a contraction under the nest's numerics, on this machine. */
    static Optional<TensorTile> tile(ScheduleBuilder builder, Contraction c, Target target) {
        Numerics numerics = builder.nest().numerics();
        DType type = c.data().type();
        boolean allowed = numerics.mayReassociate() && (type != DType.F32 || numerics == Numerics.TF32);
        return Intrinsics.tile(type)
                .filter(t -> allowed && CudaTiles.capability(target) >= t.capability())
                .filter(t -> c.stage().reduction().orElseThrow().type() == t.accumulatorType());
    }

    /** Schedules a contraction on tensor cores; false, and nothing done, if it does not fit them. */
    static boolean schedule(ScheduleBuilder builder, Contraction c, Target target) {
        Optional<TensorTile> tile = tile(builder, c, target);
        if (tile.isEmpty() || builder.choose(c.stage().name() + ".tensor", List.of(0L, 1L), 1) == 0) {
            return false;
        }
        new CudaTensorRule(builder, ContractionSides.of(builder, c), tile.get(), target).schedule(c);
        return true;
    }

    private long choose(String what, List<Long> domain, long preferred) {
        return builder.choose(stage.name() + "." + what, domain, preferred);
    }

    private void schedule(Contraction c) {
        CudaTiles tiles = CudaTiles.of(c, target).onTensorCores();
        long blockColumns = choose("block.columns", List.of(32L, 64L, 128L), tiles.columns());
        long blockRows = choose("block.rows", List.of(32L, 64L, 128L), tiles.rows());
        long warpColumns = choose(
                "warp.columns", upTo(MOST_WARP_COLUMNS, blockColumns), Math.min(MOST_WARP_COLUMNS, blockColumns / 2));
        long warpRows = choose("warp.rows", upTo(MOST_WARP_ROWS, blockRows), Math.min(MOST_WARP_ROWS, blockRows / 2));
        long bytes = tile.memoryType().bytes();
        long preferred = blockRows + blockColumns > 192 ? 32 / bytes : 64 / bytes;
        long depth = choose("depth", List.of(32 / bytes, 64 / bytes), preferred);
        MatrixOperand a =
                MatrixOperand.of(builder, stage.name(), sides.left(), sides.batch(), sides.rows(), sides.depth());
        MatrixOperand b =
                MatrixOperand.of(builder, stage.name(), sides.right(), sides.batch(), sides.columns(), sides.depth());
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
        if (!batchLoops.isEmpty()) {
            builder.add(new Bind(builder.fuse(batchLoops), Loop.Binding.BLOCK_Z));
        }
        builder.add(new Bind(row.outer(), Loop.Binding.BLOCK_Y));
        builder.add(new Bind(column.outer(), Loop.Binding.BLOCK_X));
        String warps = builder.fuse(List.of(rowWarp.outer(), columnWarp.outer()));
        builder.add(new Bind(warps, Loop.Binding.THREAD_Y));
        long count = blockRows / warpRows * (blockColumns / warpColumns);
        stage(a, stretch.outer(), count);
        stage(b, stretch.outer(), count);
        List.of(step.outer(), rowTile.outer(), columnTile.outer()).forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Tensorize(rowTile.inner(), tile.name()));
        pipeline(stretch.outer(), (blockRows + blockColumns) * depth * bytes + (blockRows + depth) * PADDING_BYTES);
    }

    /** 16, 32, ..., up to what a warp can hold and a block has for two. */
    private static List<Long> upTo(long most, long block) {
        return LongStream.of(16, 32, 64)
                .filter(n -> n <= most && n <= block / 2)
                .boxed()
                .toList();
    }

    private void stage(MatrixOperand operand, String loop, long warps) {
        builder.add(new ComputeAt(operand.matrix(), loop, Scope.SHARED));
        LayoutMap rows = operand.padded(
                PADDING_BYTES / tile.memoryType().bytes() * (isByElements() && !operand.alongDepth() ? 2 : 1));
        builder.add(new Layout(operand.matrix(), rows));
        List<String> loops = new ArrayList<>(builder.axisLoops(operand.matrix()));
        if (operand.width() > 1) {
            var lanes = builder.split(loops.removeLast(), operand.width(), Tail.EXACT);
            loops.add(lanes.outer());
            builder.add(new Vectorize(lanes.inner()));
        }
        var shared = builder.split(builder.fuse(loops), LANES * warps, Tail.GUARD);
        var byWarp = builder.split(shared.inner(), LANES, Tail.GUARD);
        builder.add(new Unroll(shared.outer()));
        builder.add(new Bind(byWarp.outer(), Loop.Binding.THREAD_Y));
        builder.add(new Bind(byWarp.inner(), Loop.Binding.THREAD_X));
    }

    /** Lanes that bring elements one by one read four rows that must be eight banks apart. */
    private boolean isByElements() {
        return tile.left().alongSide().isEmpty();
    }

    private void pipeline(String loop, long bytes) {
        List<Long> domain = LongStream.of(1, 2, 3, 4, 5)
                .filter(n -> n == 1
                        || n * bytes <= sharedBytes
                                && new Pipeline(loop, Factor.of(n)).apply(builder.nest(), Map.of())
                                        instanceof Outcome.Applied)
                .boxed()
                .toList();
        long stages = choose("stages", domain, Math.min(4, domain.getLast()));
        if (stages > 1) {
            builder.add(new Pipeline(loop, Factor.of(stages)));
        }
    }
}
