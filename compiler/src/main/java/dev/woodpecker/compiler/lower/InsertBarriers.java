package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Puts a barrier between the threads' writes of shared memory and reads of it, and, where a loop comes back to the writes,
 * between the reads and the next iteration. What an asynchronous copy writes is there from its wait on, and may be written
 * from its start on. Requires: a kernel for a GPU, stages placed, asynchronous copies already followed by their waits.
 * Ensures: no two threads access a shared element, one of them writing, without a barrier between.
 */
public final class InsertBarriers {
    private final Set<String> asynchronous;

    private InsertBarriers(Set<String> asynchronous) {
        this.asynchronous = asynchronous;
    }

    public static Stmt apply(Stmt tree) {
        Set<String> targets = new HashSet<>();
        tree.anyMatch(
                s -> s instanceof Stmt.AsyncCopy copy && !targets.add(copy.to().name()) && false);
        return new InsertBarriers(targets).insert(tree);
    }

    private Stmt insert(Stmt stmt) {
        return switch (stmt) {
            case Stmt.Seq(List<Stmt> statements) ->
                separate(statements.stream().map(this::insert).toList());
            case Stmt.For(Loop loop, Stmt body) -> {
                Stmt inner = insert(body);
                Extent extent = extent(inner);
                boolean repeats = !loop.binding().isThread() && !loop.binding().isBlock();
                Set<String> inTurn = extent.hasBarrier ? inTurn(loop, inner) : Set.of();
                boolean comesBack = repeats && extent.before.without(inTurn).comesAfter(extent.after);
                yield new Stmt.For(loop, comesBack ? Stmt.seq(inner, new Stmt.Barrier()) : inner);
            }
            case Stmt.Allocate(Buffer buffer, Stmt body) -> new Stmt.Allocate(buffer, insert(body));
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> new Stmt.Let(variable, value, insert(body));
            case Stmt.If _,
                    Stmt.Store _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> stmt;
        };
    }

    /**
     * Shared buffers of which each iteration of the loop uses another part than the next: their first index is the iteration
     * modulo their first extent, two or more. One barrier an iteration is enough for them.
     */
    private static Set<String> inTurn(Loop loop, Stmt body) {
        Set<String> inTurn = new HashSet<>();
        Set<String> others = new HashSet<>();
        body.anyMatch(s -> {
            SharedAccesses.places(s).forEach((buffer, indices) -> {
                long parts = IndexMath.constant(buffer.shape().getFirst()).orElse(1);
                boolean turns = parts > 1
                        && indices.stream().allMatch(i -> i.getFirst().equals(IndexMath.rem(loop.variable(), parts)));
                (turns ? inTurn : others).add(buffer.name());
            });
            return false;
        });
        inTurn.removeAll(others);
        return inTurn;
    }

    private Stmt separate(List<Stmt> statements) {
        List<Stmt> separated = new ArrayList<>();
        SharedAccesses since = SharedAccesses.none();
        for (Stmt s : statements) {
            Extent extent = extent(s);
            if (extent.before.conflictsWith(since)) {
                separated.add(new Stmt.Barrier());
                since = SharedAccesses.none();
            }
            separated.add(s);
            since = extent.hasBarrier ? extent.after : since.and(extent.before).and(extent.after);
        }
        return Stmt.seq(separated);
    }

    /**
     * The accesses of a statement as those around it see them: before its first barrier and after its last, all where
     * there is none that is surely reached.
     */
    private record Extent(SharedAccesses before, SharedAccesses after, boolean hasBarrier) {}

    private Extent extent(Stmt stmt) {
        return switch (stmt) {
            case Stmt.Seq(List<Stmt> statements) -> {
                SharedAccesses before = SharedAccesses.none();
                SharedAccesses after = SharedAccesses.none();
                boolean hasBarrier = false;
                for (Stmt s : statements) {
                    Extent extent = extent(s);
                    before = hasBarrier ? before : before.and(extent.before);
                    after = extent.hasBarrier
                            ? extent.after
                            : after.and(extent.before).and(extent.after);
                    hasBarrier |= extent.hasBarrier;
                }
                yield new Extent(before, after, hasBarrier);
            }
            case Stmt.For(Loop loop, Stmt body) -> {
                Extent extent = extent(body);
                boolean runs = IndexMath.constant(loop.extent()).orElse(0) > 0;
                yield runs || !extent.hasBarrier ? extent : new Extent(extent.before, extent.after, false);
            }
            case Stmt.Allocate(Buffer _, Stmt body) -> extent(body);
            case Stmt.Let(Expr.Var _, Expr _, Stmt body) -> extent(body);
            case Stmt.Barrier _ -> new Extent(SharedAccesses.none(), SharedAccesses.none(), true);
            case Stmt.If _,
                    Stmt.Store _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> {
                SharedAccesses all = SharedAccesses.in(stmt, asynchronous);
                yield new Extent(all, all, false);
            }
        };
    }
}
