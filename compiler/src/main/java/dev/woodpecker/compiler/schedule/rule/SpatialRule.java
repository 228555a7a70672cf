package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.Fuse;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Every stage that is no contraction, on a CPU: loops follow the memory of the result, its innermost dimension is
 * vectorised, and outer loops are shared out. A windowed reduction, such as pooling or a depthwise convolution, keeps a
 * few pixels in registers.
 */
final class SpatialRule {
    /** Pixels of a window's register tile; beyond this the weights and the tile no longer fit. */
    private static final long WINDOW_TILE = 7;

    static final long MOST_WINDOW_TILE = 14;

    private static final long MOST_UNROLLED_POINTS = 25;

    /** Reductions of at most this many points are unrolled whole. */
    static final long UNROLLED_POINTS = 9;

    private final ScheduleBuilder builder;
    private final Stage stage;
    private final WindowBorder border;
    private final int lanes;

    private SpatialRule(ScheduleBuilder builder, WindowBorder border, Target target) {
        this.builder = builder;
        this.border = border;
        this.stage = border.stage();
        this.lanes = target.lanes(Math.max(4, stage.type().bytes()));
    }

    static void schedule(ScheduleBuilder builder, Stage stage, Target target) {
        WindowBorder border = stage.reduction().isPresent() && builder.isAlone(stage.name())
                ? WindowBorder.of(builder, stage, target, true)
                : WindowBorder.none(stage);
        new SpatialRule(builder, border, target).apply();
    }

    /** Puts the loops of a stage in the order of its result's memory, before other stages move into them. */
    static void followMemory(ScheduleBuilder builder, Stage stage, Target target) {
        List<String> axes = builder.axisLoops(stage.name());
        if (!axes.contains("")) {
            builder.orderInside(
                    stage.name(), new SpatialRule(builder, WindowBorder.none(stage), target).followMemory(axes));
        }
    }

    private void apply() {
        layOutWeights();
        boolean root = builder.isRoot(stage.name());
        List<String> axes = builder.axisLoops(stage.name());
        List<String> reductions = builder.reductionLoops(stage.name());
        if (axes.isEmpty() || axes.contains("")) {
            return;
        }
        List<String> order = followMemory(axes);
        builder.orderInside(stage.name(), ScheduleBuilder.joined(order, reductions));
        if (stage.reduction().isEmpty() && builder.isAlone(stage.name()) && isFlat()) {
            order = new ArrayList<>(List.of(builder.fuse(order)));
        }
        Optional<String> across = splitAcross(axes, order);
        List<String> inside = vectorize(order, reductions);
        if (across.isPresent()) {
            moveInside(across.get(), order, reductions, inside);
        }
        if (reductions.isEmpty()) {
            vectorizeLast(inside);
        } else {
            tileWindow(order, reductions, inside);
        }
        if (!border.sharesRows()) {
            border.peel(builder);
        }
        if (root && !order.isEmpty()) {
            share(order);
        }
        if (border.sharesRows()) {
            border.peel(builder);
        }
    }

    private void layOutWeights() {
        LayoutMap result = builder.buffer(stage.name()).layout();
        for (TensorProgram.Declaration input : builder.nest().program().inputs()) {
            boolean free = builder.isConstant(input.name())
                    && builder.buffer(input.name()).layout().isRowMajor();
            if (free && !Stages.reads(stage, input.name()).isEmpty()) {
                LaneLayout.of(builder.nest().program(), input.name(), result)
                        .ifPresent(layout -> builder.add(new Layout(input.name(), layout)));
            }
        }
    }

    /** The loops in the order of the result's dimensions in memory; blocked axes are split. */
    private List<String> followMemory(List<String> axes) {
        LayoutMap layout = builder.buffer(stage.name()).layout();
        List<String> inner = new ArrayList<>(axes);
        Map<LayoutMap.Dimension, String> outer = new HashMap<>();
        for (LayoutMap.Dimension d : layout.dimensions()) {
            if (d.modulus() == 0 && d.divisor() > 1) {
                ScheduleBuilder.Halves halves = blocks(inner.get(d.axis()), d.divisor());
                outer.put(d, halves.outer());
                inner.set(d.axis(), halves.inner());
            }
        }
        List<String> order = new ArrayList<>();
        layout.dimensions().forEach(d -> {
            String blocks = outer.get(d);
            order.add(blocks == null ? inner.get(d.axis()) : blocks);
        });
        if (layout.isRowMajor()) {
            lastOfSeveral()
                    .filter(axis -> liesAlong(stage.axes().get(axis).variable()))
                    .ifPresent(axis -> order.add(order.remove((int) axis)));
        }
        return order;
    }

