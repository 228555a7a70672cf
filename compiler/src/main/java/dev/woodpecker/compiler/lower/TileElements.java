package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is done element by element with tiles that the lanes of a warp hold together: each lane does it for the elements that
 * it has. Of a row's elements each lane combines its own, and the lanes that share the row exchange what they have, so that
 * all of them know the row's.
 */
final class TileElements {
    private final Collection<TileFragment> fragments;
    private final TensorTile tile;
    private final Loop lanes;

    TileElements(Collection<TileFragment> fragments, TensorTile tile, Loop lanes) {
        this.fragments = fragments;
        this.tile = tile;
        this.lanes = lanes;
    }

    private Optional<TileFragment> fragment(Buffer accessed) {
        return fragments.stream().filter(f -> f.isOf(accessed)).findFirst();
    }

    private static Loop values(String name, int count, Loop.Binding binding) {
        return new Loop(
                Expr.Var.index(name), Expr.index(count), binding, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE);
    }

    /** The nest over {@code loops}, rows and maybe columns of a tile, with {@code body} inside. */
    Stmt elements(List<Loop> loops, Stmt body) {
        String name = name(body);
        Loop rows = values(name + ".pair", TileFragment.rowValues(tile), Loop.Binding.UNROLL);
        if (loops.size() == 1) {
            return new Stmt.For(rows, inLane(loops, body, rows.variable(), Expr.index(0)));
        }
        if (body instanceof Stmt.Store store
                && fragment(store.buffer()).isPresent()
                && store.value().type().bytes() < 4) {
            return new Stmt.For(rows, narrowed(loops, store, rows.variable()));
        }
        // Neighbours in memory are accessed together.
        boolean inMemory = body.anyMatch(s -> s instanceof Stmt.Store store && isMemory(store.buffer())
                || s.expressions().stream()
                        .anyMatch(e -> e.anyMatch(n -> n instanceof Expr.Load load && isMemory(load.buffer()))));
        Loop both =
                values(name + ".value", TileFragment.NEIGHBOURS, inMemory ? Loop.Binding.VECTOR : Loop.Binding.UNROLL);
        return new Stmt.For(rows, new Stmt.For(both, inLane(loops, body, rows.variable(), both.variable())));
    }

    private static boolean isMemory(Buffer buffer) {
        return buffer.scope() != Scope.REGISTER && buffer.scope() != Scope.FRAGMENT;
    }

    private String name(Stmt body) {
        List<String> names = new ArrayList<>();
        body.anyMatch(s -> s instanceof Stmt.Store store
                && fragment(store.buffer()).isPresent()
                && !names.add(store.buffer().name()));
        body.anyMatch(s -> s.expressions().stream()
                .anyMatch(e -> e.anyMatch(n -> n instanceof Expr.Load load
                        && fragment(load.buffer()).isPresent()
                        && !names.add(load.buffer().name()))));
        if (names.isEmpty()) {
            throw new LoweringException("a tile's elements are computed, but none is held by the lanes");
        }
        return names.getFirst();
    }

    /** What a lane does for its value {@code both} of row {@code pair}. */
    private Stmt inLane(List<Loop> loops, Stmt body, Expr pair, Expr both) {
        Expr value = IndexMath.add(IndexMath.mul(pair, Expr.index(TileFragment.NEIGHBOURS)), both);
        Stmt onFragments = body.rewrite(
                s -> s instanceof Stmt.Store store && fragment(store.buffer()).isPresent()
                        ? new Stmt.Store(
                                fragment(store.buffer()).orElseThrow().buffer(),
                                at(fragment(store.buffer()).orElseThrow(), loops, store.indices(), pair, value),
                                store.value(),
                                store.origin())
                        : s,
                e -> e.rewrite(n ->
                        n instanceof Expr.Load load && fragment(load.buffer()).isPresent()
                                ? new Expr.Load(
                                        fragment(load.buffer()).orElseThrow().buffer(),
                                        at(fragment(load.buffer()).orElseThrow(), loops, load.indices(), pair, value))
                                : n));
        Distribution distribution = tile.accumulator();
        Map<String, Expr> element = new java.util.HashMap<>();
        element.put(loops.getFirst().name(), distribution.rowOf(lanes.variable(), value));
        if (loops.size() > 1) {
            element.put(loops.getLast().name(), distribution.columnOf(lanes.variable(), value));
        }
        return LoopNest.substituteVariables(onFragments, element);
    }

    private static List<Expr> at(TileFragment f, List<Loop> loops, List<Expr> indices, Expr pair, Expr value) {
        return List.of(IndexMath.add(f.startIn(loops, indices), f.isOfRows() ? pair : value));
    }

