package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Intrinsics;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Puts the requests for what the next iteration of a loop reads beside the reads of this one: one for each cache line.
 * After the last iteration comes what lies next in memory, which is what is read next where the loops follow the layout;
 * nothing beyond the tensor is asked for. Requires: indices are flat, vector loops and unrolled loops gone.
 *
 * <pre>
 * for c.o in 0..8 prefetch w:              for c.o in 0..8:
 *   for c.i in 0..64:                        for c.i in 0..64:
 *     acc = acc + w[c.o * 64 + c.i]    ->      prefetch w[min(c.o * 64 + c.i + 64, 511)]
 *                                              acc = acc + w[c.o * 64 + c.i]
 * </pre>
 */
final class InsertPrefetches {
    private static final int LINE_BYTES = 64;

    private InsertPrefetches() {}

    static Stmt apply(Stmt stmt) {
        if (stmt instanceof Stmt.For(Loop loop, Stmt body) && !loop.prefetched().isEmpty()) {
            Stmt requested = apply(body);
            for (String tensor : loop.prefetched()) {
                requested = request(requested, tensor, loop);
            }
            return new Stmt.For(loop.withPrefetched(List.of()), requested);
        }
        return stmt.map(InsertPrefetches::apply, e -> e);
    }

    /** Adds the requests to the bodies of the innermost loops. */
    private static Stmt request(Stmt stmt, String tensor, Loop loop) {
        return switch (stmt) {
            case Stmt.For(Loop inner, Stmt body) -> {
                boolean innermost = !body.anyMatch(s -> s instanceof Stmt.For);
                Stmt requested = innermost
                        ? Stmt.seq(List.of(Stmt.seq(requests(body, tensor, loop)), body))
                        : request(body, tensor, loop);
                yield new Stmt.For(inner, requested);
            }
            case Stmt other -> other.map(child -> request(child, tensor, loop), e -> e);
        };
    }

    private static List<Stmt> requests(Stmt body, String tensor, Loop loop) {
        Set<Expr> offsets = new LinkedHashSet<>();
        List<Buffer> buffers = new ArrayList<>();
        int[] lanes = {1};
        body.anyMatch(s -> s.expressions().stream().anyMatch(e -> e.anyMatch(n -> {
            if (n instanceof Expr.Load load && load.buffer().name().equals(tensor)) {
                Expr index = load.indices().getLast();
                offsets.add(index instanceof Expr.Ramp ramp ? ramp.base() : index);
                buffers.add(load.buffer());
                lanes[0] = Math.max(lanes[0], index.lanes());
            }
            return false;
        })));
        if (buffers.isEmpty()) {
            return List.of();
        }
        Buffer buffer = buffers.getFirst();
        long perLine = Math.max(1, LINE_BYTES / ((long) lanes[0] * buffer.type().bytes()));
        List<Stmt> requests = new ArrayList<>();
        int position = 0;
        for (Expr offset : offsets) {
            if (position++ % perLine == 0) {
                Expr ahead = ahead(offset, loop, buffer);
                requests.add(
                        new Stmt.Invoke(Intrinsics.PREFETCH, List.of(new Stmt.Window(buffer, List.of(ahead)))));
            }
        }
        return requests;
    }

    private static Expr ahead(Expr offset, Loop loop, Buffer buffer) {
        Expr next = IndexMath.add(loop.variable(), Expr.index(1));
        Expr shifted = offset.rewrite(e -> e.equals(loop.variable()) ? next : e);
        Expr distance = Simplifier.simplify(IndexMath.sub(shifted, offset), Bounds.none());
        Expr target = IndexMath.constant(distance).isPresent() ? IndexMath.add(offset, distance) : shifted;
        long[] extents = buffer.shape().stream()
                .mapToLong(e -> IndexMath.constant(e).orElse(1))
                .toArray();
        Expr last = Expr.index(buffer.layout().elements(extents) - 1);
        return new Expr.Binary(BinaryOp.MIN, target, last);
    }
}
