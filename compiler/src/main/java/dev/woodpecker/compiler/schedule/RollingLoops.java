package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The loops of {@link Rolling} over a warp's rows, the columns of a block, and both, in tiles of a matrix instruction.
 *
 * @param bases where the rows and the columns begin: one index for each axis of the scores
 */
record RollingLoops(TensorTile tile, List<Expr> bases, long rowTiles, long columnTiles) {
    private static Loop loop(Stage stage, String suffix, long extent, Loop.Binding binding, Loop.Carrier carrier) {
        Expr.Var variable = Expr.Var.index(stage.name() + "." + suffix);
        return new Loop(variable, Expr.index(extent), binding, carrier, Optional.empty(), stage.origin());
    }

    private Loop rowTiles(Stage stage) {
        return loop(stage, "rows", rowTiles, Loop.Binding.UNROLL, Loop.Carrier.SPATIAL);
    }

    private Loop row(Stage stage, Loop.Binding binding) {
        return loop(stage, "row", tile.rows(), binding, Loop.Carrier.SPATIAL);
    }

    private Loop columnTiles(Stage stage, Loop.Carrier carrier) {
        return loop(stage, "columns", columnTiles, Loop.Binding.UNROLL, carrier);
    }

    private Loop column(Stage stage, Loop.Binding binding, Loop.Carrier carrier) {
        return loop(stage, "column", tile.columns(), binding, carrier);
    }

    private static Expr at(Expr base, Loop tiles, Loop one) {
        Expr first = IndexMath.mul(tiles.variable(), one.extent());
        return IndexMath.add(base, IndexMath.add(first, one.variable()));
    }

    /** The indices of a row, as loops of the stage count it. */
    List<Expr> rowIndices(Stage stage) {
        List<Expr> indices = new ArrayList<>(bases.subList(0, bases.size() - 2));
        indices.add(at(bases.get(bases.size() - 2), rowTiles(stage), row(stage, Loop.Binding.TENSOR)));
        return indices;
    }

    private Expr column(Stage stage) {
        Loop.Carrier any = Loop.Carrier.SPATIAL;
        return at(bases.getLast(), columnTiles(stage, any), column(stage, Loop.Binding.TENSOR, any));
    }

    private static Stmt.Compute leaf(Stage stage, Stmt.Part part, List<Expr> at, List<Expr> over, List<Expr> slot) {
        return new Stmt.Compute(stage.name(), part, at, over, slot, Expr.TRUE, Expr.TRUE);
    }

    private List<Expr> slot(Stage stage) {
        return List.of(
                rowTiles(stage).variable(), row(stage, Loop.Binding.TENSOR).variable());
    }

    /** A part of a stage that has an element for each row. */
    Stmt ofRows(Stage stage, Stmt.Part part, List<Expr> over) {
        Stmt leaf = leaf(stage, part, rowIndices(stage), over, part == Stmt.Part.WHOLE ? List.of() : slot(stage));
        return LoopNest.wrap(List.of(rowTiles(stage), row(stage, Loop.Binding.TENSOR)), leaf);
    }

    /** Takes the block's columns into the accumulators of their rows. */
    Stmt reduced(Stage stage) {
        Loop.Carrier carrier = Loop.Carrier.REDUCTION;
        List<Loop> loops = List.of(
                rowTiles(stage),
                columnTiles(stage, carrier),
                row(stage, Loop.Binding.TENSOR),
                column(stage, Loop.Binding.TENSOR, carrier));
        return LoopNest.wrap(
                loops, leaf(stage, Stmt.Part.UPDATE, rowIndices(stage), List.of(column(stage)), slot(stage)));
    }

    /** The elements of all rows and columns. */
    Stmt ofElements(Stage stage) {
        Loop.Carrier carrier = Loop.Carrier.SPATIAL;
        List<Expr> at = new ArrayList<>(rowIndices(stage));
        at.add(column(stage));
        List<Loop> loops = List.of(
                rowTiles(stage),
                columnTiles(stage, carrier),
                row(stage, Loop.Binding.TENSOR),
                column(stage, Loop.Binding.TENSOR, carrier));
        return LoopNest.wrap(loops, leaf(stage, Stmt.Part.WHOLE, at, List.of(), List.of()));
    }

    /** A product of all rows and columns, whose tiles {@link Tensorize} can take. */
    Stmt product(Stage stage) {
        Loop.Carrier spatial = Loop.Carrier.SPATIAL;
        Axis axis = stage.reduction().orElseThrow().axes().getFirst();
        long depth = Stages.extent(axis);
        Loop steps =
                loop(stage, "steps", Math.ceilDiv(depth, tile.depth()), Loop.Binding.SERIAL, Loop.Carrier.REDUCTION);
        Loop point = loop(stage, "depth", tile.depth(), Loop.Binding.SERIAL, Loop.Carrier.REDUCTION);
        List<Expr> at = new ArrayList<>(rowIndices(stage));
        at.add(column(stage));
        Expr over = at(Expr.index(0), steps, point);
        List<Loop> loops = List.of(
                steps,
                rowTiles(stage),
                columnTiles(stage, spatial),
                row(stage, Loop.Binding.SERIAL),
                column(stage, Loop.Binding.SERIAL, spatial),
                point);
        return LoopNest.wrap(loops, leaf(stage, Stmt.Part.WHOLE, at, List.of(over), List.of()));
    }
}
