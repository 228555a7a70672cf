package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.target.Target;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Turns {@code VECTOR} loops into operations on vectors, one lane an iteration. Requires: indices of memory are flat and
 * simplified (the stride of an access is the coefficient of the lane in its offset). Ensures: no {@code VECTOR} loop is
 * left. What cannot be a vector operation runs in a serial loop over the lanes, so that every loop may be asked to be
 * vectorised; a loop over a reduction keeps a partial result a lane, combined in a fixed order after it.
 */
public final class Vectorize {
    /** Vectors beyond this many lanes are left to serial loops. */
    private static final int MAX_LANES = 128;

    private Vectorize() {}

    /**
     * The body with vectors in place of vector loops; where values are wider than those that the number of lanes was chosen
     * for, vectors have fewer lanes, so that none is larger than the target's registers.
     */
    public static Stmt apply(Stmt body, Target target) {
        Set<String> names = new HashSet<>();
        body.anyMatch(s -> {
            if (s instanceof Stmt.Allocate a) {
                names.add(a.buffer().name());
            }
            return false;
        });
        Stmt independent = VectorReduction.apply(body, names);
        int bytes = Math.max(16, target.vectorBytes());
        Stmt vectorized = independent.rewrite(
                s -> s instanceof Stmt.For f && isVector(f) ? vectorized(f, bytes, names) : s, e -> e);
        return vectorized == body ? body : Simplifier.simplify(vectorized);
    }

    static boolean isVector(Stmt.For f) {
        return f.loop().binding() == Loop.Binding.VECTOR;
    }

    /** The lanes of a loop that can be vectorised at all. */
    static OptionalLong lanes(Stmt.For f) {
        OptionalLong extent = IndexMath.constant(f.loop().extent());
        boolean usable = extent.isPresent()
                && extent.getAsLong() > 1
                && extent.getAsLong() <= MAX_LANES
                && Long.bitCount(extent.getAsLong()) == 1;
        return usable ? extent : OptionalLong.empty();
    }

    static Stmt serial(Stmt.For f) {
        return new Stmt.For(f.loop().withBinding(Loop.Binding.SERIAL), f.body());
    }

    private static Stmt vectorized(Stmt.For f, int bytes, Set<String> names) {
        OptionalLong lanes = lanes(f);
        boolean nested = f.body().anyMatch(s -> s.expressions().stream().anyMatch(e -> e.anyMatch(n -> n.lanes() > 1)));
        if (lanes.isEmpty() || nested || f.loop().carrier() == Loop.Carrier.REDUCTION) {
            return serial(f);
        }
        int widest = new ElementWidth(f.loop().variable()).of(f.body());
        long fitting = Math.max(2, bytes / Math.max(1, widest));
        if (lanes.getAsLong() > fitting) {
            return inParts(f, lanes.getAsLong() / fitting, fitting, names);
        }
        return new VectorStatements(f.loop(), (int) lanes.getAsLong(), names).vectorized(f.body());
    }

    /** The loop as one over parts around one over the lanes of a part. */
    private static Stmt inParts(Stmt.For f, long parts, long lanes, Set<String> names) {
        Loop loop = f.loop();
        Expr.Var part = new Expr.Var(
                freshName(loop.name() + ".part", names), loop.variable().type());
        Expr first = new Expr.Binary(BinaryOp.MUL, part, Expr.index(lanes));
        Stmt body = LoopNest.substituteVariables(
                f.body(), Map.of(loop.name(), new Expr.Binary(BinaryOp.ADD, first, loop.variable())));
        Stmt inner = new VectorStatements(loop.withExtent(Expr.index(lanes)), (int) lanes, names).vectorized(body);
        Loop outer =
                new Loop(part, Expr.index(parts), Loop.Binding.UNROLL, loop.carrier(), Optional.empty(), loop.origin());
        return new Stmt.For(outer, inner);
    }

    /** A name that no buffer or variable has yet: {@code base}, {@code base2}, ... */
    static String freshName(String base, Set<String> names) {
        String name = base;
        for (int i = 2; !names.add(name); i++) {
            name = base + i;
        }
        return name;
    }

    /** The lanes {@code 0, 1, ...} as an index. */
    static Expr allLanes(int lanes) {
        return new Expr.Ramp(Expr.index(0), 1, lanes);
    }
}