    /** Two neighbours rounded to halves fill a register. */
    private Stmt narrowed(List<Loop> loops, Stmt.Store store, Expr pair) {
        TileFragment to = fragment(store.buffer()).orElseThrow();
        if (!(store.value() instanceof Expr.Cast(DType type, Expr.Load load))
                || load.type() != DType.F32
                || fragment(load.buffer()).filter(f -> !f.isOfRows()).isEmpty()) {
            throw new LoweringException(to.before().name() + " is held in halves of registers: elements of"
                    + " single precision that the same lanes hold can be rounded to them, nothing else");
        }
        TileFragment from = fragment(load.buffer()).orElseThrow();
        Expr first = IndexMath.mul(pair, Expr.index(TileFragment.NEIGHBOURS));
        return new Stmt.Invoke(
                Intrinsics.narrowing(type),
                List.of(
                        new Stmt.Window(to.buffer(), List.of(IndexMath.add(to.startIn(loops, store.indices()), first))),
                        new Stmt.Window(
                                from.buffer(), List.of(IndexMath.add(from.startIn(loops, load.indices()), first)))));
    }

    /**
     * {@code accumulator[row] = accumulator[row] op x[row, column]} over all columns of the tiles of {@code tiles}: each
     * lane's part, then those of the four lanes of a row, then the accumulator's.
     */
    Stmt reduced(List<Loop> tiles, List<Loop> loops, Stmt.Store update) {
        Expr.Load old = new Expr.Load(update.buffer(), update.indices());
        if (!(update.value() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))
                || !left.equals(old) && !right.equals(old)) {
            throw new LoweringException(
                    "rows of tiles are combined in " + update.buffer().name() + " alone");
        }
        Expr term = left.equals(old) ? right : left;
        TileFragment accumulator = fragment(update.buffer())
                .filter(TileFragment::isOfRows)
                .orElseThrow(() -> new LoweringException(
                        "accumulators " + update.buffer().name() + " are not indexed by the rows of tiles alone"));
        ReduceOp reduce = Arrays.stream(ReduceOp.values())
                .filter(r -> r.combine() == op)
                .findFirst()
                .orElseThrow(() -> new LoweringException(op + " is no reduction"));
        String name = accumulator.before().name();
        Loop rows = values(name + ".row", accumulator.values(), Loop.Binding.UNROLL);
        Buffer part = registers(name + ".part", accumulator.before().type(), accumulator.values());
        Buffer other = registers(name + ".other", accumulator.before().type(), 1);
        Expr.Load own = new Expr.Load(part, List.of(rows.variable()));
        Stmt reset = store(own, reduce.identity(part.type()));
        Loop pairs = values(name + ".pair", TileFragment.rowValues(tile), Loop.Binding.UNROLL);
        Loop both = values(name + ".value", TileFragment.NEIGHBOURS, Loop.Binding.UNROLL);
        Expr.Load ofPair = new Expr.Load(part, List.of(pairs.variable()));
        Stmt take = inLane(loops, store(ofPair, new Expr.Binary(op, ofPair, term)), pairs.variable(), both.variable());
        List<Stmt> finish = new ArrayList<>();
        Expr.Load theirs = new Expr.Load(other, List.of(Expr.index(0)));
        for (int distance = lanesOfRow() / 2; distance >= 1; distance /= 2) {
            finish.add(new Stmt.Invoke(
                    Intrinsics.exchange(distance, part.type()),
                    List.of(new Stmt.Window(other, theirs.indices()), new Stmt.Window(part, own.indices()))));
            finish.add(store(own, new Expr.Binary(op, own, theirs)));
        }
        Expr.Load sum = new Expr.Load(
                accumulator.buffer(),
                List.of(IndexMath.add(accumulator.startIn(loops, update.indices()), rows.variable())));
        finish.add(new Stmt.Store(sum.buffer(), sum.indices(), new Expr.Binary(op, sum, own), update.origin()));
        return new Stmt.Allocate(
                part,
                Stmt.seq(
                        new Stmt.For(rows, reset),
                        LoopNest.wrap(tiles, new Stmt.For(pairs, new Stmt.For(both, take))),
                        new Stmt.Allocate(other, new Stmt.For(rows, Stmt.seq(finish)))));
    }

    /** Neighbouring lanes that hold a row together. */
    private int lanesOfRow() {
        int count = 1;
        while (count < tile.lanes()
                && tile.accumulator().rowOf(count, 0) == tile.accumulator().rowOf(0, 0)) {
            count *= 2;
        }
        return count;
    }

    private static Buffer registers(String name, DType type, int count) {
        return Buffer.rowMajor(name, type, List.of(Expr.index(count)), Scope.FRAGMENT);
    }

    private static Stmt store(Expr.Load to, Expr value) {
        return new Stmt.Store(to.buffer(), to.indices(), value, Origin.NONE);
    }
}
