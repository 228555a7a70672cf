package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.ComputeAt;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Minimal filtering on a CPU. Both transforms of a tile run in registers, a vector of channels at a time, with the tables'
 * zeros and ones gone; between them the contraction is a batch of matrix products over all tiles.
 *
 * What lies outside the data is a condition of whole vectors at the points of a tile that may lie there: a copy with a halo
 * took a tenth of the time.
 *
 * <pre>
 * for (batch, channel blocks, tile rows) parallel: for tiles: rows, then data: unrolled, lanes of channels
 * for the contraction: as {@link ContractionRule}
 * for (batch, column blocks, tile rows) parallel: for tiles: rows, then result: unrolled, lanes of columns
 * </pre>
 */
final class TransformRule {
    /** Of a server's core. */
    private static final long SECOND_CACHE_BYTES = 1 << 20;

    /** What a core may count on of the last cache, that others use too. */
    private static final long LAST_CACHE_BYTES = 12 << 20;

    /** How many times longer a byte from memory takes than one from the last cache. */
    private static final double MEMORY_SLOWNESS = 3.3;

    /** Written, which reads the line first, and read. */
    private static final double PASSES_OF_DATA = 3;

    private final ScheduleBuilder builder;
    private final Target target;
    private final TransformedContraction transformed;
    private final Contraction contraction;
    private final int lanes;

    private TransformRule(
            ScheduleBuilder builder, Target target, TransformedContraction transformed, Contraction contraction) {
        this.builder = builder;
        this.target = target;
        this.transformed = transformed;
        this.contraction = contraction;
        this.lanes = target.lanes(4);
    }

    /** Schedules the stages of a minimal filtering algorithm, if the program is one; the names of those it has scheduled. */
    static Set<String> schedule(ScheduleBuilder builder, Target target) {
        Optional<TransformRule> rule = of(builder, target);
        rule.ifPresent(TransformRule::apply);
        return rule.map(TransformRule::scheduled).orElse(Set.of());
    }

    static boolean serves(ScheduleBuilder builder, Target target) {
        return of(builder, target).isPresent();
    }

    private static Optional<TransformRule> of(ScheduleBuilder builder, Target target) {
        return TransformedContraction.of(builder.nest().program())
                .flatMap(t -> Contraction.of(t.product()).map(c -> new TransformRule(builder, target, t, c)))
                .filter(TransformRule::fits);
    }

    /** The layouts that the first and the last transform want: channels and columns in blocks, as direct contractions have. */
    static Map<String, LayoutMap> preferredLayouts(ScheduleBuilder builder, Target target) {
        Map<String, LayoutMap> layouts = new HashMap<>();
        TransformedContraction.of(builder.nest().program()).ifPresent(t -> {
            int lanes = target.lanes(4);
            Contraction c = Contraction.of(t.product()).orElseThrow();
            Expr.Read read = TransformedContraction.transformed(t.dataRows()).orElseThrow();
            channelAxis(builder, c, t, lanes)
                    .map(axis -> read.indices().indexOf(axis.variable()))
                    .filter(position -> position >= 0)
                    .ifPresent(position -> layouts.put(
                            read.tensor(),
                            LayoutMap.rowMajor(read.indices().size()).blocked(position, lanes)));
            resultColumn(t, c)
                    .filter(axis -> Stages.extent(axis) % lanes == 0)
                    .ifPresent(axis -> layouts.put(
                            t.result().name(),
                            LayoutMap.rowMajor(t.result().axes().size())
                                    .blocked(t.result().axes().indexOf(axis), lanes)));
        });
        return layouts;
    }

    /** The axis of the first transform along which the contraction's channels run. */
    private static Optional<Axis> channelAxis(
            ScheduleBuilder builder, Contraction c, TransformedContraction t, int lanes) {
        return c.channel(builder.nest().program(), lanes)
                .flatMap(axis -> c.channelOfData(builder.nest().program(), axis))
                .map(position -> t.data().axes().get(position))
                .flatMap(axis ->
                        sameAxis(TransformedContraction.transformed(t.data()).orElseThrow(), axis, t.dataRows()));
    }

