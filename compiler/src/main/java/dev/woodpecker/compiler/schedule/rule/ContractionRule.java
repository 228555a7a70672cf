package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Border;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.Prefetch;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Register-tiled convolutions and matrix products on a CPU: a tile of a few vectors of columns times a few rows stays in
 * registers while the reduction runs over it; each datum is broadcast once and used for all vectors. Around it, blocks of
 * rows decide what stays in the caches while all columns pass, and blocks of channels what stays there while the tiles of
 * a block of rows pass.
 *
 * <pre>
 * for (row blocks, column blocks) parallel: for channel blocks: for row tiles: for reduction: rows x vectors x lanes
 * </pre>
 */
final class ContractionRule {
    /** A quarter of the second cache of a server's core. */
    private static final long BLOCK_OF_DATA_BYTES = 256 << 10;

    /** Two multiply-adds a cycle, each ready after four. */
    private static final long SUMS_IN_FLIGHT = 8;

    private final ScheduleBuilder builder;
    private final Target target;
    private final Contraction contraction;
    private final int vectors;
    private final int lanes;
    private final boolean isShared;

    private ContractionRule(
            ScheduleBuilder builder, Target target, Contraction contraction, int vectors, boolean isShared) {
        this.builder = builder;
        this.target = target;
        this.contraction = contraction;
        this.vectors = vectors;
        this.lanes = target.lanes(4);
        this.isShared = isShared;
    }

    /** Schedules the stage if it is a contraction that this rule serves. */
    static boolean schedule(ScheduleBuilder builder, Stage stage, Target target) {
        return builder.isAlone(stage.name()) && schedule(builder, stage, target, true);
    }

    /** The same for a stage that is computed inside a loop of another: its iterations are that loop's to share out. */
    static boolean scheduleInside(ScheduleBuilder builder, Stage stage, Target target) {
        return schedule(builder, stage, target, false);
    }

    private static boolean schedule(ScheduleBuilder builder, Stage stage, Target target, boolean isShared) {
        Optional<Contraction> found = Contraction.of(stage);
        if (found.isEmpty() || !serves(found.get(), target)) {
            return false;
        }
        Contraction c = found.get();
        int vectors = chooseVectors(builder, c, target);
        Contraction bordered = ContractionOperands.border(builder, c, target);
        Contraction prepared = ContractionOperands.pack(builder, bordered, vectors, target);
        new ContractionRule(builder, target, prepared, vectors, isShared).tile();
        return true;
    }

    /** Whether columns fill vectors well enough. */
    static boolean serves(Contraction c, Target target) {
        int lanes = target.lanes(4);
        boolean grouped = c.groupSize() != Stages.extent(c.column());
        boolean tooNarrow = Stages.extent(c.column()) < lanes / 2 || (grouped && c.groupSize() % lanes != 0);
        return lanes >= 2 && !tooNarrow && !c.data().tensor().equals(c.weights().tensor());
    }

    private static int chooseVectors(ScheduleBuilder builder, Contraction c, Target target) {
        long blocks = Math.ceilDiv(c.groupSize(), target.lanes(4));
        boolean grouped = c.groupSize() != Stages.extent(c.column());
        List<Long> domain = new ArrayList<>();
        for (long v = 1; v <= Math.min(4, blocks); v++) {
            if (!grouped || blocks % v == 0) {
                domain.add(v);
            }
        }
        return (int) builder.choose(c.stage().name() + ".tile.vectors", domain, c.vectors(target));
    }

