package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.DivideLast;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Outcome;
import dev.woodpecker.compiler.schedule.PowerSum;
import dev.woodpecker.compiler.schedule.Rolling;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Tensorize;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Attention as one kernel on tensor cores: a warp has 16 queries, goes through blocks of keys and values, which are copied to
 * shared memory ahead, and keeps scores, powers, their greatest and their total in registers.
 *
 * <pre>
 * for heads block.y: for blocks of queries block.x: for warps thread.y: for lanes thread.x:
 *   copy the queries to shared memory
 *   for blocks of keys pipelined:
 *     copy keys and values
 *     scores = queries * keys; greatest, total and result are scaled; powers; result += powers * values
 *   store result / total
 * </pre>
 */
final class CudaAttentionRule {
    /** Fewer queries leave most of a tile unused. */
    private static final long FEWEST_QUERIES = 8;

    /** A lane has half as many accumulators of the result as it has columns, and a quarter of the scores of a block. */
    private static final long LONGEST_ROW = 256;

    private static final List<Long> KEYS = List.of(64L, 32L, 128L);
    /** Of a block: eight read keys and values half as often as four, four are enough for few queries. */
    private static final List<Long> WARPS = List.of(4L, 8L, 2L);

    private final ScheduleBuilder builder;
    private final Target target;
    private final TensorTile tile;
    private final PowerSum sum;
    private final Axis queries;
    private final Axis keys;
    private final Axis columns;

    private CudaAttentionRule(ScheduleBuilder builder, Target target, TensorTile tile, PowerSum sum) {
        this.builder = builder;
        this.target = target;
        this.tile = tile;
        this.sum = sum;
        List<Axis> axes = sum.sum().axes();
        this.queries = axes.get(axes.size() - 2);
        this.columns = axes.getLast();
        this.keys = sum.sum().reduction().orElseThrow().axes().getFirst();
    }

    /** Schedules what it serves; the names of all stages that need no schedule of their own. */
    static Set<String> schedule(ScheduleBuilder builder, Target target) {
        Set<String> done = new HashSet<>();
        if (!builder.nest().numerics().mayReassociate()) {
            return done;
        }
        for (Stage stage : builder.nest().program().stages()) {
            Optional<TensorTile> tile = tile(stage, target);
            if (tile.isPresent() && serves(builder, stage, tile.get())) {
                builder.add(new DivideLast(stage.name(), tile.get().memoryType()));
                TensorProgram program = builder.nest().program();
                PowerSum sum = PowerSum.of(program, builder.stage(stage.name())).orElseThrow();
                done.addAll(sum.inner());
                done.add(stage.name());
                new CudaAttentionRule(builder, target, tile.get(), sum).schedule();
            }
        }
        return done;
    }

    /** The instruction for products with what the stage sums. Two values are rounded to halves at once from Ampere on. */
    private static Optional<TensorTile> tile(Stage stage, Target target) {
        if (target.capability() < SharedTiles.ASYNCHRONOUS) {
            return Optional.empty();
        }
        return factors(stage).stream()
                .filter(f -> f.type() != DType.F32)
                .findFirst()
                .flatMap(f -> Intrinsics.tile(f.type(), BinaryOp.MUL, false, target.capability()))
                .filter(TensorTile::takesAccumulators);
    }

    /** The two tensors of which a stage sums products. */
    private static List<Expr.Read> factors(Stage stage) {
        return stage.reduction().isPresent()
                        && stage.reduction().get().body() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                        && op == BinaryOp.MUL
                        && Stages.withoutCasts(left) instanceof Expr.Read a
                        && Stages.withoutCasts(right) instanceof Expr.Read b
                ? List.of(a, b)
                : List.of();
    }

    private static boolean serves(ScheduleBuilder builder, Stage stage, TensorTile tile) {
        if (!(new DivideLast(stage.name(), tile.memoryType()).apply(builder.nest(), Map.of())
                instanceof Outcome.Applied(LoopNest divided))) {
            return false;
        }
        Optional<PowerSum> found = PowerSum.of(divided.program(), divided.stage(stage.name()));
        if (found.isEmpty()) {
            return false;
        }
        PowerSum sum = found.get();
        List<Expr.Read> factors = factors(sum.products());
        List<Axis> axes = sum.products().axes();
        int rank = axes.size();
        boolean fits = rank >= 2
                && stage.axes().size() == rank
                && stage.reduction().orElseThrow().axes().size() == 1
                && factors.size() == 2
                && !factors.get(0).tensor().equals(factors.get(1).tensor())
                && factors.stream().allMatch(f -> f.type() == tile.memoryType())
                && sum.products().reduction().orElseThrow().type() == tile.accumulatorType()
                && stage.reduction().orElseThrow().type() == tile.accumulatorType();
        return fits
                && queries(factors, axes.get(rank - 2), axes.getLast()).isPresent()
                && LongStream.of(
                                Stages.extent(axes.get(rank - 2)),
                                Stages.extent(axes.getLast()),
                                Stages.extent(stage.axes().getLast()),
                                Stages.extent(sum.products()
                                        .reduction()
                                        .orElseThrow()
                                        .axes()
                                        .getFirst()))
                        .allMatch(extent -> extent >= FEWEST_QUERIES)
                && Stages.extent(stage.axes().getLast()) <= LONGEST_ROW
                && Stages.extent(sum.products().reduction().orElseThrow().axes().getFirst()) <= LONGEST_ROW
                && stage.axes().stream().allMatch(a -> Stages.extent(a) > 0)
                && builder.buffer(stage.name()).layout().equals(LayoutMap.rowMajor(rank));
    }

