package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Reindex;
import dev.woodpecker.compiler.schedule.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a contraction reads of one tensor, as a matrix that a block stages in shared memory: its rows go along one side of
 * the result and along the reduction, in the order in which the tensor lies in memory.
 *
 * @param matrix the stage that {@link Reindex} made
 * @param axes how many axes it has: those of the batch, then two
 * @param alongDepth whether the reduction is its last axis, the side the one before; else the other way round
 * @param width how many neighbours along the last axis one copy brings
 */
record MatrixOperand(String matrix, int axes, boolean alongDepth, int width) {
    private static final int WIDEST_BYTES = 16;
    private static final double SECTOR_BYTES = 32;
    private static final int WARP = 32;

    /** Of elements that instructions turn over, so that either order suits them. */
    private static final int TURNED_BYTES = 2;

    /** Adds the step that makes the matrix. */
    static MatrixOperand of(
            ScheduleBuilder builder,
            String stage,
            Expr.Read read,
            List<Axis> batch,
            List<Axis> side,
            List<Axis> depth) {
        boolean alongDepth = isContiguousAlongDepth(builder, read, side, depth);
        Set<String> used = Decompose.variables(read.indices());
        List<List<String>> groups = new ArrayList<>();
        batch.stream().map(Axis::name).filter(used::contains).forEach(a -> groups.add(List.of(a)));
        groups.add(names(alongDepth ? side : depth));
        groups.add(names(alongDepth ? depth : side));
        List<Stage> before = builder.nest().program().stages();
        builder.add(new Reindex(read.tensor(), stage, groups));
        Stage matrix = builder.nest().program().stages().stream()
                .filter(s -> before.stream().noneMatch(b -> b.name().equals(s.name())))
                .findFirst()
                .orElseThrow();
        int width = WIDEST_BYTES / read.type().bytes();
        while (width > 1 && !isWide(builder, matrix, width)) {
            width /= 2;
        }
        return new MatrixOperand(matrix.name(), groups.size(), alongDepth, width);
    }

    private static List<String> names(List<Axis> axes) {
        return axes.stream().map(Axis::name).toList();
    }

    static boolean isContiguousAlongDepth(ScheduleBuilder builder, Expr.Read read, List<Axis> side, List<Axis> depth) {
        return innermost(builder, read.tensor())
                .map(read.indices()::get)
                .map(index -> !stepsByOne(index, side.getLast())
                        && stepsByOne(index, depth.getLast())
                        && (read.type().bytes() != TURNED_BYTES
                                || sectors(index, depth.getLast(), read) <= sectors(index, side.getLast(), read)))
                .orElse(true);
    }

    /**
     * Of the cache that a warp reads where its lanes go along an axis: short rows of a window begin anywhere in one, and
     * every second pixel of a long row may be nearer.
     */
    private static double sectors(Expr index, Axis axis, Expr.Read read) {
        long stride = Strides.of(index, axis.variable()).orElse(0);
        double run = Math.clamp(Stages.extent(axis), 1, WARP);
        return stride == 0 ? WARP : WARP / run * (run * stride * read.type().bytes() / SECTOR_BYTES + 1);
    }

    /** The axis along which a tensor's neighbours lie in memory: of those that have any, as a window of 1 x 1 has not. */
    static Optional<Integer> innermost(ScheduleBuilder builder, String tensor) {
        Buffer buffer = builder.buffer(tensor);
        List<LayoutMap.Dimension> dimensions = buffer.layout().dimensions();
        return dimensions.reversed().stream()
                .filter(d -> !IndexMath.isConstant(d.size(buffer.shape().get(d.axis())), 1))
                .findFirst()
                .or(() -> dimensions.reversed().stream().findFirst())
                .map(LayoutMap.Dimension::axis);
    }

    static boolean stepsByOne(Expr index, Axis axis) {
        return Strides.of(index, axis.variable()).equals(OptionalLong.of(1));
    }

    /** Whether so many elements along the last axis are neighbours in memory, aligned, and all within the tensor or none. */
    private static boolean isWide(ScheduleBuilder builder, Stage matrix, int width) {
        Expr.Read source = (Expr.Read) matrix.element();
        Axis last = matrix.axes().getLast();
        Axis groups = new Axis("group", Expr.index(Integer.MAX_VALUE / width));
        Axis lanes = new Axis("lane", Expr.index(width));
        Bounds bounds = Bounds.none();
        for (Axis axis : matrix.axes().subList(0, matrix.axes().size() - 1)) {
            bounds = bounds.inside(loop(axis));
        }
        bounds = bounds.inside(loop(groups));
        Expr position = IndexMath.add(IndexMath.mul(groups.variable(), Expr.index(width)), lanes.variable());
        Buffer from = builder.buffer(source.tensor());
        List<Expr> indices = source.indices().stream()
                .map(i -> LoopNest.substitute(i, Map.of(last.name(), position)))
                .toList();
        Expr inside = Expr.TRUE;
        for (int axis = 0; axis < indices.size(); axis++) {
            inside = IndexMath.and(
                    inside, IndexMath.within(indices.get(axis), from.shape().get(axis)));
        }
        Expr first = simple(at(inside, lanes, 0), bounds);
        Expr end = simple(at(inside, lanes, width - 1L), bounds);
        boolean together =
                first.equals(end) || areTogether(IndexMath.undivided(first), IndexMath.undivided(end), bounds);
        if (!together) {
            return false;
        }
        Bounds within = bounds.inside(loop(lanes)).assuming(inside);
        Expr offset = from.offset(indices, within);
        Expr start = simple(at(offset, lanes, 0), bounds.assuming(first));
        Expr rest = simple(IndexMath.sub(IndexMath.sub(offset, lanes.variable()), start), within);
        return IndexMath.isConstant(rest, 0) && bounds.divisorOf(start) % width == 0;
    }

    private static boolean areTogether(Expr first, Expr end, Bounds bounds) {
        return proves(bounds.assuming(first), end) && proves(bounds.assuming(end), first);
    }

    /** Each term by itself, under all that is assumed. */
    private static boolean proves(Bounds bounds, Expr condition) {
        return condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right) && op == BinaryOp.AND
                ? proves(bounds, left) && proves(bounds, right)
                : Simplifier.proves(bounds, condition);
    }

    private static Expr simple(Expr e, Bounds bounds) {
        return Simplifier.simplify(e, bounds);
    }

    private static Expr at(Expr e, Axis lanes, long lane) {
        return LoopNest.substitute(e, Map.of(lanes.name(), Expr.index(lane)));
    }

    private static Loop loop(Axis axis) {
        return Loop.serial(axis, Loop.Carrier.SPATIAL, Origin.NONE);
    }

    /** Whether an instruction copies it to shared memory: pieces of 4 bytes at least, zeros beyond the tensor. */
    boolean isCopiedAsynchronously(ScheduleBuilder builder) {
        Stage stage = builder.stage(matrix);
        return width * stage.type().bytes() >= Float.BYTES
                && stage.element() instanceof Expr.Read read
                && read.outside().equals(Optional.of(Expr.zero(stage.type())));
    }

    /** The axis of the matrix along the side of the result. */
    int sideAxis() {
        return alongDepth ? axes - 2 : axes - 1;
    }

    int depthAxis() {
        return alongDepth ? axes - 1 : axes - 2;
    }

    /**
     * Row-major, with rows that begin in other banks of shared memory.
     *
     * @param padding elements at the end of each row
     */
    LayoutMap padded(long padding) {
        return LayoutMap.rowMajor(axes).padded(padding);
    }
}
