package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Keeps the accumulators of a tile in registers while a reduction loop runs over the tile, where an outer part of the
 * reduction has them in memory. Ensures: the loop touches that memory only before it and after it.
 *
 * <pre>
 * for c in 0..128 reduction:                      for j in 0..14: y.acc.tile[j] = y.acc[i, j]
 *   for j in 0..14 unroll:                        for c in 0..128 reduction:
 *     y.acc[i, j] = y.acc[i, j] + x * w     ->      for j in 0..14 unroll:
 *                                                     y.acc.tile[j] = y.acc.tile[j] + x * w
 *                                                 for j in 0..14: y.acc[i, j] = y.acc.tile[j]
 * </pre>
 */
final class CacheAccumulators {
    /** Larger tiles would not fit any register file. */
    private static final long TILE_BYTES = 4 << 10;

    private CacheAccumulators() {}

    static Stmt apply(Stmt stmt) {
        if (stmt instanceof Stmt.For loop && loop.loop().carrier() == Loop.Carrier.REDUCTION) {
            Optional<Stmt> cached = cached(loop);
            if (cached.isPresent()) {
                return cached.get();
            }
        }
        return stmt.map(CacheAccumulators::apply, e -> e);
    }

    private static Optional<Stmt> cached(Stmt.For loop) {
        Map<Buffer, List<Expr>> updated = new LinkedHashMap<>();
        loop.anyMatch(s -> {
            if (s instanceof Stmt.Store store && accumulates(store)) {
                updated.putIfAbsent(store.buffer(), store.indices());
            }
            return false;
        });
        if (updated.size() != 1) {
            return Optional.empty();
        }
        Map.Entry<Buffer, List<Expr>> only = updated.entrySet().iterator().next();
        return cached(loop, only.getKey(), only.getValue());
    }

    private static Optional<Stmt> cached(Stmt.For loop, Buffer memory, List<Expr> indices) {
        if (!touchesOnlyAt(loop, memory, indices)) {
            return Optional.empty();
        }
        Map<String, Loop> inside = new LinkedHashMap<>();
        loop.anyMatch(s -> {
            if (s instanceof Stmt.For(Loop inner, Stmt _)) {
                inside.put(inner.name(), inner);
            }
            return false;
        });
        List<Loop> tile = new ArrayList<>();
        long bytes = memory.type().bytes();
        for (Expr index : indices) {
            if (!(index instanceof Expr.Var variable)) {
                if (variables(index).stream().anyMatch(inside::containsKey)) {
                    return Optional.empty();
                }
                continue;
            }
            Loop own = inside.get(variable.name());
            if (own == null) {
                continue;
            }
            OptionalLong extent = IndexMath.constant(own.extent());
            boolean iterates = own.binding() == Loop.Binding.SERIAL && !IndexMath.isConstant(own.extent(), 1);
            if (own.carrier() == Loop.Carrier.REDUCTION || extent.isEmpty() || iterates) {
                return Optional.empty(); // An inner reduction loop may have a tile that registers can hold.
            }
            tile.add(own);
            bytes *= extent.getAsLong();
        }
        return bytes > TILE_BYTES ? Optional.empty() : Optional.of(withTile(loop, memory, indices, tile));
    }

    private static Stmt withTile(Stmt.For loop, Buffer memory, List<Expr> indices, List<Loop> tile) {
        List<Expr> shape = tile.stream().map(Loop::extent).toList();
        List<Expr> at = tile.stream().<Expr>map(Loop::variable).toList();
        Buffer registers = Buffer.rowMajor(memory.name() + ".tile", memory.type(), shape, Scope.REGISTER);
        Expr inMemory = new Expr.Load(memory, indices);
        Expr inRegisters = new Expr.Load(registers, at);
        Stmt update = loop.rewrite(
                s -> s instanceof Stmt.Store store && store.buffer().equals(memory)
                        ? new Stmt.Store(registers, at, store.value(), store.origin())
                        : s,
                e -> e.rewrite(n -> n.equals(inMemory) ? inRegisters : n));
        Stmt before =
                wrap(tile, new Stmt.Store(registers, at, inMemory, loop.loop().origin()));
        Stmt after = wrap(
                tile, new Stmt.Store(memory, indices, inRegisters, loop.loop().origin()));
        return new Stmt.Allocate(registers, new Stmt.Seq(List.of(before, update, after)));
    }

    private static Stmt wrap(List<Loop> loops, Stmt body) {
        Stmt wrapped = body;
        for (Loop loop : loops.reversed()) {
            wrapped = new Stmt.For(loop, wrapped);
        }
        return wrapped;
    }

    /** Sums of integers are in an order of their own, which may have the old value last. */
    private static boolean accumulates(Stmt.Store store) {
        Expr old = new Expr.Load(store.buffer(), store.indices());
        return store.buffer().scope() == Scope.SHARED
                && store.value() instanceof Expr.Binary b
                && (b.left().equals(old) || b.right().equals(old));
    }

    /** Whether every access to the buffer inside the statement is at these indices. */
    private static boolean touchesOnlyAt(Stmt stmt, Buffer buffer, List<Expr> indices) {
        return !stmt.anyMatch(s -> s instanceof Stmt.Store store
                        && store.buffer().equals(buffer)
                        && !store.indices().equals(indices)
                || s.expressions().stream()
                        .anyMatch(e -> e.anyMatch(n -> n instanceof Expr.Load load
                                && load.buffer().equals(buffer)
                                && !load.indices().equals(indices))));
    }

    private static Set<String> variables(Expr expression) {
        Set<String> names = new HashSet<>();
        expression.anyMatch(n -> n instanceof Expr.Var v && !names.add(v.name()) && false);
        return names;
    }
}