    /** The axis of the last stage that is the contraction's column. */
    private static Optional<Axis> resultColumn(TransformedContraction t, Contraction c) {
        Expr.Read ofResult = TransformedContraction.transformed(t.result()).orElseThrow();
        return rowsColumn(t, c)
                .flatMap(axis -> t.result().axes().stream()
                        .filter(a -> ofResult.indices()
                                .get(t.resultRows().axes().indexOf(axis))
                                .equals(a.variable()))
                        .findFirst());
    }

    /** The axis of the first transform of the result that is the contraction's column. */
    private static Optional<Axis> rowsColumn(TransformedContraction t, Contraction c) {
        Expr.Read read = TransformedContraction.transformed(t.resultRows()).orElseThrow();
        Expr index = read.indices().get(t.product().axes().indexOf(c.column()));
        return t.resultRows().axes().stream()
                .filter(a -> index.equals(a.variable()))
                .findFirst();
    }

    /** The axis of {@code read} stage's own that the reader's axis is passed to as it is. */
    private static Optional<Axis> sameAxis(Expr.Read read, Axis ofReader, Stage producer) {
        int position = read.indices().indexOf(ofReader.variable());
        return position < 0 ? Optional.empty() : Optional.of(producer.axes().get(position));
    }

    private boolean fits() {
        if (lanes < 2 || !builder.nest().numerics().mayReassociate()) {
            return false;
        }
        Optional<Axis> column = resultColumn(transformed, contraction);
        return channelAxis(builder, contraction, transformed, lanes).isPresent()
                && column.isPresent()
                && Stages.extent(column.get()) % lanes == 0
                && builder.buffer(transformed.result().name())
                                .layout()
                                .blockOf(transformed.result().axes().indexOf(column.get()))
                        == lanes;
    }

    private Set<String> scheduled() {
        Set<String> names = new HashSet<>();
        List.of(
                        transformed.dataRows(),
                        transformed.data(),
                        transformed.product(),
                        transformed.resultRows(),
                        transformed.result())
                .forEach(stage -> names.add(stage.name()));
        return names;
    }

    private void apply() {
        Axis channel = contraction.channel(builder.nest().program(), lanes).orElseThrow();
        int position =
                contraction.channelOfData(builder.nest().program(), channel).orElseThrow();
        Stage data = transformed.data();
        builder.add(
                new Layout(data.name(), LayoutMap.rowMajor(data.axes().size()).blocked(position, lanes)));
        int column = transformed.product().axes().indexOf(contraction.column());
        builder.add(new Layout(
                transformed.product().name(),
                LayoutMap.rowMajor(transformed.product().axes().size()).blocked(column, lanes)));
        Axis resultColumn = resultColumn(transformed, contraction).orElseThrow();
        Axis rowsColumn = rowsColumn(transformed, contraction).orElseThrow();
        Map<String, Long> tiles = new LinkedHashMap<>();
        transformed.result().axes().forEach(axis -> {
            long tile = transformed.tile(axis.name());
            if (tile > 1) {
                tiles.put(axis.name(), tile);
            }
        });
        Axis dataChannel = channelAxis(builder, contraction, transformed, lanes).orElseThrow();
        Transform ofData = new Transform(
                data.name(), data.axes().get(position), transformed.dataRows().name(), dataChannel);
        Transform ofResult = new Transform(
                transformed.result().name(),
                resultColumn,
                transformed.resultRows().name(),
                rowsColumn);
        long block = chooseBlock(tiles);
        if (block > 0) {
            blocked(ofData, ofResult, tiles, block);
        } else {
            inPhases(ofData, ofResult, tiles);
        }
    }

    /**
     * A pair of stages.
     *
     * @param second the stage whose loops go over the tiles, {@code vector} the axis of its lanes
     * @param first the stage that it reads, {@code vectorOfFirst} the axis of its lanes
     */
    private record Transform(String second, Axis vector, String first, Axis vectorOfFirst) {}

