package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.CacheRead;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Contractions whose columns do not fill vectors, with rows along memory, as a convolution of planes to 3 or 58 channels: a
 * vector is of rows, so that nothing is scattered. A tile of some columns times some vectors of rows uses each vector of
 * data and each weight several times.
 *
 * <pre>
 * for (batch, rows) parallel: for column blocks: for reduction: columns x vectors x lanes
 * </pre>
 */
final class RowVectorRule {
    /** Vectors of partial sums in a tile; the other registers hold data and weights. */
    private static final long ACCUMULATORS = 24;

    private static final long MOST_VECTORS = 8;

    /** From here on what {@link ContractionRule} scatters is little beside what it sums. */
    private static final long MOST_POINTS = 512;

    private RowVectorRule() {}

    /** Whether a contraction whose tensors lie row-major is for this rule. */
    static boolean serves(Contraction c, Target target) {
        int lanes = target.lanes(4);
        if (lanes < 2 || c.rows().isEmpty() || !c.isChannelsFirst()) {
            return false;
        }
        Axis along = c.rows().getLast();
        long columns = Stages.extent(c.column());
        boolean scatters = columns < lanes / 2 || columns % lanes != 0 && Stages.points(c.stage()) < MOST_POINTS;
        return scatters
                && columns > 1
                && c.groupSize() == columns
                && along.equals(c.stage().axes().getLast())
                && Stages.extent(along) >= lanes
                && !c.data().indices().isEmpty()
                && moves(c, along)
                && !c.data().tensor().equals(c.weights().tensor());
    }

    /** Whether the data run along memory with the rows, perhaps with a stride that a copy undoes. */
    private static boolean moves(Contraction c, Axis along) {
        OptionalLong stride = Strides.of(c.data().indices().getLast(), along.variable());
        return stride.equals(OptionalLong.of(1))
                || Strides.alongLines(c.stage(), c.data().tensor()).isPresent();
    }

    private static boolean mentions(Expr e, Expr.Var variable) {
        return e.anyMatch(variable::equals);
    }

    /** Schedules the stage if it is a contraction that this rule serves. */
    static boolean schedule(ScheduleBuilder builder, Stage stage, Target target) {
        Optional<Contraction> found = Contraction.of(stage).filter(c -> serves(c, target));
        if (found.isEmpty() || !builder.isAlone(stage.name())) {
            return false;
        }
        boolean rowMajor = builder.buffer(stage.name()).layout().isRowMajor()
                && builder.buffer(found.get().data().tensor()).layout().isRowMajor();
        if (!rowMajor) {
            return false;
        }
        Stage bordered = WindowBorder.of(builder, stage, target, false).stage();
        tile(builder, Contraction.of(unstrided(builder, bordered, target)).orElseThrow(), target.lanes(4));
        return true;
    }

    /** The stage reading a copy whose lines have no stride, if it reads with one. */
    private static Stage unstrided(ScheduleBuilder builder, Stage stage, Target target) {
        Expr.Read read = Contraction.of(stage).orElseThrow().data();
        String data = read.tensor();
        OptionalLong stride = Strides.alongLines(stage, data);
        if (stride.isEmpty()
                || read.outside().isPresent()
                || !builder.buffer(data).layout().isRowMajor()) {
            return stage;
        }
        builder.add(new CacheRead(data, stage.name(), Optional.empty(), Scope.WORKSPACE));
        Stage copying = builder.stage(stage.name());
        String copy = Contraction.of(copying).orElseThrow().data().tensor();
        int rank = builder.buffer(copy).layout().rank();
        builder.add(new Layout(copy, Strides.unstrided(rank, stride.getAsLong())));
        SpatialRule.schedule(builder, builder.stage(copy), target);
        return copying;
    }

    private static void tile(ScheduleBuilder builder, Contraction c, int lanes) {
        Stage stage = c.stage();
        List<String> outer = new ArrayList<>(builder.axisLoops(stage.name()));
        List<String> reductions = builder.reductionLoops(stage.name());
        String column = outer.get(stage.axes().indexOf(c.column()));
        outer.remove(column);
        String along = outer.removeLast();
        builder.order(ScheduleBuilder.joined(outer, List.of(column, along), reductions));
        if (isPlane(c) && !outer.isEmpty()) {
            builder.order(ScheduleBuilder.joined(
                    outer.subList(0, outer.size() - 1), List.of(column, outer.getLast(), along), reductions));
            along = builder.fuse(List.of(outer.removeLast(), along));
        }
        ScheduleBuilder.Halves vector = builder.split(
                along,
                lanes,
                Tail.ofLine(IndexMath.constant(builder.loop(along).extent()).orElse(0), lanes, !outer.isEmpty()));
        String vectors = vector.outer();
        List<String> unrolled = new ArrayList<>();
        long tile = 1;
        if (builder.loop(vectors).peel().isEmpty()) {
            long extent = IndexMath.constant(builder.loop(vectors).extent()).orElse(1);
            List<Long> domain = Divisors.balanced(extent, MOST_VECTORS);
            long wanted = Math.max(1, ACCUMULATORS / Math.min(6, Stages.extent(c.column())));
            tile = builder.choose(stage.name() + ".tile.vectors", domain, atMost(domain, wanted));
        }
        List<String> rows = new ArrayList<>(outer);
        if (tile > 1) {
            ScheduleBuilder.Halves halves = builder.split(vectors, tile, Tail.PEEL);
            rows.add(halves.outer());
            unrolled.add(halves.inner());
        } else {
            rows.add(vectors);
        }
        List<String> order = new ArrayList<>(rows);
        long columns = Stages.extent(c.column());
        List<Long> domain = Divisors.balanced(columns, ACCUMULATORS / tile);
        long block = builder.choose(stage.name() + ".tile.columns", domain, domain.getLast());
        if (block < columns) {
            ScheduleBuilder.Halves halves = builder.split(column, block, Tail.PEEL);
            order.add(halves.outer());
            unrolled.addFirst(halves.inner());
        } else {
            unrolled.addFirst(column);
        }
        builder.order(ScheduleBuilder.joined(order, reductions, unrolled, List.of(vector.inner())));
        unrolled.forEach(loop -> builder.add(new Unroll(loop)));
        builder.add(new Vectorize(vector.inner()));
        builder.shareOut(rows.subList(0, 1), rows.subList(1, rows.size()));
    }

    /** Whether the data are read at the last two rows themselves, which then run as one. */
    private static boolean isPlane(Contraction c) {
        List<Expr> indices = c.data().indices();
        List<Axis> axes = c.stage().axes();
        if (c.rows().size() < 2 || indices.size() < 2) {
            return false;
        }
        Axis before = axes.get(axes.size() - 2);
        return c.rows().contains(before)
                && indices.getLast().equals(axes.getLast().variable())
                && indices.get(indices.size() - 2).equals(before.variable())
                && indices.subList(0, indices.size() - 2).stream()
                        .noneMatch(i -> mentions(i, before.variable())
                                || mentions(i, axes.getLast().variable()));
    }

    private static long atMost(List<Long> domain, long wanted) {
        return domain.reversed().stream().filter(v -> v <= wanted).findFirst().orElse(domain.getFirst());
    }
}
