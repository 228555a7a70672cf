package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Register-tiled convolutions and matrix products on a CPU: a tile of a few vectors of columns times a few rows stays in
 * registers while the whole reduction runs over it; each datum is broadcast once and used for all vectors.
 *
 * <pre>
 * for (column blocks, rows) parallel: for row tiles: for reduction: rows x vectors unrolled, lanes vectorised
 * </pre>
 */
final class ContractionRule {
    /** Enough iterations for workers to share out evenly. */
    private static final long PARALLEL_ITERATIONS = 16;

    private final ScheduleBuilder builder;
    private final Target target;
    private final Contraction contraction;
    private final int lanes;

    private ContractionRule(ScheduleBuilder builder, Target target, Contraction contraction) {
        this.builder = builder;
        this.target = target;
        this.contraction = contraction;
        this.lanes = target.lanes(4);
    }

    /** Schedules the stage if it is a contraction that this rule serves. */
    static boolean schedule(ScheduleBuilder builder, Stage stage, Target target) {
        Optional<Contraction> found = Contraction.of(stage);
        int lanes = target.lanes(4);
        if (found.isEmpty() || lanes < 2 || !builder.isAlone(stage.name())) {
            return false;
        }
        Contraction c = found.get();
        boolean grouped = c.groupSize() != Contraction.extent(c.column());
        boolean tooNarrow = Contraction.extent(c.column()) < lanes / 2 || (grouped && c.groupSize() % lanes != 0);
        if (tooNarrow || c.data().tensor().equals(c.weights().tensor())) {
            return false;
        }
        Contraction prepared = prepareWeights(builder, prepareBorder(builder, c, target), target);
        new ContractionRule(builder, target, prepared).tile();
        return true;
    }

    private static Contraction prepareBorder(ScheduleBuilder builder, Contraction c, Target target) {
        String stage = c.stage().name();
        if (c.data().outside().isEmpty() || !builder.attempt(new Border(c.data().tensor(), stage, Border.Mode.HALO))) {
            return c;
        }
        Contraction bordered = Contraction.of(builder.stage(stage)).orElseThrow();
        String halo = bordered.data().tensor();
        if (builder.nest().numerics().mayReassociate() && bordered.isChannelsFirst()) {
            int lanes = target.lanes(4);
            bordered.channel(builder.nest().program(), lanes)
                    .flatMap(a -> bordered.channelOfData(builder.nest().program(), a))
                    .ifPresent(axis -> builder.add(new Layout(
                            halo,
                            LayoutMap.rowMajor(bordered.data().indices().size()).blocked(axis, lanes))));
        }
        SpatialRule.schedule(builder, builder.stage(halo), target);
        return bordered;
    }

    /** Weights whose columns are not next to each other, or not padded to whole tiles, are packed first. */
    private static Contraction prepareWeights(ScheduleBuilder builder, Contraction c, Target target) {
        String stage = c.stage().name();
        LayoutMap.Dimension innermost =
                builder.buffer(c.weights().tensor()).layout().dimensions().getLast();
        long tile = (long) target.lanes(4) * c.vectors(target);
        boolean contiguous = innermost.axis() == c.columnOfWeights() && innermost.divisor() == 1;
        boolean whole = Contraction.extent(c.column()) % tile == 0
                || innermost.modulus() % tile == 0 && innermost.modulus() > 0;
        if (contiguous && whole) {
            return c;
        }
        builder.add(new CacheRead(c.weights().tensor(), stage, Optional.empty(), Scope.WORKSPACE));
        Contraction packed = Contraction.of(builder.stage(stage)).orElseThrow();
        String cache = packed.weights().tensor();
        builder.add(new Layout(cache, packed.packed(builder.nest().program(), target)));
        SpatialRule.schedule(builder, builder.stage(cache), target);
        return packed;
    }

