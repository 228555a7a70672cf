package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Rings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Makes loops that copy a part of a tensor, element by element, copies of boxes: one where a row has the 128 bytes that a
 * box has in shared memory, else one for each column of such rows. Requires: the step {@code Specialize} has checked them,
 * so that what is not copied is beyond the tensor, and zero.
 */
final class TileCopies {
    private final Buffer barriers;
    private final Expr slot;

    TileCopies(Buffer barriers, Expr slot) {
        this.barriers = barriers;
        this.slot = slot;
    }

    private static LoweringException notACopy(Stmt s) {
        return new LoweringException(
                "not a copy of a box of a tensor: " + IrText.of(s).strip());
    }

    /** The bytes that a copy writes, zeros beyond the tensor too. */
    static long bytes(Stmt copy) {
        long elements = 1;
        Stmt inner = copy;
        while (inner instanceof Stmt.For(Loop loop, Stmt body)) {
            elements *= extent(loop, copy);
            inner = body;
        }
        return elements * store(inner).buffer().type().bytes();
    }

    Stmt of(Stmt copy) {
        List<Loop> loops = new ArrayList<>();
        Stmt inner = copy;
        while (inner instanceof Stmt.For(Loop loop, Stmt body)) {
            loops.add(loop);
            inner = body;
        }
        Stmt.Store store = store(inner);
        Expr.Load source = source(store);
        Buffer to = store.buffer();
        Loop columns = loops.getLast();
        long row = Rings.ROW_BYTES / to.type().bytes();
        boolean wide = columns.variable().equals(store.indices().getLast())
                && columns.variable()
                        .equals(varying(source.indices().getLast(), loops, copy).orElse(columns.variable()))
                && extent(columns, copy) % row == 0;
        if (!wide || loops.size() > 2) {
            throw notACopy(copy);
        }
        Loop column = new Loop(
                Expr.Var.index(columns.name() + ".column"),
                Expr.index(extent(columns, copy) / row),
                Loop.Binding.UNROLL,
                Loop.Carrier.SPATIAL,
                Optional.empty(),
                Origin.NONE);
        Expr ahead = IndexMath.mul(column.variable(), Expr.index(row));
        List<Integer> box = new ArrayList<>(Collections.nCopies(source.indices().size(), 1));
        List<Expr> from = new ArrayList<>();
        for (int axis = 0; axis < source.indices().size(); axis++) {
            Expr index = source.indices().get(axis);
            Optional<Expr.Var> along = varying(index, loops, copy);
            boolean isLast = axis == source.indices().size() - 1;
            if (along.isPresent() && !isLast) {
                box.set(axis, Math.toIntExact(extent(loop(loops, along.get()), copy)));
            }
            Expr start = along.map(v -> Simplifier.simplify(IndexMath.sub(index, v), Bounds.none()))
                    .orElse(index);
            from.add(isLast ? IndexMath.add(start, ahead) : start);
        }
        box.set(box.size() - 1, Math.toIntExact(row));
        List<Expr> at = new ArrayList<>(Collections.nCopies(to.rank(), Expr.index(0)));
        at.set(at.size() - 1, ahead);
        return new Stmt.For(column, new Stmt.TileCopy(to, at, source.buffer(), from, box, barriers, slot));
    }

    private static Loop loop(List<Loop> loops, Expr.Var variable) {
        return loops.stream()
                .filter(l -> l.variable().equals(variable))
                .findFirst()
                .orElseThrow();
    }

    /** The loop's variable that an index steps with, by one; there is at most one. */
    private static Optional<Expr.Var> varying(Expr index, List<Loop> loops, Stmt copy) {
        List<Expr.Var> found = loops.stream()
                .map(Loop::variable)
                .filter(v -> index.anyMatch(v::equals))
                .toList();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Expr rest = Simplifier.simplify(IndexMath.sub(index, found.getFirst()), Bounds.none());
        if (found.size() > 1 || rest.anyMatch(found.getFirst()::equals)) {
            throw notACopy(copy);
        }
        return Optional.of(found.getFirst());
    }

    private static long extent(Loop loop, Stmt copy) {
        return IndexMath.constant(loop.extent()).orElseThrow(() -> notACopy(copy));
    }

    private static Stmt.Store store(Stmt inner) {
        if (inner instanceof Stmt.Store store) {
            return store;
        }
        throw notACopy(inner);
    }

    private static Expr.Load source(Stmt.Store store) {
        Expr value = store.value();
        while (value instanceof Expr.Select(Expr _, Expr inside, Expr outside)
                && outside.equals(Expr.zero(value.type()))) {
            value = inside;
        }
        if (value instanceof Expr.Load load) {
            return load;
        }
        throw notACopy(store);
    }
}
