package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Intrinsics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Combines the partial results of threads by shuffles. Requires: stages are placed; a {@code TENSOR} loop over a reduction
 * is one that the step {@code CombineLanes} has checked. Ensures: none is left; the parts are a register of each thread,
 * which lanes exchange in a butterfly, so that all have the same sum; several warps hand theirs over through shared memory.
 *
 * <pre>
 * for l in 0..64 thread.x: p[l] = acc      p = acc
 * for l in 0..64 tensor: y += p[l]         p += p of the lane 16 further on, 8, 4, 2, 1
 *                                    ->    w[thread / 32] = p, if thread % 32 == 0
 *                                          p = w[thread % 2]; p += p of the lane 1 further on
 *                                          y += p
 * </pre>
 */
final class WarpReductions {
    private static final int WARP = 32;

    /** Parts by the name of the buffer that they lie in before. */
    private final Map<String, Part> parts = new HashMap<>();

    /** A register of each thread, one for what another lane sends, and memory for a value of each warp. */
    private record Part(Buffer own, Buffer other, Optional<Buffer> warps, int threads) {}

    private WarpReductions() {}

    static Stmt apply(Stmt phase) {
        WarpReductions pass = new WarpReductions();
        pass.find(phase);
        return pass.parts.isEmpty() ? phase : pass.rewritten(phase);
    }

    private void find(Stmt s) {
        if (s instanceof Stmt.For f && isCombination(f)) {
            found(f);
        } else if (!isTile(s)) {
            s.children().forEach(this::find);
        }
    }

    /** The loops of a matrix product are another pass's. */
    private static boolean isTile(Stmt s) {
        return s instanceof Stmt.For f
                && f.loop().binding() == Loop.Binding.TENSOR
                && f.loop().carrier() == Loop.Carrier.SPATIAL;
    }

    private Part part(String buffer) {
        Part part = parts.get(buffer);
        if (part == null) {
            throw new LoweringException("the parts in " + buffer + " are not those of threads");
        }
        return part;
    }

    private static boolean isCombination(Stmt.For f) {
        return f.loop().binding() == Loop.Binding.TENSOR
                && f.loop().carrier() == Loop.Carrier.REDUCTION
                && f.body() instanceof Stmt.Store;
    }

    /** {@code accumulator = accumulator op part}. */
    private record Update(Stmt.Store store, BinaryOp op, Expr.Load part) {
        static Update of(Stmt.For f) {
            if (f.body() instanceof Stmt.Store store
                    && store.value() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)) {
                Expr old = new Expr.Load(store.buffer(), store.indices());
                Expr other = left.equals(old) ? right : left;
                if (other instanceof Expr.Load part && (left.equals(old) || right.equals(old))) {
                    return new Update(store, op, part);
                }
            }
            throw new LoweringException("the loop " + f.loop().name() + " does not combine the parts of threads");
        }
    }

    private void found(Stmt.For f) {
        Buffer parted = Update.of(f).part().buffer();
        int threads = Math.toIntExact(IndexMath.constant(f.loop().extent()).orElseThrow());
        String name = parted.name();
        Optional<Buffer> warps = threads == WARP
                ? Optional.empty()
                : Optional.of(Buffer.rowMajor(
                        name + ".warps", parted.type(), List.of(Expr.index(threads / WARP)), Scope.SHARED));
        parts.put(
                name,
                new Part(register(name, parted.type()), register(name + ".other", parted.type()), warps, threads));
    }

    private static Buffer register(String name, DType type) {
        return Buffer.rowMajor(name, type, List.of(Expr.index(1)), Scope.FRAGMENT);
    }

    private Stmt rewritten(Stmt s) {
        return switch (s) {
            case Stmt.Allocate(Buffer buffer, Stmt body)
            when parts.containsKey(buffer.name()) -> {
                Part part = part(buffer.name());
                Stmt inner = new Stmt.Allocate(part.own(), new Stmt.Allocate(part.other(), rewritten(body)));
                yield part.warps()
                        .<Stmt>map(warps -> new Stmt.Allocate(warps, inner))
                        .orElse(inner);
            }
            case Stmt.Store store
            when parts.containsKey(store.buffer().name()) ->
                new Stmt.Store(
                        part(store.buffer().name()).own(), List.of(Expr.index(0)), store.value(), store.origin());
            case Stmt.For f when isCombination(f) -> combination(f);
            case Stmt.For f when isTile(f) -> f;
            case Stmt other -> other.map(this::rewritten, e -> e);
        };
    }

    private Stmt combination(Stmt.For f) {
        Update update = Update.of(f);
        Part part = part(update.part().buffer().name());
        List<Stmt> steps = new ArrayList<>();
        exchange(part, update.op(), WARP, steps);
        Expr mine = new Expr.Load(part.own(), List.of(Expr.index(0)));
        Loop threads = new Loop(
                Expr.Var.index(part.own().name() + ".thread"),
                Expr.index(part.threads()),
                Loop.Binding.THREAD_X,
                Loop.Carrier.SPATIAL,
                Optional.empty(),
                f.loop().origin());
        part.warps().ifPresent(warps -> {
            Expr lane = IndexMath.rem(threads.variable(), WARP);
            int count = part.threads() / WARP;
            Expr isFirst = IndexMath.less(lane, Expr.index(1));
            steps.add(new Stmt.If(
                    isFirst,
                    new Stmt.Store(warps, List.of(IndexMath.div(threads.variable(), WARP)), mine, Origin.NONE),
                    Optional.empty()));
            steps.add(set(part, new Expr.Load(warps, List.of(IndexMath.rem(threads.variable(), count)))));
            exchange(part, update.op(), count, steps);
        });
        steps.add(new Stmt.Store(
                update.store().buffer(),
                update.store().indices(),
                new Expr.Binary(
                        update.op(),
                        new Expr.Load(update.store().buffer(), update.store().indices()),
                        mine),
                update.store().origin()));
        return new Stmt.For(threads, Stmt.seq(steps));
    }

    private static Stmt set(Part part, Expr value) {
        return new Stmt.Store(part.own(), List.of(Expr.index(0)), value, Origin.NONE);
    }

    /** Lanes that are half of {@code lanes} apart combine what they have, then those a quarter apart, and so on. */
    private static void exchange(Part part, BinaryOp op, int lanes, List<Stmt> steps) {
        Stmt.Window own = new Stmt.Window(part.own(), List.of(Expr.index(0)));
        Stmt.Window other = new Stmt.Window(part.other(), List.of(Expr.index(0)));
        Expr mine = new Expr.Load(part.own(), List.of(Expr.index(0)));
        Expr theirs = new Expr.Load(part.other(), List.of(Expr.index(0)));
        for (int distance = lanes / 2; distance >= 1; distance /= 2) {
            steps.add(new Stmt.Invoke(Intrinsics.exchange(distance, part.own().type()), List.of(other, own)));
            steps.add(set(part, new Expr.Binary(op, mine, theirs)));
        }
    }
}