    private void tile() {
        Stage stage = contraction.stage();
        List<String> axes = builder.axisLoops(stage.name());
        List<String> reductions = new ArrayList<>(builder.reductionLoops(stage.name()));
        String column = axes.get(stage.axes().indexOf(contraction.column()));
        ScheduleBuilder.Halves columns = splitColumn(column, (long) lanes * vectors);
        ScheduleBuilder.Halves lanesOf = builder.split(columns.inner(), lanes, Tail.EXACT);
        List<String> batch = new ArrayList<>();
        List<String> rows = new ArrayList<>();
        for (Axis axis : stage.axes()) {
            String loop = axes.get(stage.axes().indexOf(axis));
            if (contraction.rows().contains(axis)) {
                rows.add(loop);
            } else if (!loop.equals(column)) {
                batch.add(loop);
            }
        }
        builder.order(ScheduleBuilder.joined(
                batch, List.of(columns.outer()), rows, reductions, List.of(lanesOf.outer(), lanesOf.inner())));
        long shared = builder.iterations(columns.outer());
        for (String loop : batch) {
            shared *= builder.iterations(loop);
        }
        RowTiles tiles = RowTiles.choose(builder, contraction, rows, Contraction.rowsPerTile(target, vectors), shared);
        Optional<ScheduleBuilder.Halves> rowBlocks = blockRows(tiles);
        ChannelBlocks channels = ChannelBlocks.choose(builder, contraction, reductions, vectors, lanes);
        List<String> streams = new ArrayList<>();
        String columnBlocks = splitStreams(columns.outer(), streams);
        List<String> outer = new ArrayList<>(batch);
        rowBlocks.ifPresent(halves -> outer.add(halves.outer()));
        outer.add(columnBlocks);
        List<String> inner = ScheduleBuilder.joined(
                tiles.outer(),
                tiles.tiles(),
                channels.inner(),
                streams,
                tiles.unrolled(),
                List.of(lanesOf.outer(), lanesOf.inner()));
        List<String> order = ScheduleBuilder.joined(outer, channels.blocks(), inner);
        builder.order(order);
        streams.forEach(loop -> builder.add(new Unroll(loop)));
        tiles.unrolled().forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Unroll(lanesOf.outer()));
        builder.add(new Vectorize(lanesOf.inner()));
        if (contraction.data().outside().isPresent()) {
            builder.add(new Border(contraction.data().tensor(), stage.name(), Border.Mode.PEEL));
        }
        // Last of what concerns these loops: each then stands in the init, the updates and the finish.
        channels.blocks().forEach(loop -> builder.add(new Decompose(stage.name(), loop)));
        prefetch(channels);
        if (!isShared) {
            return;
        }
        if (channels.blocks().isEmpty()) {
            outer.addAll(tiles.outer());
            builder.shareOut(outer, tiles.tiles());
        } else {
            builder.shareOut(outer, List.of());
        }
    }

    private void prefetch(ChannelBlocks channels) {
        for (String loop : channels.blocks()) {
            if (builder.choose(contraction.stage().name() + ".prefetch", List.of(0L, 1L), 1) == 1) {
                builder.add(new Prefetch(contraction.weights().tensor(), loop));
            }
        }
    }

    /**
     * Of few rows a tile takes several blocks of columns: its sums are then enough to fill the pipelines, and the weights,
     * each of which is read once, come in as many streams (one core of a Cascade Lake reads 10.4 GB/s in one stream, 12.2
     * in two or four).
     *
     * @param inside the loop over the blocks of a tile is added to these, if there is one
     * @return the loop over tiles of columns
     */
    private String splitStreams(String columnBlocks, List<String> inside) {
        long sums = vectors;
        for (Axis row : contraction.rows()) {
            long extent = Stages.extent(row);
            sums *= extent < 0 ? SUMS_IN_FLIGHT : Math.max(1, extent);
        }
        boolean grouped = contraction.groupSize() != Stages.extent(contraction.column());
        if (sums >= SUMS_IN_FLIGHT || grouped) {
            return columnBlocks;
        }
        long blocks = builder.iterations(columnBlocks);
        long most = SUMS_IN_FLIGHT / sums;
        List<Long> domain = Divisors.of(blocks).stream().filter(d -> d <= most).toList();
        long preferred = domain.reversed().stream()
                .filter(d -> blocks / d >= ScheduleBuilder.PARALLEL_ITERATIONS)
                .findFirst()
                .orElse(1L);
        long taken = builder.choose(contraction.stage().name() + ".tile.streams", domain, preferred);
        if (taken == 1) {
            return columnBlocks;
        }
        ScheduleBuilder.Halves halves = builder.split(columnBlocks, taken, Tail.EXACT);
        inside.add(halves.inner());
        return halves.outer();
    }

    private ScheduleBuilder.Halves splitColumn(String column, long block) {
        long extent = Stages.extent(contraction.column());
        return builder.split(column, block, extent % block == 0 ? Tail.EXACT : Tail.PAD);
    }

    /** Blocks of the outermost loop over rows: all columns pass over one block before the next begins. */
    private Optional<ScheduleBuilder.Halves> blockRows(RowTiles tiles) {
        Optional<String> blocked = tiles.blockable(builder);
        if (blocked.isEmpty()) {
            return Optional.empty();
        }
        String loop = blocked.get();
        long extent = IndexMath.constant(builder.loop(loop).extent()).orElse(1);
        List<Long> domain = Divisors.of(extent);
        long size = builder.choose(
                contraction.stage().name() + ".block.rows",
                domain,
                preferredBlock(domain, contraction.dataBytes(builder)));
        if (size == extent) {
            return Optional.empty();
        }
        ScheduleBuilder.Halves halves = builder.split(loop, size, Tail.EXACT);
        tiles.replace(loop, halves.inner());
        return Optional.of(halves);
    }

    /** The largest block whose data stay in the second cache, beside the weights that pass. */
    private static long preferredBlock(List<Long> domain, long dataBytes) {
        long whole = domain.getLast();
        return domain.reversed().stream()
                .filter(block -> dataBytes / whole * block <= BLOCK_OF_DATA_BYTES)
                .findFirst()
                .orElse(domain.getFirst());
    }
}