    /** Which factor of the products has a row for each query, the other having one for each key. */
    private static Optional<Expr.Read> queries(List<Expr.Read> factors, Axis query, Axis key) {
        return factors.stream()
                .filter(f -> {
                    Expr.Read other = factors.get(0).equals(f) ? factors.get(1) : factors.get(0);
                    return mentions(f, query) && !mentions(f, key) && mentions(other, key) && !mentions(other, query);
                })
                .findFirst();
    }

    private static boolean mentions(Expr.Read read, Axis axis) {
        return Decompose.variables(read.indices()).contains(axis.name());
    }

    private long choose(String what, List<Long> domain, long preferred) {
        return builder.chooseOrFirst(sum.sum().name() + "." + what, domain, preferred);
    }

    private MatrixOperand operand(Stage stage, Expr.Read read, Axis side, Axis depth) {
        List<Axis> batch = stage.axes().subList(0, stage.axes().size() - 2);
        return MatrixOperand.of(builder, stage.name(), read, batch, List.of(side), List.of(depth));
    }

    private void schedule() {
        String name = sum.sum().name();
        Expr.Read values = factors(sum.sum()).stream()
                .filter(f -> !f.tensor().equals(sum.terms().name()))
                .findFirst()
                .orElseThrow();
        List<Axis> scoreAxes = sum.products().axes();
        Axis query = scoreAxes.get(scoreAxes.size() - 2);
        Axis depth = sum.products().reduction().orElseThrow().axes().getFirst();
        List<Expr.Read> factors = factors(sum.products());
        Expr.Read ofQueries = queries(factors, query, scoreAxes.getLast()).orElseThrow();
        Expr.Read ofKeys = factors.get(0).equals(ofQueries) ? factors.get(1) : factors.get(0);
        MatrixOperand v = operand(sum.sum(), values, columns, keys);
        MatrixOperand q = operand(sum.products(), ofQueries, query, depth);
        MatrixOperand k = operand(sum.products(), ofKeys, scoreAxes.getLast(), depth);
        long block = choose("block.keys", KEYS, Stages.extent(columns) > 128 ? 32 : 64);
        long warpRows = tile.rows() * choose("warp.tiles", List.of(1L, 2L), 1);
        long warps = choose("warps", WARPS, warps());
        Tiled tiled = tiled(warpRows * warps, warpRows, block);
        String blocks = tiled.blocks();
        SharedTiles.stage(builder, v, tile, blocks, warps);
        builder.add(new Tensorize(tiled.tile(), tile.name()));
        builder.add(new Rolling(name, blocks, tile.name()));
        SharedTiles.stage(builder, k, tile, blocks, warps);
        SharedTiles.stage(builder, q, tile, tiled.warps(), warps);
        builder.add(new Tensorize(sum.products().name() + ".row", tile.name()));
        long wide = Math.ceilDiv(Stages.extent(depth), tile.depth()) * tile.depth();
        long wideColumns = Math.ceilDiv(Stages.extent(columns), tile.columns()) * tile.columns();
        long bytes = SharedTiles.bytes(k, tile, block, wide) + SharedTiles.bytes(v, tile, wideColumns, block);
        long left = target.fastBytes() - SharedTiles.bytes(q, tile, warpRows * warps, wide);
        List<Long> stages = SharedTiles.stages(builder, blocks, LongStream.of(1, 2, 3), bytes, left);
        SharedTiles.pipeline(builder, blocks, choose("stages", stages, 2));
    }

    /** Eight warps where their blocks are enough for all multiprocessors. */
    private long warps() {
        long rows = tile.rows() * 8L;
        long blocks = Math.ceilDiv(Stages.extent(queries), rows);
        for (Axis axis : sum.sum().axes().subList(0, sum.sum().axes().size() - 2)) {
            blocks *= Stages.extent(axis);
        }
        return Stages.extent(queries) >= rows && blocks >= 2L * target.units() ? 8 : 4;
    }

    /** The loops over warps, over blocks of keys, and over the rows of a tile. */
    private record Tiled(String warps, String blocks, String tile) {}

    /** Orders and binds the loops of the sum. */
    private Tiled tiled(long blockRows, long warpRows, long block) {
        String name = sum.sum().name();
        List<String> spatial = builder.axisLoops(name);
        List<String> batch = spatial.subList(0, spatial.size() - 2);
        var row = builder.split(spatial.get(spatial.size() - 2), blockRows, Tail.PAD);
        var rowWarp = builder.split(row.inner(), warpRows, Tail.EXACT);
        var rowTile = builder.split(rowWarp.inner(), tile.rows(), Tail.EXACT);
        var column = builder.split(spatial.getLast(), tile.columns(), Tail.PAD);
        var stretch = builder.split(builder.reductionLoops(name).getFirst(), block, Tail.PAD);
        var step = builder.split(stretch.inner(), tile.depth(), Tail.EXACT);
        builder.order(ScheduleBuilder.joined(
                batch,
                List.of(row.outer(), rowWarp.outer(), stretch.outer(), step.outer()),
                List.of(rowTile.outer(), column.outer(), rowTile.inner(), column.inner(), step.inner())));
        if (!batch.isEmpty()) {
            builder.add(new Bind(builder.fuse(batch), Loop.Binding.BLOCK_Y));
        }
        builder.add(new Bind(row.outer(), Loop.Binding.BLOCK_X));
        builder.add(new Bind(rowWarp.outer(), Loop.Binding.THREAD_Y));
        List.of(step.outer(), rowTile.outer(), column.outer()).forEach(loop -> builder.add(new Unroll(loop)));
        return new Tiled(rowWarp.outer(), stretch.outer(), rowTile.inner());
    }
}
