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
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Spreads the requests for what the next iteration of a loop reads of a tensor over this iteration: each time the innermost
 * loop goes round it asks for the next few cache lines. Where the tensor is read several times over, by one tile after
 * another, each time asks for its share only: all at once would stall, for a core has few requests under way (10 to 16 on
 * x86-64). After the last iteration comes what lies next in memory, which is what is read next where the loops follow the
 * layout; nothing beyond the tensor is asked for. A tensor of which an iteration does not read one stretch of memory is left
 * alone. Requires: indices are flat, vector loops and unrolled loops gone.
 *
 * <pre>
 * for c.o in 0..8 prefetch w:              for c.o in 0..8:
 *   for i in 0..4:                           for i in 0..4:
 *     for c in 0..64:                          for c in 0..64:
 *       acc = acc + w[c.o * 64 + c]    ->        prefetch w[min(c.o * 64 + 64 + (i * 64 + c) / 64 * 16, 511)]
 *                                                acc = acc + w[c.o * 64 + c]
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

    /** An innermost loop that reads the tensor, with the loops on the way to it, and itself, outermost first. */
    private record Reader(Stmt.For innermost, List<Loop> path, Buffer buffer, Set<Expr> offsets) {
        /** The loops that the offsets follow. */
        List<Loop> followed() {
            return path.stream().filter(this::follows).toList();
        }

        /** The loops that read the same again. */
        List<Loop> repeated() {
            return path.stream().filter(loop -> !follows(loop)).toList();
        }

        private boolean follows(Loop loop) {
            return offsets.iterator().next().anyMatch(e -> e.equals(loop.variable()));
        }

        long repetitions() {
            return iterations(repeated());
        }
    }

    private static Stmt request(Stmt body, String tensor, Loop loop) {
        List<Reader> readers = new ArrayList<>();
        collect(body, tensor, List.of(), readers);
        // Peeled copies read the same: the ones that run most often ask.
        long most = readers.stream().mapToLong(Reader::repetitions).max().orElse(0);
        Optional<Reader> asking =
                readers.stream().filter(r -> r.repetitions() == most).findFirst();
        List<Stmt> requests = asking.map(reader -> requests(reader, loop)).orElse(List.of());
        if (requests.isEmpty()) {
            return body;
        }
        Stmt.For innermost = asking.get().innermost;
        List<Stmt> all = new ArrayList<>(requests);
        all.add(innermost.body());
        return body.rewrite(s -> s == innermost ? new Stmt.For(innermost.loop(), Stmt.seq(all)) : s, e -> e);
    }

    private static void collect(Stmt stmt, String tensor, List<Loop> path, List<Reader> readers) {
        if (!(stmt instanceof Stmt.For target)) {
            stmt.children().forEach(child -> collect(child, tensor, path, readers));
            return;
        }
        List<Loop> deeper = new ArrayList<>(path);
        deeper.add(target.loop());
        if (target.body().anyMatch(s -> s instanceof Stmt.For)) {
            collect(target.body(), tensor, deeper, readers);
            return;
        }
        Set<Expr> offsets = new LinkedHashSet<>();
        List<Buffer> buffers = new ArrayList<>();
        target.body()
                .anyMatch(s -> s.expressions().stream()
                        .anyMatch(e -> e.anyMatch(n -> {
                            if (n instanceof Expr.Load load
                                    && load.buffer().name().equals(tensor)) {
                                offsets.add(load.indices().getLast());
                                buffers.add(load.buffer());
                            }
                            return false;
                        })));
        if (!offsets.isEmpty()) {
            readers.add(new Reader(target, deeper, buffers.getFirst(), offsets));
        }
    }

    /** The requests of one round of the innermost loop; none where an iteration does not read one stretch of memory. */
    private static List<Stmt> requests(Reader reader, Loop loop) {
        Expr first = reader.offsets.iterator().next();
        long lanes = first.lanes();
        long line = LINE_BYTES / reader.buffer.type().bytes();
        Expr start = first instanceof Expr.Ramp ramp ? ramp.base() : first;
        OptionalLong distance = distance(start, loop);
        long elements = iterations(reader.followed()) * reader.offsets.size() * lanes;
        if (distance.isEmpty() || distance.getAsLong() != elements || elements % line != 0) {
            return List.of();
        }
        Expr block = start;
        for (Loop followed : reader.followed()) {
            block = block.rewrite(e -> e.equals(followed.variable()) ? Expr.index(0) : e);
        }
        List<Loop> order = new ArrayList<>(reader.repeated());
        order.addAll(reader.followed());
        Expr round = Expr.index(0);
        for (Loop inner : order) {
            round = IndexMath.add(IndexMath.mul(round, inner.extent()), inner.variable());
        }
        long repetitions = reader.repetitions();
        long ofRound = reader.offsets.size() * lanes;
        // Of all rounds, round r asks for the line that holds the first element of its share.
        long common = gcd(ofRound, repetitions * line);
        Expr share = IndexMath.div(IndexMath.mul(round, Expr.index(ofRound / common)), repetitions * line / common);
        long lines = Math.ceilDiv(ofRound, repetitions * line);
        List<Stmt> requests = new ArrayList<>();
        for (long i = 0; i < lines; i++) {
            Expr ahead = IndexMath.mul(IndexMath.add(share, Expr.index(i)), Expr.index(line));
            Expr offset = IndexMath.add(IndexMath.add(block, Expr.index(elements)), ahead);
            Expr target = Simplifier.simplify(
                    new Expr.Binary(BinaryOp.MIN, offset, Expr.index(last(reader.buffer))), Bounds.none());
            requests.add(
                    new Stmt.Invoke(Intrinsics.PREFETCH, List.of(new Stmt.Window(reader.buffer, List.of(target)))));
        }
        return requests;
    }

    /** How much further on in memory the next iteration reads. */
    private static OptionalLong distance(Expr offset, Loop loop) {
        Expr next = IndexMath.add(loop.variable(), Expr.index(1));
        Expr shifted = offset.rewrite(e -> e.equals(loop.variable()) ? next : e);
        return IndexMath.constant(Simplifier.simplify(IndexMath.sub(shifted, offset), Bounds.none()));
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    private static long iterations(List<Loop> loops) {
        long product = 1;
        for (Loop loop : loops) {
            product *= IndexMath.constant(loop.extent()).orElse(0);
        }
        return product;
    }

    private static long last(Buffer buffer) {
        long[] extents = buffer.shape().stream()
                .mapToLong(e -> IndexMath.constant(e).orElse(1))
                .toArray();
        return buffer.layout().elements(extents) - 1;
    }
}