    /** The axis along which the elements of a row-major result are next to each other: those after it have one. */
    private Optional<Integer> lastOfSeveral() {
        int axis = stage.axes().size() - 1;
        while (axis >= 0 && Stages.extent(stage.axes().get(axis)) == 1) {
            axis--;
        }
        return axis < 0 ? Optional.empty() : Optional.of(axis);
    }

    /** Whether something that the stage reads has elements next to each other along the axis, as channels in blocks are. */
    private boolean liesAlong(Expr.Var axis) {
        return Stages.reads(stage).stream().anyMatch(read -> {
            List<LayoutMap.Dimension> dimensions =
                    builder.buffer(read.tensor()).layout().dimensions();
            return !dimensions.isEmpty()
                    && read.indices().get(dimensions.getLast().axis()).equals(axis);
        });
    }

    /**
     * Where a result is read across the lines of what it is made from, as in a transposition: splits the loop that runs along
     * these lines, so that a tile of them stays in the first cache while it is written. The inner loop, which is to
     * stand next to the vectors; empty where there is nothing to gain.
     */
    private Optional<String> splitAcross(List<String> axes, List<String> order) {
        if (stage.reduction().isPresent() || lanes < 2) {
            return Optional.empty();
        }
        for (TensorProgram.Declaration input : builder.nest().program().inputs()) {
            List<LayoutMap.Dimension> dimensions =
                    builder.buffer(input.name()).layout().dimensions();
            for (Expr.Read read : Stages.reads(stage, input.name())) {
                Optional<String> loop = dimensions.isEmpty()
                        ? Optional.empty()
                        : alongLines(read.indices().get(dimensions.getLast().axis()), axes);
                if (loop.isPresent()
                        && order.indexOf(loop.get()) >= 0
                        && !order.getLast().equals(loop.get())) {
                    return splitLine(loop.get(), order);
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> alongLines(Expr index, List<String> axes) {
        for (int axis = 0; axis < axes.size(); axis++) {
            if (index.equals(stage.axes().get(axis).variable())) {
                return Optional.of(axes.get(axis));
            }
        }
        return Optional.empty();
    }

    private Optional<String> splitLine(String loop, List<String> order) {
        long extent = IndexMath.constant(builder.loop(loop).extent()).orElse(0);
        if (extent % lanes != 0) {
            return Optional.empty();
        }
        if (extent == lanes) {
            return Optional.of(loop);
        }
        ScheduleBuilder.Halves halves = builder.split(loop, lanes, Tail.EXACT);
        int at = order.indexOf(loop);
        order.set(at, halves.outer());
        order.add(at + 1, halves.inner());
        return Optional.of(halves.inner());
    }

    private void moveInside(String loop, List<String> order, List<String> reductions, List<String> inside) {
        if (order.size() > 1 && !inside.isEmpty()) {
            order.remove(loop);
            builder.orderInside(stage.name(), ScheduleBuilder.joined(order, reductions, List.of(loop), inside));
        }
    }

    /** The loops over the blocks of an axis and inside a block; they may have been made before stages moved in. */
    private ScheduleBuilder.Halves blocks(String loop, long block) {
        long extent = IndexMath.constant(builder.loop(loop).extent()).orElse(0);
        if (loop.endsWith(".i") && extent == block) {
            return new ScheduleBuilder.Halves(loop.substring(0, loop.length() - 2) + ".o", loop);
        }
        return builder.split(loop, block, extent % block == 0 ? Tail.EXACT : Tail.GUARD);
    }

    /** Whether every read is at the stage's own index in the stage's own layout, so that all axes can run as one. */
    private boolean isFlat() {
        List<Expr> own = stage.axes().stream().<Expr>map(a -> a.variable()).toList();
        LayoutMap layout = builder.buffer(stage.name()).layout();
        boolean exact = true;
        for (int axis = 0; axis < stage.axes().size(); axis++) {
            exact &= Stages.extent(stage.axes().get(axis)) % layout.blockOf(axis) == 0;
        }
        return exact && readsOwnIndexOnly(stage.element(), own, layout);
    }

    private boolean readsOwnIndexOnly(Expr e, List<Expr> own, LayoutMap layout) {
        return switch (e) {
            case Expr.Read r ->
                r.outside().isEmpty()
                        && r.indices().equals(own)
                        && builder.buffer(r.tensor()).layout().equals(layout)
                        && builder.buffer(r.tensor()).shape().equals(stage.shape());
            case Expr.Var _ -> false;
            case Expr other -> other.operands().stream().allMatch(o -> readsOwnIndexOnly(o, own, layout));
        };
    }

    /** Vectorises the innermost of {@code order}, which loses it; the loops inside it, outermost first. */
    private List<String> vectorize(List<String> order, List<String> reductions) {
        String innermost = order.removeLast();
        OptionalLong extent = IndexMath.constant(builder.loop(innermost).extent());
        List<String> inside = new ArrayList<>();
        if (lanes < 2 || extent.isEmpty() || extent.getAsLong() < lanes) {
            order.add(innermost);
            return inside;
        }
        if (extent.getAsLong() == lanes) {
            inside.add(innermost);
            return inside;
        }
        boolean mayShift = builder.isAlone(stage.name()) && !order.isEmpty();
        ScheduleBuilder.Halves halves =
                builder.split(innermost, lanes, Tail.ofLine(extent.getAsLong(), lanes, mayShift));
        if (reductions.isEmpty() && extent.getAsLong() % lanes == 0 && !DefaultSchedule.movesOnly(stage.element())) {
            unrollVectors(halves, extent.getAsLong() / lanes, order, inside);
            return inside;
        }
        boolean fewVectors =
                !reductions.isEmpty() && extent.getAsLong() <= 4L * lanes && extent.getAsLong() % lanes == 0;
        (fewVectors ? inside : order).add(halves.outer());
        inside.add(halves.inner());
        return inside;
    }

    /** Several vectors an iteration: their chains of dependent instructions overlap. */
    private void unrollVectors(ScheduleBuilder.Halves halves, long vectors, List<String> order, List<String> inside) {
        List<Long> domain =
                LongStream.of(1, 2, 4, 8).filter(n -> vectors % n == 0).boxed().toList();
        long unroll = builder.choose(stage.name() + ".unroll.vectors", domain, 1);
        String outer = halves.outer();
        if (unroll > 1) {
            ScheduleBuilder.Halves several = builder.split(outer, unroll, Tail.EXACT);
            builder.add(new Unroll(several.inner()));
            outer = several.outer();
        }
        order.add(outer);
        inside.add(halves.inner());
    }

    private void tileWindow(List<String> order, List<String> reductions, List<String> inside) {
        long points = 1;
        for (String loop : reductions) {
            points *= IndexMath.constant(builder.loop(loop).extent()).orElse(UNROLLED_POINTS + 1);
        }
        if (border.sharesRows()) {
            order.addFirst(order.remove(order.size() - 2));
        }
        List<String> unrolled = new ArrayList<>();
        boolean window = inside.size() == 1 && order.size() > 1 && points > 1 && points <= 64;
        if (window && builder.loop(order.getLast()).peel().isEmpty()) {
            String pixel = order.removeLast();
            long extent = IndexMath.constant(builder.loop(pixel).extent()).orElse(1);
            long preferred = border.tile().orElse(Math.ceilDiv(extent, Math.ceilDiv(extent, WINDOW_TILE)));
            List<Long> domain = border.tile().isPresent()
                    ? WindowBorder.tiles(extent, MOST_WINDOW_TILE)
                    : Divisors.balanced(extent, MOST_WINDOW_TILE);
            long size = builder.choose(stage.name() + ".tile.rows", domain, preferred);
            if (size > 1) {
                ScheduleBuilder.Halves tile = builder.split(pixel, size, Tail.PEEL);
                order.add(tile.outer());
                unrolled.add(tile.inner());
            } else {
                order.add(pixel);
            }
        }
        builder.orderInside(stage.name(), ScheduleBuilder.joined(order, reductions, unrolled, inside));
        unrolled.forEach(loop -> builder.add(new Unroll(loop)));
        if (!inside.isEmpty()) {
            inside.subList(0, inside.size() - 1).forEach(loop -> builder.add(new Unroll(loop)));
        }
        List<Long> unrolls = points > 1 && points <= MOST_UNROLLED_POINTS ? List.of(0L, 1L) : List.of(0L);
        if (builder.choose(stage.name() + ".unroll.window", unrolls, points > 1 && points <= UNROLLED_POINTS ? 1 : 0)
                == 1) {
            reductions.forEach(loop -> builder.add(new Unroll(loop)));
        }
        vectorizeLast(inside);
    }

    private void vectorizeLast(List<String> inside) {
        if (!inside.isEmpty()) {
            builder.add(new Vectorize(inside.getLast()));
        }
    }

    /** Shares out the outermost loops, as many as can run as one until there are enough iterations. */
    private void share(List<String> wanted) {
        // Around stages that are computed inside, loops could not be put into the order that was wanted.
        List<String> order = builder.path(stage.name()).stream()
                .map(Loop::name)
                .filter(wanted::contains)
                .toList();
        String shared = order.getFirst();
        if (!builder.path(stage.name()).getFirst().name().equals(shared)) {
            return;
        }
        long iterations = builder.iterations(shared);
        for (String next : order.subList(1, order.size())) {
            long extent = builder.iterations(next);
            Fuse fuse = new Fuse(shared, next);
            if (iterations >= ScheduleBuilder.PARALLEL_ITERATIONS || !builder.attempt(fuse)) {
                break;
            }
            shared = fuse.fusedName();
            iterations *= extent;
        }
        builder.add(new Bind(shared, Loop.Binding.PARALLEL));
    }
}
