package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Splits a loop into an outer and an inner one of {@code factor} iterations, named {@code loop.o} and {@code loop.i}. A
 * factor beyond a constant extent is taken as that extent, unless the tail is padding.
 *
 * <pre>
 * for k in 0..64:            for k.o in 0..4:
 *   y[k]              ->       for k.i in 0..16:
 *                                y[k.o * 16 + k.i]
 * </pre>
 */
public record Split(String loop, Factor factor, Tail tail) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop split = found.get().loop();
        if (split.binding() != Loop.Binding.SERIAL || split.peel().isPresent()) {
            return reject("loop '" + loop + "' is already bound to " + split.binding() + " or peeled; split it before");
        }
        OptionalLong extent = IndexMath.constant(split.extent());
        long size = factor.resolve(decisions);
        if (size < 1) {
            return reject("factor " + size + " is not positive");
        }
        if (tail != Tail.PAD && extent.isPresent()) {
            size = Math.min(size, Math.max(1, extent.getAsLong()));
        }
        boolean exact = extent.isPresent()
                ? extent.getAsLong() % size == 0
                : split.extent() instanceof Expr.Param p && p.divisor() % size == 0;
        if (!exact && tail == Tail.EXACT) {
            return reject("factor " + size + " does not divide the extent of '" + loop
                    + "'; choose a divisor or another tail");
        }
        if (!exact && (tail == Tail.PEEL || tail == Tail.SHIFT) && extent.isEmpty()) {
            return reject("a tail can be peeled or shifted only off a constant extent; use GUARD");
        }
        if (!exact && tail == Tail.SHIFT && split.carrier() == Loop.Carrier.REDUCTION) {
            return reject("a point of a reduction counts once; use GUARD or PEEL for '" + loop + "'");
        }
        boolean adds = !exact && tail == Tail.PAD && split.carrier() == Loop.Carrier.REDUCTION;
        if (adds && !Padding.addsNothing(nest, found.get())) {
            return reject("a reduction over padding adds what is there; use GUARD or PEEL for '" + loop + "'");
        }
        if (nest.find(loop + ".o").isPresent() || nest.find(loop + ".i").isPresent()) {
            return reject("there is a loop '" + loop + ".o' or '" + loop + ".i' already");
        }
        return Step.applied(nest.replace(loop, split(found.get(), size, exact)));
    }

    private Stmt split(Stmt.For target, long size, boolean exact) {
        Loop old = target.loop();
        Expr.Var outer = Expr.Var.index(loop + ".o");
        Expr.Var inner = Expr.Var.index(loop + ".i");
        Expr value = IndexMath.add(IndexMath.mul(outer, Expr.index(size)), inner);
        Stmt body = LoopNest.substituteVariables(target.body(), Map.of(loop, value));
        if (!exact) {
            Expr inside = IndexMath.less(value, old.extent());
            boolean adds = old.carrier() == Loop.Carrier.REDUCTION;
            body = body.rewrite(s -> s instanceof Stmt.Compute c ? guarded(c, inside, adds) : s, e -> e);
        }
        Optional<Loop.Peel> peel = exact ? Optional.empty() : peel(old, inner, size);
        Loop outerLoop = new Loop(
                outer, IndexMath.ceilDiv(old.extent(), size), Loop.Binding.SERIAL, old.carrier(), peel, old.origin());
        Loop innerLoop =
                new Loop(inner, Expr.index(size), Loop.Binding.SERIAL, old.carrier(), Optional.empty(), old.origin());
        return new Stmt.For(outerLoop, new Stmt.For(innerLoop, body));
    }

    private Optional<Loop.Peel> peel(Loop old, Expr.Var inner, long size) {
        return switch (tail) {
            case PEEL -> Optional.of(new Loop.Peel.Tail(inner.name(), remainder(old, size)));
            case SHIFT -> Optional.of(new Loop.Peel.Shift(inner.name(), size - remainder(old, size)));
            case EXACT, GUARD, PAD -> Optional.empty();
        };
    }

    private static long remainder(Loop old, long size) {
        return IndexMath.constant(old.extent()).getAsLong() % size;
    }

    private Stmt.Compute guarded(Stmt.Compute c, Expr inside, boolean adds) {
        if (adds && tail == Tail.PAD) {
            return c;
        }
        return tail == Tail.PAD
                ? new Stmt.Compute(
                        c.stage(), c.part(), c.at(), c.over(), c.slot(), c.guard(), IndexMath.and(c.keep(), inside))
                : new Stmt.Compute(
                        c.stage(), c.part(), c.at(), c.over(), c.slot(), IndexMath.and(c.guard(), inside), c.keep());
    }
}
