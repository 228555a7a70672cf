package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A buffer whose elements the lanes of a warp hold as a product leaves its accumulators: of a tile of rows and columns each
 * lane has a few, of a row by itself each lane that has a part of the row has all there is.
 *
 * @param before as the schedule has it: indexed by axis {@code row} along the rows of tiles and by axis {@code column}
 *     along their columns, -1 where it has an element for each row
 * @param buffer the same in registers
 */
record TileFragment(Buffer before, Buffer buffer, TensorTile tile, int row, int column) {
    /** Two values of a lane are neighbours in a row. */
    static final int NEIGHBOURS = 2;

    static TileFragment of(Buffer before, TensorTile tile, int row, int column) {
        TileFragment shaped = new TileFragment(before, before, tile, row, column);
        long values = shaped.values();
        for (int axis = 0; axis < before.rank(); axis++) {
            values *= shaped.tiles(axis);
        }
        Buffer fragment = Buffer.rowMajor(before.name(), before.type(), List.of(Expr.index(values)), Scope.FRAGMENT);
        return new TileFragment(before, fragment, tile, row, column);
    }

    /**
     * What {@code before} is in the nests of tiles inside {@code body}, those of products aside; empty where no such nest
     * goes along its rows.
     */
    static Optional<TileFragment> used(Buffer before, Stmt body, TensorTile tile) {
        List<int[]> axes = new ArrayList<>();
        collect(before, body, List.of(), axes);
        if (axes.isEmpty()) {
            return Optional.empty();
        }
        int[] first = axes.getFirst();
        if (axes.stream().anyMatch(other -> other[0] != first[0] || other[1] != first[1])) {
            throw new LoweringException(before.name() + " is indexed by the rows of tiles in several ways");
        }
        return Optional.of(of(before, tile, first[0], first[1]));
    }

    private static void collect(Buffer buffer, Stmt s, List<Loop> tile, List<int[]> axes) {
        if (s instanceof Stmt.For(Loop loop, Stmt body) && loop.binding() == Loop.Binding.TENSOR) {
            List<Loop> deeper = new ArrayList<>(tile);
            deeper.add(loop);
            collect(buffer, body, deeper, axes);
            return;
        }
        if (!tile.isEmpty() && tile.size() <= 2) {
            if (s instanceof Stmt.Store store && store.buffer().name().equals(buffer.name())) {
                axes(store.indices(), tile).ifPresent(axes::add);
            }
            s.expressions()
                    .forEach(e -> e.anyMatch(n -> n instanceof Expr.Load load
                            && load.buffer().name().equals(buffer.name())
                            && axes(load.indices(), tile)
                                    .filter(a -> !axes.add(a))
                                    .isPresent()));
        }
        s.children().forEach(child -> collect(buffer, child, tile, axes));
    }

    private static Optional<int[]> axes(List<Expr> indices, List<Loop> tile) {
        int row = axis(indices, tile.getFirst());
        int column = tile.size() == 2 ? axis(indices, tile.getLast()) : -1;
        return row < 0 ? Optional.empty() : Optional.of(new int[] {row, column});
    }

    private static int axis(List<Expr> indices, Loop loop) {
        for (int axis = 0; axis < indices.size(); axis++) {
            if (indices.get(axis).anyMatch(loop.variable()::equals)) {
                return axis;
            }
        }
        return -1;
    }

    private Distribution distribution() {
        return tile.accumulator();
    }

    boolean isOfRows() {
        return column < 0;
    }

    /** How many values of a tile a lane has. */
    int values() {
        return isOfRows() ? rowValues(tile) : distribution().values();
    }

    /** In how many rows of a tile a lane has elements. */
    static int rowValues(TensorTile tile) {
        return tile.accumulator().values() / NEIGHBOURS;
    }

    private long tiles(int axis) {
        long extent = IndexMath.constant(before.shape().get(axis))
                .orElseThrow(() -> new LoweringException(before.name() + " has no constant extent"));
        long size = size(axis);
        if (extent % size != 0) {
            throw new LoweringException(before.name() + " is " + extent + " long, no whole tiles of " + size);
        }
        return extent / size;
    }

    private long size(int axis) {
        return axis == row ? tile.rows() : axis == column ? tile.columns() : 1;
    }

    /**
     * Where the values of the tile of an access begin in a lane; {@code along} has the loops that go along axes of it.
     */
    Expr start(List<Expr> indices, Map<Integer, Loop> along) {
        Expr number = Expr.index(0);
        for (int axis = 0; axis < indices.size(); axis++) {
            Expr index = indices.get(axis);
            if (along.containsKey(axis)) {
                Expr first = IndexMath.sub(index, along.get(axis).variable());
                index = Simplifier.simplify(IndexMath.div(first, size(axis)), Bounds.none());
            }
            number = IndexMath.add(IndexMath.mul(number, Expr.index(tiles(axis))), index);
        }
        for (Loop loop : along.values()) {
            if (number.anyMatch(loop.variable()::equals)) {
                throw new LoweringException(
                        "an element of " + before.name() + " is used by another lane than the one that holds it");
            }
        }
        return IndexMath.mul(number, Expr.index(values()));
    }

    /** Where the values of a tile's access in a nest over rows, and columns, begin. */
    Expr startIn(List<Loop> nest, List<Expr> indices) {
        if (isOfRows()) {
            return start(indices, Map.of(row, nest.getFirst()));
        }
        if (nest.size() < 2) {
            throw new LoweringException(before.name() + " is used by its rows alone");
        }
        return start(indices, Map.of(row, nest.get(0), column, nest.get(1)));
    }

    boolean isOf(Buffer accessed) {
        return accessed.name().equals(before.name());
    }
}