    /** How many rows of tiles go through all three parts before the next; 0 for all, each part by itself. */
    private long chooseBlock(Map<String, Long> tiles) {
        if (tiles.isEmpty() || !builder.isConstant(contraction.weights().tensor())) {
            return 0;
        }
        Map.Entry<String, Long> first = tiles.entrySet().iterator().next();
        long extent = transformed.result().axes().stream()
                .filter(axis -> axis.name().equals(first.getKey()))
                .mapToLong(Stages::extent)
                .sum();
        List<Long> domain = new ArrayList<>(List.of(0L));
        long rows = Math.ceilDiv(extent, first.getValue());
        domain.addAll(Divisors.of(rows));
        long preferred = domain.stream()
                .min(Comparator.comparingDouble(block -> traffic(rows, block)))
                .orElseThrow();
        return builder.choose(transformed.product().name() + ".block.tiles", domain, preferred);
    }

    /** What passes between the second cache and beyond, in bytes of the last cache: weights once for each block, or data. */
    private double traffic(long rows, long block) {
        long data = bytes(transformed.data()) + bytes(transformed.product());
        Expr.Read read = contraction.weights();
        long weights = builder.nest()
                .program()
                .input(read.tensor())
                .map(w -> DefaultSchedule.elements(w.shape()) * w.type().bytes())
                .orElse(0L);
        boolean stays = block > 0 && data / rows * block <= SECOND_CACHE_BYTES;
        double ofData = stays ? 0 : PASSES_OF_DATA * data * slowness(data);
        boolean weightsStay = weights <= SECOND_CACHE_BYTES - SECOND_CACHE_BYTES / 4;
        double ofWeights = weightsStay ? 0 : (double) (block == 0 ? 1 : rows / block) * weights * slowness(weights);
        return ofData + ofWeights;
    }

    private static double slowness(long bytes) {
        return bytes <= LAST_CACHE_BYTES ? 1 : MEMORY_SLOWNESS;
    }

    private static long bytes(Stage stage) {
        return DefaultSchedule.elements(stage.shape()) * stage.type().bytes();
    }

    private void inPhases(Transform ofData, Transform ofResult, Map<String, Long> tiles) {
        Loops data = split(ofData, Map.of(), Tail.PEEL);
        place(ofData, data, data.outer());
        share(data.outer(), data.tiles());
        if (!ContractionRule.schedule(
                builder, builder.stage(transformed.product().name()), target)) {
            throw new ScheduleBuilder.Misfit("the contraction of " + ofData.second() + " has no register tiles");
        }
        Loops result = split(ofResult, tiles, Tail.PEEL);
        place(ofResult, result, result.outer());
        share(result.outer(), result.tiles());
    }

    /**
     * A block of tile rows at a time: what passes from part to part stays in the second cache. The rows of a ragged last
     * tile have a condition, which is the same for all lanes; a peeled tile would be no part of a block.
     */
    private void blocked(Transform ofData, Transform ofResult, Map<String, Long> tiles, long block) {
        Loops result = split(ofResult, tiles, Tail.GUARD);
        ScheduleBuilder.Halves rows = builder.split(result.tiles().getFirst(), block, Tail.EXACT);
        List<String> outer = new ArrayList<>(result.outer());
        String columns = outer.removeLast();
        outer.add(rows.outer());
        List<String> around = new ArrayList<>(outer);
        around.add(columns);
        List<String> inner = new ArrayList<>(List.of(rows.inner()));
        inner.addAll(result.tiles().subList(1, result.tiles().size()));
        place(ofResult, new Loops(around, inner, result.unrolled(), result.reductions(), result.lane()), around);
        String product = transformed.product().name();
        builder.add(new ComputeAt(product, rows.outer(), Scope.SHARED));
        if (!ContractionRule.scheduleInside(builder, builder.stage(product), target)) {
            throw new ScheduleBuilder.Misfit("the contraction of " + ofData.second() + " has no register tiles");
        }
        builder.add(new ComputeAt(ofData.second(), rows.outer(), Scope.SHARED));
        Loops data = split(ofData, Map.of(), Tail.PEEL);
        place(ofData, data, data.outer());
        builder.add(new Bind(builder.fuse(outer), Loop.Binding.PARALLEL));
    }

