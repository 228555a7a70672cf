package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Intrinsics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes copies by vectors, loops over lanes that store what they load, asynchronous; and copies of single elements. */
final class AsynchronousCopies {
    private AsynchronousCopies() {}

    /**
     * The statement with each of its vector loops as one asynchronous copy. Lanes that are not shown to be aligned and, as
     * a whole, within their tensor or beyond it are copied one by one, where an instruction copies so few bytes. Empty where
     * something in it is no copy that an instruction makes.
     */
    static Optional<Stmt> of(Stmt s, Bounds bounds) {
        return switch (s) {
            case Stmt.For(Loop lanes, Stmt body)
            when lanes.binding() == Loop.Binding.VECTOR && body instanceof Stmt.Store store ->
                copies(lanes, store, bounds);
            case Stmt.For(Loop lanes, Stmt.If(Expr condition, Stmt.Store store, Optional<Stmt> otherwise))
            when lanes.binding() == Loop.Binding.VECTOR
                    && otherwise.isEmpty()
                    && !condition.anyMatch(lanes.variable()::equals) ->
                copies(lanes, store, bounds.assuming(condition))
                        .map(copy -> new Stmt.If(condition, copy, Optional.empty()));
            case Stmt.For(Loop loop, Stmt body) -> of(body, bounds.inside(loop)).map(copy -> new Stmt.For(loop, copy));
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise)
            when otherwise.isEmpty() -> of(then, bounds).map(copy -> new Stmt.If(condition, copy, Optional.empty()));
            case Stmt.Store store -> element(store);
            case Stmt.If _,
                    Stmt.Seq _,
                    Stmt.Let _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> Optional.empty();
        };
    }

    /** What a store copies, and under which condition; zero elsewhere. */
    private record Source(Buffer buffer, List<Expr> indices, Expr condition) {
        private boolean goesAlongLastAxis(Loop lanes) {
            Expr rest = IndexMath.sub(indices.getLast(), lanes.variable());
            return indices.subList(0, indices.size() - 1).stream().noneMatch(i -> i.anyMatch(lanes.variable()::equals))
                    && !Simplifier.simplify(rest, Bounds.none()).anyMatch(lanes.variable()::equals);
        }

        /** The axes from the first on which lanes differ as one, since neighbours lie across them. */
        private Source merged(Loop lanes, Bounds bounds) {
            int first = 0;
            while (!indices.get(first).anyMatch(lanes.variable()::equals)) {
                first++;
            }
            if (!buffer.layout().isRowMajor()) {
                first = 0;
            }
            Buffer rest = first == 0
                    ? buffer
                    : Buffer.rowMajor(
                            buffer.name(), buffer.type(), buffer.shape().subList(first, buffer.rank()), buffer.scope());
            Expr elements = Expr.index(1);
            for (LayoutMap.Dimension d : rest.layout().dimensions()) {
                elements = IndexMath.mul(elements, d.size(rest.shape().get(d.axis())));
            }
            List<Expr> shape = new ArrayList<>(buffer.shape().subList(0, first));
            shape.add(elements);
            List<Expr> at = new ArrayList<>(indices.subList(0, first));
            at.add(FlattenIndices.offset(rest, indices.subList(first, indices.size()), bounds));
            Buffer rows = new Buffer(
                    buffer.name(),
                    buffer.type(),
                    shape,
                    LayoutMap.rowMajor(shape.size()),
                    buffer.scope(),
                    buffer.alignmentBytes());
            return new Source(rows, at, IndexMath.undivided(condition));
        }

        static Optional<Source> of(Stmt.Store store) {
            Expr condition = Expr.TRUE;
            Expr value = store.value();
            while (value instanceof Expr.Select(Expr inside, Expr loaded, Expr outside)
                    && outside.equals(Expr.zero(value.type()))) {
                condition = IndexMath.and(condition, inside);
                value = loaded;
            }
            boolean isCopy = value instanceof Expr.Load load && load.buffer().scope() != Scope.SHARED;
            return isCopy
                    ? Optional.of(new Source(((Expr.Load) value).buffer(), ((Expr.Load) value).indices(), condition))
                    : Optional.empty();
        }
    }

    private static Optional<Stmt> copies(Loop lanes, Stmt.Store store, Bounds bounds) {
        return Source.of(store).flatMap(source -> copies(lanes, store, source, bounds));
    }

    private static Optional<Stmt> copies(Loop lanes, Stmt.Store store, Source source, Bounds bounds) {
        int count = Math.toIntExact(IndexMath.constant(lanes.extent()).orElse(0));
        LaneGroups group = new LaneGroups(lanes, count, bounds);
        Bounds inside = bounds.inside(lanes);
        Bounds copied = inside.assuming(source.condition);
        boolean fits = group.isWholeOrNothing(source.condition)
                && isAccess(store.buffer(), count)
                && group.isAligned(FlattenIndices.offset(store.buffer(), store.indices(), inside))
                && group.isAligned(FlattenIndices.offset(source.buffer, source.indices, copied));
        if (!fits) {
            return element(store).map(copy -> new Stmt.For(lanes.withBinding(Loop.Binding.UNROLL), copy));
        }
        Source from = source.goesAlongLastAxis(lanes) ? source : source.merged(lanes, copied);
        return Optional.of(new Stmt.AsyncCopy(
                store.buffer(),
                group.at(store.indices(), 0),
                from.buffer,
                group.at(from.indices, 0),
                count,
                group.at(from.condition, 0)));
    }

    private static boolean isAccess(Buffer buffer, int elements) {
        return Intrinsics.asynchronousCopy(elements * buffer.type().bytes()).isPresent();
    }

    private static Optional<Stmt> element(Stmt.Store store) {
        return Source.of(store)
                .filter(_ -> isAccess(store.buffer(), 1))
                .map(source -> new Stmt.AsyncCopy(
                        store.buffer(), store.indices(), source.buffer, source.indices, 1, source.condition));
    }
}
