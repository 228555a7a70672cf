package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Intrinsics;
import java.util.List;
import java.util.Optional;

/** Makes copies by vectors, loops over lanes that store what they load, asynchronous; and copies of single elements. */
final class AsynchronousCopies {
    private AsynchronousCopies() {}

    /**
     * The statement with each of its vector loops as one asynchronous copy. Lanes that are not shown to be aligned and, as
     * a whole, within their tensor or beyond it are copied one by one, where an instruction copies so few bytes.
     *
     * @throws LoweringException if something in it is no copy that an instruction makes
     */
    static Stmt of(Stmt s, Bounds bounds) {
        return switch (s) {
            case Stmt.For(Loop lanes, Stmt body)
            when lanes.binding() == Loop.Binding.VECTOR && body instanceof Stmt.Store store ->
                copies(lanes, store, bounds);
            case Stmt.For(Loop lanes, Stmt.If(Expr condition, Stmt.Store store, Optional<Stmt> otherwise))
            when lanes.binding() == Loop.Binding.VECTOR
                    && otherwise.isEmpty()
                    && !condition.anyMatch(lanes.variable()::equals) ->
                new Stmt.If(condition, copies(lanes, store, bounds.assuming(condition)), otherwise);
            case Stmt.For f -> f.map(child -> of(child, bounds.inside(f.loop())), e -> e);
            case Stmt.Seq _, Stmt.If _, Stmt.Let _ -> s.map(child -> of(child, bounds), e -> e);
            case Stmt.Store store -> element(store);
            case Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Invoke _ -> throw notACopy(s);
        };
    }

    private static LoweringException notACopy(Stmt s) {
        return new LoweringException(
                "not a copy that can run ahead of its loop: " + IrText.of(s).strip());
    }

    /** What a store copies, and under which condition; zero elsewhere. */
    private record Source(Buffer buffer, List<Expr> indices, Expr condition) {
        static Source of(Stmt.Store store) {
            Expr condition = Expr.TRUE;
            Expr value = store.value();
            while (value instanceof Expr.Select(Expr inside, Expr loaded, Expr outside)
                    && outside.equals(Expr.zero(value.type()))) {
                condition = IndexMath.and(condition, inside);
                value = loaded;
            }
            if (!(value instanceof Expr.Load(Buffer from, List<Expr> indices))) {
                throw notACopy(store);
            }
            return new Source(from, indices, condition);
        }
    }

    private static Stmt copies(Loop lanes, Stmt.Store store, Bounds bounds) {
        Source source = Source.of(store);
        int count = Math.toIntExact(IndexMath.constant(lanes.extent()).orElseThrow(() -> notACopy(store)));
        LaneGroups group = new LaneGroups(lanes, count, bounds);
        Bounds inside = bounds.inside(lanes);
        boolean fits = group.isWholeOrNothing(source.condition)
                && isAccess(store.buffer(), count)
                && group.isAligned(FlattenIndices.offset(store.buffer(), store.indices(), inside))
                && group.isAligned(
                        FlattenIndices.offset(source.buffer, source.indices, inside.assuming(source.condition)));
        if (!fits && !isAccess(store.buffer(), 1)) {
            throw new LoweringException("copies of " + count + " elements from " + source.buffer.name() + " to "
                    + store.buffer().name()
                    + " are not shown to be aligned and within a row, or beyond it, as a whole");
        }
        return fits
                ? new Stmt.AsyncCopy(
                        store.buffer(),
                        group.at(store.indices(), 0),
                        source.buffer,
                        group.at(source.indices, 0),
                        count,
                        group.at(source.condition, 0))
                : new Stmt.For(lanes.withBinding(Loop.Binding.UNROLL), element(store));
    }

    private static boolean isAccess(Buffer buffer, int elements) {
        return Intrinsics.asynchronousCopy(elements * buffer.type().bytes()).isPresent();
    }

    private static Stmt element(Stmt.Store store) {
        Source source = Source.of(store);
        if (!isAccess(store.buffer(), 1)) {
            throw notACopy(store);
        }
        return new Stmt.AsyncCopy(store.buffer(), store.indices(), source.buffer, source.indices, 1, source.condition);
    }
}