    private void tile() {
        Stage stage = contraction.stage();
        List<String> axes = builder.axisLoops(stage.name());
        List<String> reductions = new ArrayList<>(builder.reductionLoops(stage.name()));
        int vectors = contraction.vectors(target);
        String column = axes.get(stage.axes().indexOf(contraction.column()));
        ScheduleBuilder.Halves columns = splitColumn(column, (long) lanes * vectors);
        ScheduleBuilder.Halves lanesOf = builder.split(columns.inner(), lanes, Tail.EXACT);
        List<String> outer = new ArrayList<>();
        List<String> rows = new ArrayList<>();
        for (Axis axis : stage.axes()) {
            String loop = axes.get(stage.axes().indexOf(axis));
            if (contraction.rows().contains(axis)) {
                rows.add(loop);
            } else if (!loop.equals(column)) {
                outer.add(loop);
            }
        }
        builder.order(
                concat(outer, List.of(columns.outer()), rows, reductions, List.of(lanesOf.outer(), lanesOf.inner())));
        outer.add(columns.outer());
        List<String> unrolled = new ArrayList<>();
        List<String> tiles = tileRows(rows, outer, unrolled, Contraction.rowsPerTile(target, vectors));
        List<String> inner = blockChannel(reductions);
        unrolled.add(lanesOf.outer());
        builder.order(concat(outer, tiles, inner, unrolled, List.of(lanesOf.inner())));
        unrolled.forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Vectorize(lanesOf.inner()));
        share(outer, tiles);
    }

    private ScheduleBuilder.Halves splitColumn(String column, long block) {
        long extent = Contraction.extent(contraction.column());
        return builder.split(column, block, extent % block == 0 ? Tail.EXACT : Tail.PAD);
    }

    /** Tiles the innermost rows; the others go to {@code outer}, loops of the tile to {@code unrolled}. */
    private List<String> tileRows(List<String> rows, List<String> outer, List<String> unrolled, long most) {
        if (rows.isEmpty()) {
            return List.of();
        }
        List<String> remaining = new ArrayList<>(rows);
        if (flattens()) {
            String fused = builder.fuse(remaining.subList(remaining.size() - 2, remaining.size()));
            remaining = new ArrayList<>(remaining.subList(0, remaining.size() - 2));
            remaining.add(fused);
        }
        String innermost = remaining.removeLast();
        long extent = IndexMath.constant(builder.loop(innermost).extent()).orElse(1);
        long size = balanced(extent, most);
        ScheduleBuilder.Halves tile = builder.split(innermost, size, Tail.PEEL);
        List<String> tiles = new ArrayList<>();
        long second = remaining.isEmpty()
                ? 1
                : Math.min(
                        most / size,
                        IndexMath.constant(builder.loop(remaining.getLast()).extent())
                                .orElse(1));
        if (second > 1) {
            ScheduleBuilder.Halves pair = builder.split(remaining.removeLast(), second, Tail.PEEL);
            tiles.add(pair.outer());
            unrolled.add(pair.inner());
        }
        outer.addAll(remaining);
        tiles.add(tile.outer());
        unrolled.add(tile.inner());
        return tiles;
    }

    /** As many equal tiles as are needed with at most {@code most} rows in each. */
    private static long balanced(long extent, long most) {
        return Math.ceilDiv(extent, Math.ceilDiv(extent, most));
    }

    /** Whether the two innermost rows run over the data's last pixels as one: a 1x1 convolution of stride 1. */
    private boolean flattens() {
        List<Axis> rows = contraction.rows();
        if (rows.size() < 2) {
            return false;
        }
        Axis high = rows.get(rows.size() - 2);
        Axis low = rows.getLast();
        int position = contraction.data().indices().indexOf(high.variable());
        List<Expr> indices = contraction.data().indices();
        if (position < 0
                || position + 1 >= indices.size()
                || !indices.get(position + 1).equals(low.variable())) {
            return false;
        }
        Buffer data = builder.buffer(contraction.data().tensor());
        int own = contraction.stage().axes().indexOf(high);
        return data.shape().get(position + 1).equals(low.extent())
                && contraction.stage().axes().indexOf(low) == own + 1
                && !contraction
                        .stage()
                        .reduction()
                        .orElseThrow()
                        .body()
                        .anyMatch(e -> e instanceof Expr.Read r && r.outside().isPresent());
    }

    /** Runs the channels of one block innermost where the data has them next to each other. */
    private List<String> blockChannel(List<String> reductions) {
        List<String> order = new ArrayList<>(reductions);
        if (!builder.nest().numerics().mayReassociate()) {
            return order;
        }
        Optional<Axis> channel = contraction.channel(builder.nest().program(), lanes);
        LayoutMap layout = builder.buffer(contraction.data().tensor()).layout();
        boolean blocked = channel.flatMap(
                        a -> contraction.channelOfData(builder.nest().program(), a))
                .filter(axis -> layout.blockOf(axis) == lanes)
                .isPresent();
        if (!blocked) {
            return order;
        }
        int index = contraction.stage().reduction().orElseThrow().axes().indexOf(channel.orElseThrow());
        ScheduleBuilder.Halves halves = builder.split(order.get(index), lanes, Tail.EXACT);
        order.set(index, halves.outer());
        order.add(halves.inner());
        return order;
    }

    /** Shares out the outer loops, and those over tiles too where the outer are too few. */
    private void share(List<String> outer, List<String> tiles) {
        List<String> shared = new ArrayList<>(outer);
        long iterations = 1;
        for (String loop : outer) {
            iterations *= IndexMath.constant(builder.loop(loop).extent()).orElse(PARALLEL_ITERATIONS);
        }
        for (String tile : tiles) {
            if (iterations >= PARALLEL_ITERATIONS || builder.loop(tile).peel().isPresent()) {
                break;
            }
            shared.add(tile);
            iterations *= IndexMath.constant(builder.loop(tile).extent()).orElse(1);
        }
        builder.add(new Bind(builder.fuse(shared), Loop.Binding.PARALLEL));
    }

    @SafeVarargs
    private static List<String> concat(List<String>... lists) {
        List<String> all = new ArrayList<>();
        for (List<String> list : lists) {
            all.addAll(list);
        }
        return all;
    }
}
