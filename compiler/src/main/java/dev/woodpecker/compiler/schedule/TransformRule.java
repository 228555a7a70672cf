package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Minimal filtering on a CPU. Both transforms of a tile run in registers, a vector of channels at a time, with the tables'
 * zeros and ones gone; between them the contraction is a batch of matrix products over all tiles.
 *
 * <pre>
 * for (batch, channel blocks, tile rows) parallel: for tiles: rows, then data: unrolled, lanes of channels
 * for the contraction: as {@link ContractionRule}
 * for (batch, column blocks, tile rows) parallel: for tiles: rows, then result: unrolled, lanes of columns
 * </pre>
 */
final class TransformRule {
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
        Optional<TransformRule> rule = TransformedContraction.of(builder.nest().program())
                .flatMap(t -> Contraction.of(t.product()).map(c -> new TransformRule(builder, target, t, c)))
                .filter(TransformRule::fits);
        rule.ifPresent(TransformRule::apply);
        return rule.map(TransformRule::scheduled).orElse(Set.of());
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
                    .filter(axis -> Contraction.extent(axis) % lanes == 0)
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
                && Contraction.extent(column.get()) % lanes == 0
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
        border();
        Axis dataChannel = channelAxis(builder, contraction, transformed, lanes).orElseThrow();
        transform(data.name(), data.axes().get(position), transformed.dataRows().name(), dataChannel, Map.of());
        if (!ContractionRule.schedule(
                builder, builder.stage(transformed.product().name()), target)) {
            throw new ScheduleBuilder.Misfit("the contraction of " + data.name() + " has no register tiles");
        }
        Axis resultColumn = resultColumn(transformed, contraction).orElseThrow();
        Map<String, Long> tiles = new HashMap<>();
        transformed.result().axes().forEach(axis -> {
            long tile = transformed.tile(axis.name());
            if (tile > 1) {
                tiles.put(axis.name(), tile);
            }
        });
        Axis rowsColumn = rowsColumn(transformed, contraction).orElseThrow();
        transform(
                transformed.result().name(),
                resultColumn,
                transformed.resultRows().name(),
                rowsColumn,
                tiles);
    }

    /** What lies outside the data becomes a halo, so that no element of a tile has a condition. */
    private void border() {
        Stage rows = transformed.dataRows();
        Expr.Read read = TransformedContraction.transformed(rows).orElseThrow();
        Step halo = new Border(read.tensor(), rows.name(), Border.Mode.HALO);
        if (read.outside().isEmpty() || !builder.attempt(halo)) {
            return;
        }
        Expr.Read bordered =
                TransformedContraction.transformed(builder.stage(rows.name())).orElseThrow();
        channelAxis(builder, contraction, transformed, lanes)
                .map(axis -> bordered.indices().indexOf(axis.variable()))
                .filter(index -> index >= 0)
                .ifPresent(index -> builder.add(new Layout(
                        bordered.tensor(),
                        LayoutMap.rowMajor(bordered.indices().size()).blocked(index, lanes))));
        SpatialRule.schedule(builder, builder.stage(bordered.tensor()), target);
    }

    /**
     * Loops over tiles, and in each the first transform and then the second, unrolled, with lanes along an axis.
     *
     * @param second the stage whose loops go over the tiles
     * @param first the stage that it reads
     * @param vectorOfFirst the axis of that stage which the lanes run along
     * @param tiles the extents of a tile along those axes of the second whose points belong to one tile
     */
    private void transform(String second, Axis vector, String first, Axis vectorOfFirst, Map<String, Long> tiles) {
        Stage stage = builder.stage(second);
        List<String> axes = builder.axisLoops(second);
        List<String> reductions = builder.reductionLoops(second);
        List<String> outer = new ArrayList<>();
        List<String> unrolled = new ArrayList<>();
        List<String> tileLoops = new ArrayList<>();
        Set<String> inTile = insideTile(stage, tiles);
        String lane = "";
        for (Axis axis : stage.axes()) {
            String loop = axes.get(stage.axes().indexOf(axis));
            if (axis.equals(vector)) {
                ScheduleBuilder.Halves halves = builder.split(loop, lanes, Tail.EXACT);
                outer.add(halves.outer());
                lane = halves.inner();
            } else if (tiles.containsKey(axis.name())) {
                ScheduleBuilder.Halves halves = builder.split(loop, tiles.get(axis.name()), Tail.PEEL);
                tileLoops.add(halves.outer());
                unrolled.add(halves.inner());
            } else if (inTile.contains(axis.name())) {
                unrolled.add(loop);
            } else if (tiles.isEmpty()
                    && stage.axes().indexOf(axis) >= stage.axes().size() - 2) {
                tileLoops.add(loop);
            } else {
                outer.add(loop);
            }
        }
        List<String> order = new ArrayList<>(outer);
        order.addAll(tileLoops);
        order.addAll(unrolled);
        order.addAll(reductions);
        order.add(lane);
        builder.order(order);
        builder.add(new ComputeAt(first, tileLoops.getLast(), Scope.REGISTER));
        transformRows(first, vectorOfFirst);
        unrolled.forEach(loop -> builder.add(new Unroll(loop)));
        reductions.forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Vectorize(lane));
        List<String> shared = new ArrayList<>(outer);
        if (builder.loop(tileLoops.getFirst()).peel().isEmpty()) {
            shared.add(tileLoops.getFirst());
        }
        builder.add(new Bind(builder.fuse(shared), Loop.Binding.PARALLEL));
    }

    /** Axes of the data's second transform that index its table: the points of a tile. */
    private static Set<String> insideTile(Stage stage, Map<String, Long> tiles) {
        Set<String> inside = new HashSet<>();
        if (tiles.isEmpty()) {
            stage.axes().stream().limit(2).forEach(axis -> inside.add(axis.name()));
        }
        return inside;
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
