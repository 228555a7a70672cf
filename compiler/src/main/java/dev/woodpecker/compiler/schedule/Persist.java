package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lets a grid of {@code blocks} blocks, as many as the device runs at once, go through all tiles in turn: where one had been
 * a block's, each has every so many. The loop is one that {@link Specialize} gave a ring of buffers: who copies goes on with
 * the next tile while the others still store the last.
 *
 * <pre>
 * for i.o in 0..16 block.y:               for k.o.block in 0..132 block.x:
 *   for j.o in 0..16 block.x:               for lane in 0..128 thread.x:
 *     for lane in 0..128 thread.x:   ->       for k.o.turn in 0..(255 - k.o.block) / 132 + 1:
 *       for k.o in 0..8 specialize 4:           for k.o in 0..8 specialize 4:
 *         y[i.o ..]                               y[(k.o.turn * 132 + k.o.block) / 16 ..]
 * </pre>
 */
public record Persist(String loop, Factor blocks) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        boolean hasRing = found.get().loop().peel().orElse(new Loop.Peel.Ends()) instanceof Loop.Peel.Specialized;
        if (!hasRing) {
            return reject("'" + loop + "' has no ring of buffers that could be carried on with; use Specialize first");
        }
        List<Loop> around = LoopNest.path(nest.tree(), found.get()).orElseThrow();
        List<Loop> grid = around.stream().filter(l -> l.binding().isBlock()).toList();
        if (grid.isEmpty()
                || grid.stream().anyMatch(l -> IndexMath.constant(l.extent()).isEmpty())) {
            return reject("around '" + loop + "' must be loops over blocks, of constant extents");
        }
        long tiles = grid.stream()
                .mapToLong(l -> IndexMath.constant(l.extent()).orElseThrow())
                .reduce(1, Math::multiplyExact);
        long most = blocks.resolve(decisions);
        if (most < 1 || most >= tiles) {
            return reject("of " + tiles + " tiles a grid of " + most + " blocks leaves none to come back for");
        }
        List<Loop> threads = around.subList(grid.size(), around.size());
        Optional<Stmt> body = inside(nest.find(grid.getFirst().name()).orElseThrow(), around.size());
        if (body.isEmpty() || threads.stream().anyMatch(l -> !l.binding().isThread())) {
            return reject("the loops around '" + loop + "' must be those over blocks, then those over threads, each"
                    + " directly and alone inside the one before");
        }
        return Step.applied(nest.replace(
                grid.getFirst().name(), persistent(found.get().loop(), grid, threads, body.get(), tiles, most)));
    }

    /** The body of so many loops, each of which is all of the one before. */
    private static Optional<Stmt> inside(Stmt outermost, int loops) {
        Stmt s = outermost;
        for (int i = 0; i < loops; i++) {
            if (!(s instanceof Stmt.For(Loop _, Stmt body))) {
                return Optional.empty();
            }
            s = body;
        }
        return Optional.of(s);
    }

    private Stmt persistent(Loop ring, List<Loop> grid, List<Loop> threads, Stmt body, long tiles, long most) {
        Expr.Var first = Expr.Var.index(loop + ".block");
        Expr.Var turn = Expr.Var.index(loop + ".turn");
        // Tiles are in the order that blocks had: what runs at once shares rows.
        Expr tile = IndexMath.add(IndexMath.mul(turn, Expr.index(most)), first);
        Map<String, Expr> values = new HashMap<>();
        long behind = 1;
        for (Loop l : grid.reversed()) {
            long extent = IndexMath.constant(l.extent()).orElseThrow();
            Expr high = IndexMath.div(tile, behind);
            behind *= extent;
            values.put(l.name(), behind == tiles ? high : IndexMath.rem(high, extent));
        }
        Expr turns = tiles % most == 0
                ? Expr.index(tiles / most)
                : IndexMath.add(IndexMath.div(IndexMath.sub(Expr.index(tiles - 1), first), most), Expr.index(1));
        List<Loop> loops = new ArrayList<>();
        loops.add(over(first, Expr.index(most), Loop.Binding.BLOCK_X, ring));
        loops.addAll(threads);
        loops.add(over(turn, turns, Loop.Binding.SERIAL, ring));
        return LoopNest.wrap(loops, LoopNest.substituteVariables(body, values));
    }

    private static Loop over(Expr.Var variable, Expr extent, Loop.Binding binding, Loop ring) {
        return new Loop(variable, extent, binding, Loop.Carrier.SPATIAL, Optional.empty(), ring.origin());
    }
}
