package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Border;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What becomes of a window that reaches beyond its tensor. Either it reads from a copy with a halo, or the tiles at the ends
 * of rows, and the first and last row, have code of their own, so that the others have no condition. That saves the copy,
 * which takes as long as the window itself, where lanes are channels: conditions are then of whole vectors.
 *
 * @param stage the stage as it reads now
 * @param tensor what it reaches beyond, if it still does
 * @param tile pixels of a row that are computed together, if ends are to be peeled
 * @param sharesRows whether rows are what is shared out, since there are few blocks of channels
 */
record WindowBorder(Stage stage, Optional<String> tensor, OptionalLong tile, boolean sharesRows) {
    /** Smaller tiles read the weights too often. */
    private static final long LEAST_TILE = 4;

    /** Registers beside the accumulators of a tile: of 32 with lanes of 64 bytes. */
    private static final long MOST_TILE_OF_FEW_REGISTERS = 8;

    /** Where neither rows nor what is around them is much. */
    private static final long LEAST_SHARED = 4;

    static WindowBorder none(Stage stage) {
        return new WindowBorder(stage, Optional.empty(), OptionalLong.empty(), false);
    }

    /**
     * @param mayPeel whether the caller tiles rows by {@link #tile}, and ends with {@link #peel}
     */
    static WindowBorder of(ScheduleBuilder builder, Stage stage, Target target, boolean mayPeel) {
        Optional<String> reached = reached(stage);
        if (reached.isEmpty()) {
            return none(stage);
        }
        OptionalLong tile = mayPeel ? tile(builder, stage, target) : OptionalLong.empty();
        List<Long> modes = new ArrayList<>(List.of(code(Border.Mode.HALO), code(Border.Mode.MASK)));
        if (tile.isPresent()) {
            modes.add(1, code(Border.Mode.PEEL));
        }
        long preferred = code(tile.isPresent() ? Border.Mode.PEEL : Border.Mode.HALO);
        long mode = builder.choose(stage.name() + ".border", modes, preferred);
        if (mode == code(Border.Mode.PEEL)) {
            boolean sharesRows = shared(builder, stage) < ScheduleBuilder.PARALLEL_ITERATIONS
                    && rows(builder, stage) >= ScheduleBuilder.PARALLEL_ITERATIONS;
            return new WindowBorder(stage, reached, tile, sharesRows);
        }
        boolean copied = mode == code(Border.Mode.HALO)
                && builder.attempt(new Border(reached.get(), stage.name(), Border.Mode.HALO));
        return none(copied ? withHalo(builder, stage.name(), reached.get(), target) : stage);
    }

    /** Gives the ends their own code, once the loops of the stage are what they will be. */
    void peel(ScheduleBuilder builder) {
        if (tile.isPresent()) {
            builder.add(new Border(tensor.orElseThrow(), stage.name(), Border.Mode.PEEL));
        }
    }

    /** Tiles of a row that has no rest, with something between its ends, or of the whole row. */
    static List<Long> tiles(long extent, long most) {
        return Divisors.of(extent).stream()
                .filter(size -> size >= Math.min(LEAST_TILE, extent) && size <= most)
                .filter(size -> size == extent || extent / size >= 3)
                .toList();
    }

    private static long code(Border.Mode mode) {
        return mode.ordinal();
    }

    private static Optional<String> reached(Stage stage) {
        List<String> found = new ArrayList<>();
        stage.reduction().orElseThrow().body().anyMatch(e -> {
            if (e instanceof Expr.Read r && r.outside().isPresent()) {
                found.add(r.tensor());
            }
            return false;
        });
        return found.stream().findFirst();
    }

    /** The tile of pixels where vectors are of channels: the result's memory ends with rows, pixels and a block of lanes. */
    private static OptionalLong tile(ScheduleBuilder builder, Stage stage, Target target) {
        int lanes = target.lanes(4);
        LayoutMap layout = builder.buffer(stage.name()).layout();
        List<LayoutMap.Dimension> dimensions = layout.dimensions();
        if (lanes < 2
                || Stages.points(stage) > SpatialRule.UNROLLED_POINTS
                || dimensions.size() < 4
                || layout.isRowMajor()) {
            return OptionalLong.empty();
        }
        int last = dimensions.size() - 1;
        boolean channels = dimensions.get(last).modulus() == lanes
                && layout.blockOf(dimensions.get(last - 1).axis()) == 1
                && layout.blockOf(dimensions.get(last - 2).axis()) == 1;
        long rows = rows(builder, stage);
        boolean enough = Math.max(rows, shared(builder, stage)) >= ScheduleBuilder.PARALLEL_ITERATIONS;
        if (!channels || rows < 3 || !(enough || shared(builder, stage) >= LEAST_SHARED)) {
            return OptionalLong.empty();
        }
        long most = target.lanes(4) >= 16 ? SpatialRule.MOST_WINDOW_TILE : MOST_TILE_OF_FEW_REGISTERS;
        return tiles(extent(stage, dimensions.get(last - 1)), most).stream()
                .mapToLong(size -> size)
                .max();
    }

    private static long rows(ScheduleBuilder builder, Stage stage) {
        List<LayoutMap.Dimension> dimensions =
                builder.buffer(stage.name()).layout().dimensions();
        return extent(stage, dimensions.get(dimensions.size() - 3));
    }

    /** Iterations around the rows. */
    private static long shared(ScheduleBuilder builder, Stage stage) {
        List<LayoutMap.Dimension> dimensions =
                builder.buffer(stage.name()).layout().dimensions();
        long shared = 1;
        for (LayoutMap.Dimension dimension : dimensions.subList(0, dimensions.size() - 3)) {
            shared *= Math.ceilDiv(extent(stage, dimension), dimension.divisor());
        }
        return shared;
    }

    private static long extent(Stage stage, LayoutMap.Dimension dimension) {
        return Stages.extent(stage.axes().get(dimension.axis()));
    }

    private static Stage withHalo(ScheduleBuilder builder, String name, String tensor, Target target) {
        Stage bordered = builder.stage(name);
        String halo = Stages.readers(builder.nest().program(), tensor).stream()
                .map(Stage::name)
                .filter(n -> n.startsWith(tensor + ".halo"))
                .findFirst()
                .orElseThrow();
        LayoutMap layout = builder.buffer(tensor).layout();
        OptionalLong stride = Strides.alongLines(bordered, halo);
        if (!layout.isRowMajor()) {
            builder.add(new Layout(halo, layout));
        } else if (stride.isPresent() && builder.buffer(name).layout().isRowMajor() && target.lanes(4) > 1) {
            builder.add(new Layout(halo, Strides.unstrided(layout.rank(), stride.getAsLong())));
        }
        SpatialRule.schedule(builder, builder.stage(halo), target);
        return bordered;
    }
}