    /**
     * The loops of the second stage of a transform.
     *
     * @param outer around all tiles, the one over blocks of the lanes' axis last
     * @param tiles from tile to tile
     * @param unrolled over the points of a tile
     */
    private record Loops(
            List<String> outer, List<String> tiles, List<String> unrolled, List<String> reductions, String lane) {}

    /**
     * @param tiles the extents of a tile along those axes of the stage whose points belong to one tile; empty where the
     *     last two axes count tiles and the first two the points of one
     * @param rowsTail of the first axis that has tiles
     */
    private Loops split(Transform transform, Map<String, Long> tiles, Tail rowsTail) {
        Stage stage = builder.stage(transform.second());
        List<String> axes = builder.axisLoops(stage.name());
        List<String> reductions = builder.reductionLoops(stage.name());
        List<String> outer = new ArrayList<>();
        List<String> unrolled = new ArrayList<>();
        List<String> tileLoops = new ArrayList<>();
        String block = "";
        String lane = "";
        for (int i = 0; i < axes.size(); i++) {
            Axis axis = stage.axes().get(i);
            String loop = axes.get(i);
            if (axis.equals(transform.vector())) {
                ScheduleBuilder.Halves halves = builder.split(loop, lanes, Tail.EXACT);
                block = halves.outer();
                lane = halves.inner();
            } else if (tiles.containsKey(axis.name())) {
                Tail tail = tileLoops.isEmpty() ? rowsTail : Tail.PEEL;
                ScheduleBuilder.Halves halves = builder.split(loop, tiles.get(axis.name()), tail);
                tileLoops.add(halves.outer());
                unrolled.add(halves.inner());
            } else if (tiles.isEmpty() && i < 2) {
                unrolled.add(loop);
            } else if (tiles.isEmpty() && i >= axes.size() - 2) {
                tileLoops.add(loop);
            } else {
                outer.add(loop);
            }
        }
        outer.add(block);
        return new Loops(outer, tileLoops, unrolled, reductions, lane);
    }

    /** Puts the loops in order, the first transform into the innermost loop over tiles, and unrolls what a tile has. */
    private void place(Transform transform, Loops loops, List<String> outer) {
        List<String> order = new ArrayList<>(outer);
        order.addAll(loops.tiles());
        order.addAll(loops.unrolled());
        order.addAll(loops.reductions());
        order.add(loops.lane());
        builder.order(order);
        builder.add(new ComputeAt(transform.first(), loops.tiles().getLast(), Scope.REGISTER));
        transformRows(transform.first(), transform.vectorOfFirst());
        loops.unrolled().forEach(loop -> builder.add(new Unroll(loop)));
        loops.reductions().forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Vectorize(loops.lane()));
    }

    private void share(List<String> outer, List<String> tiles) {
        List<String> shared = new ArrayList<>(outer);
        if (builder.loop(tiles.getFirst()).peel().isEmpty()) {
            shared.add(tiles.getFirst());
        }
        builder.add(new Bind(builder.fuse(shared), Loop.Binding.PARALLEL));
    }

    /** The first transform of one tile: all its loops but the lanes' are unrolled. */
    private void transformRows(String first, Axis vector) {
        Stage stage = builder.stage(first);
        List<String> axes = builder.axisLoops(first);
        List<String> reductions = builder.reductionLoops(first);
        String lane = axes.get(stage.axes().indexOf(vector));
        List<String> unrolled = new ArrayList<>(axes);
        unrolled.remove(lane);
        unrolled.addAll(reductions);
        List<String> order = new ArrayList<>(unrolled);
        order.add(lane);
        builder.order(order);
        unrolled.forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Vectorize(lane));
    }
}
