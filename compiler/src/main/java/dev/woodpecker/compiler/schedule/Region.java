package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The part of a tensor that a statement touches, one interval an axis: from {@code base}, an expression over loops outside
 * the statement, {@code extent} elements.
 */
public record Region(List<Span> spans) {
    /** From {@code base} on, {@code extent} indices. */
    public record Span(Expr base, long extent) {}

    public Region {
        spans = List.copyOf(spans);
    }

    /**
     * The smallest region that covers all {@code accesses}, each one index an axis, under {@code bounds}.
     * Where an index does not separate into a part outside and one inside, the whole axis is taken; empty when that is not
     * constant either.
     */
    public static Optional<Region> covering(
            List<List<Expr>> accesses, Bounds bounds, Set<String> inner, List<Expr> shape) {
        List<Span> spans = new ArrayList<>();
        for (int axis = 0; axis < shape.size(); axis++) {
            Optional<Span> union = Optional.empty();
            for (List<Expr> access : accesses) {
                Optional<Span> one = separate(access.get(axis), bounds, inner);
                union = union.isEmpty() && access == accesses.getFirst()
                        ? one
                        : union.flatMap(u -> one.flatMap(o -> join(u, o)));
            }
            if (union.isEmpty()) {
                if (IndexMath.constant(shape.get(axis)).isEmpty()) {
                    return Optional.empty();
                }
                union = Optional.of(new Span(
                        Expr.index(0), IndexMath.constant(shape.get(axis)).getAsLong()));
            }
            spans.add(union.get());
        }
        return Optional.of(new Region(spans));
    }

    /** This region without what surely lies beyond {@code shape}. */
    public Region within(List<Expr> shape) {
        List<Span> clipped = new ArrayList<>();
        for (int axis = 0; axis < shape.size(); axis++) {
            Span span = spans.get(axis);
            OptionalLong extent = IndexMath.constant(shape.get(axis));
            OptionalLong base = IndexMath.constant(span.base);
            if (extent.isPresent() && base.isPresent()) {
                long low = Math.max(0, base.getAsLong());
                long high = Math.min(extent.getAsLong(), base.getAsLong() + span.extent);
                span = new Span(Expr.index(low), Math.max(1, high - low));
            } else if (extent.isPresent() && span.extent >= extent.getAsLong()) {
                span = new Span(Expr.index(0), extent.getAsLong());
            }
            clipped.add(span);
        }
        return new Region(clipped);
    }

    private static Optional<Span> join(Span a, Span b) {
        Optional<Affine> difference = Affine.of(IndexMath.sub(b.base, a.base));
        if (difference.isEmpty() || !difference.get().terms().isEmpty()) {
            return Optional.empty();
        }
        long offset = difference.get().constant();
        long low = Math.min(0, offset);
        long high = Math.max(a.extent, offset + b.extent);
        return Optional.of(new Span(IndexMath.add(a.base, Expr.index(low)), high - low));
    }

    private static Optional<Span> separate(Expr index, Bounds bounds, Set<String> inner) {
        // The tile of a pixel, (i.o * 4 + i.i) / 4, is i.o; a loop with one iteration is none.
        Expr only = index.rewrite(
                e -> e instanceof Expr.Var v && inner.contains(v.name()) && isZero(bounds.of(v)) ? Expr.index(0) : e);
        Optional<Affine> affine = Affine.of(Simplifier.simplify(only, bounds));
        if (affine.isEmpty()) {
            return Optional.empty();
        }
        Expr base = Expr.index(affine.get().constant());
        long low = 0;
        long high = 0;
        for (Map.Entry<Expr, Long> term : affine.get().terms().entrySet()) {
            boolean mentionsInner = term.getKey().anyMatch(e -> e instanceof Expr.Var v && inner.contains(v.name()));
            if (!mentionsInner) {
                base = IndexMath.add(base, IndexMath.mul(term.getKey(), Expr.index(term.getValue())));
                continue;
            }
            if (term.getKey().anyMatch(e -> e instanceof Expr.Read || e instanceof Expr.Load)) {
                return Optional.empty();
            }
            Interval range = bounds.of(term.getKey());
            if (!range.isBounded()) {
                return Optional.empty();
            }
            long coefficient = term.getValue();
            low += coefficient * (coefficient > 0 ? range.min() : range.max());
            high += coefficient * (coefficient > 0 ? range.max() : range.min());
        }
        return Optional.of(new Span(IndexMath.add(base, Expr.index(low)), high - low + 1));
    }

    private static boolean isZero(Interval range) {
        return range.min() == 0 && range.max() == 0;
    }

    /** What is known inside these loops, the first outermost. */
    public static Bounds inside(List<Loop> loops) {
        Bounds bounds = Bounds.none();
        for (Loop loop : loops) {
            bounds = bounds.inside(loop);
        }
        return bounds;
    }

    /**
     * The loops over which a part of a tensor is gathered: those inside, and for memory that a block shares the loops that
     * are its threads.
     */
    public static Set<String> inner(List<Loop> inside, List<Loop> around, Scope scope) {
        Set<String> names = new HashSet<>();
        inside.forEach(l -> names.add(l.name()));
        if (scope == Scope.SHARED) {
            around.stream().filter(l -> l.binding().isThread()).forEach(l -> names.add(l.name()));
        }
        return names;
    }

    /** All loops in {@code stmt}. */
    public static List<Loop> loops(Stmt stmt) {
        List<Loop> loops = new ArrayList<>();
        if (stmt instanceof Stmt.For f) {
            loops.add(f.loop());
        }
        stmt.children().forEach(child -> loops.addAll(loops(child)));
        return loops;
    }

    /** A sum of atoms with constant coefficients; atoms are whatever is no sum or constant product. */
    record Affine(Map<Expr, Long> terms, long constant) {
        static Optional<Affine> of(Expr e) {
            if (e.type() != DType.I64) {
                return Optional.empty();
            }
            Map<Expr, Long> terms = new java.util.LinkedHashMap<>();
            long[] constant = {0};
            collect(e, 1, terms, constant);
            terms.values().removeIf(coefficient -> coefficient == 0);
            return Optional.of(new Affine(terms, constant[0]));
        }

        private static void collect(Expr e, long factor, Map<Expr, Long> terms, long[] constant) {
            switch (e) {
                case Expr.IntConst c -> constant[0] += factor * c.value();
                case Expr.Binary(BinaryOp op, Expr l, Expr r)
                when op == BinaryOp.ADD -> {
                    collect(l, factor, terms, constant);
                    collect(r, factor, terms, constant);
                }
                case Expr.Binary(BinaryOp op, Expr l, Expr r)
                when op == BinaryOp.SUB -> {
                    collect(l, factor, terms, constant);
                    collect(r, -factor, terms, constant);
                }
                case Expr.Binary(BinaryOp op, Expr l, Expr.IntConst c)
                when op == BinaryOp.MUL -> collect(l, factor * c.value(), terms, constant);
                case Expr.Binary(BinaryOp op, Expr.IntConst c, Expr r)
                when op == BinaryOp.MUL -> collect(r, factor * c.value(), terms, constant);
                case Expr other -> terms.merge(other, factor, Long::sum);
            }
        }
    }
}
