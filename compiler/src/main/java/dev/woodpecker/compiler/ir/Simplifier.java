package dev.woodpecker.compiler.ir;

import dev.woodpecker.compiler.ir.Stmt.Allocate;
import dev.woodpecker.compiler.ir.Stmt.AsyncCopy;
import dev.woodpecker.compiler.ir.Stmt.Barrier;
import dev.woodpecker.compiler.ir.Stmt.Check;
import dev.woodpecker.compiler.ir.Stmt.Commit;
import dev.woodpecker.compiler.ir.Stmt.Compute;
import dev.woodpecker.compiler.ir.Stmt.For;
import dev.woodpecker.compiler.ir.Stmt.If;
import dev.woodpecker.compiler.ir.Stmt.Invoke;
import dev.woodpecker.compiler.ir.Stmt.Let;
import dev.woodpecker.compiler.ir.Stmt.Ring;
import dev.woodpecker.compiler.ir.Stmt.Seq;
import dev.woodpecker.compiler.ir.Stmt.Store;
import dev.woodpecker.compiler.ir.Stmt.TileCopy;
import dev.woodpecker.compiler.ir.Stmt.Wait;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Simplification that keeps every value: index algebra under the ranges of loops, decided conditions, folded constants,
 * dead code. Idempotent; what does not change is returned itself.
 */
public final class Simplifier {
    private static final Stmt NOTHING = new Seq(List.of());

    /** Stands for every buffer: where stages are not placed yet, any may still be read. */
    private static final String ANY_BUFFER = "[]";

    private Simplifier() {}

    /** {@code e} at a place where {@code bounds} holds. */
    public static Expr simplify(Expr e, Bounds bounds) {
        return new ExprSimplifier(bounds).simplify(e);
    }

    /** {@code statement}, a kernel's body. */
    public static Stmt simplify(Stmt statement) {
        return simplify(statement, Bounds.none());
    }

    /**
     * {@code statement} at a place where {@code bounds} holds: conditions that are decided vanish, as do loops without
     * iterations or effect, stores of an element to itself, and variables and buffers that nothing reads; a loop with one
     * iteration becomes its body, except for loops bound to threads or blocks.
     */
    public static Stmt simplify(Stmt statement, Bounds bounds) {
        Stmt simplified = simplify(statement, new ExprSimplifier(bounds));
        return withoutUnused(simplified, new HashSet<>());
    }

    /** Whether {@code condition} holds wherever {@code bounds} does. */
    public static boolean proves(Bounds bounds, Expr condition) {
        return isTrue(simplify(condition, bounds));
    }

    private static Stmt simplify(Stmt s, ExprSimplifier here) {
        return switch (s) {
            case Seq(List<Stmt> statements) -> sequence(s, statements, here);
            case For f -> loop(f, here);
            case If f -> branch(f, here);
            case Let let -> let(let, here);
            case Allocate(Buffer buffer, Stmt body) -> {
                Stmt newBody = simplify(body, here);
                yield isNothing(newBody) ? NOTHING : newBody == body ? s : new Allocate(buffer, newBody);
            }
            case Store store -> {
                Stmt simplified = store.map(child -> child, here::simplify);
                yield simplified instanceof Store result && storesItself(result) ? NOTHING : simplified;
            }
            case Check check -> {
                Stmt simplified = check.map(child -> child, here::simplify);
                yield simplified instanceof Check result && isTrue(result.condition()) ? NOTHING : simplified;
            }
            case Compute _, AsyncCopy _, Ring _, TileCopy _, Invoke _ -> s.map(child -> child, here::simplify);
            case Barrier _, Commit _, Wait _ -> s;
        };
    }

    private static Stmt sequence(Stmt s, List<Stmt> statements, ExprSimplifier here) {
        List<Stmt> kept = new ArrayList<>(statements.size());
        boolean changed = false;
        for (Stmt child : statements) {
            Stmt simplified = simplify(child, here);
            changed |= simplified != child;
            if (!isNothing(simplified)) {
                joinOrAdd(kept, simplified);
            }
        }
        return changed || kept.size() != statements.size() ? Stmt.seq(kept) : s;
    }

    /** Two neighbours under one condition, which nothing between them can change, become one. */
    private static void joinOrAdd(List<Stmt> kept, Stmt next) {
        if (!kept.isEmpty()
                && kept.getLast() instanceof If(Expr condition, Stmt first, Optional<Stmt> otherwise)
                && next instanceof If(Expr same, Stmt second, Optional<Stmt> otherwiseToo)
                && otherwise.isEmpty()
                && otherwiseToo.isEmpty()
                && condition.equals(same)
                && !condition.anyMatch(e -> e instanceof Expr.Load)) {
            kept.set(kept.size() - 1, new If(condition, Stmt.seq(first, second), Optional.empty()));
        } else {
            kept.add(next);
        }
    }

    private static Stmt loop(For f, ExprSimplifier here) {
        Loop loop = f.loop();
        Expr extent = here.simplify(loop.extent());
        OptionalLong trips = IndexMath.constant(extent);
        if (trips.isPresent() && trips.getAsLong() <= 0) {
            return NOTHING;
        }
        boolean bound = loop.binding().isBlock()
                || loop.binding().isThread()
                || loop.peel().isPresent();
        if (trips.isPresent() && trips.getAsLong() == 1 && !bound) {
            return simplify(f.body(), here.binding(loop.variable(), Expr.index(0)));
        }
        Loop newLoop = extent == loop.extent() ? loop : loop.withExtent(extent);
        Stmt body = simplify(f.body(), here.within(here.bounds().inside(newLoop)));
        if (isNothing(body)) {
            return NOTHING;
        }
        return newLoop == loop && body == f.body() ? f : new For(newLoop, body);
    }

    private static Stmt branch(If f, ExprSimplifier here) {
        Expr condition = here.simplify(f.condition());
        if (isTrue(condition)) {
            return simplify(f.then(), here);
        }
        if (isFalse(condition)) {
            return f.otherwise().isPresent() ? simplify(f.otherwise().get(), here) : NOTHING;
        }
        Stmt then = simplify(f.then(), here.within(here.bounds().assuming(condition)));
        Optional<Stmt> otherwise = f.otherwise()
                .map(e -> simplify(e, here.within(here.bounds().assumingNot(condition))))
                .filter(e -> !isNothing(e));
        if (isNothing(then)) {
            return otherwise.isEmpty()
                    ? NOTHING
                    : new If(here.simplify(new Expr.Unary(UnaryOp.NOT, condition)), otherwise.get(), Optional.empty());
        }
        boolean sameOtherwise = f.otherwise().isPresent()
                ? otherwise.isPresent() && otherwise.get() == f.otherwise().get()
                : otherwise.isEmpty();
        return condition == f.condition() && then == f.then() && sameOtherwise ? f : new If(condition, then, otherwise);
    }

    private static Stmt let(Let let, ExprSimplifier here) {
        Expr value = here.simplify(let.value());
        if (isTrivial(value)) {
            return simplify(let.body(), here.binding(let.variable(), value));
        }
        Stmt body = simplify(let.body(), here.within(here.bounds().where(let.variable(), value)));
        if (isNothing(body)) {
            return NOTHING;
        }
        return value == let.value() && body == let.body() ? let : new Let(let.variable(), value, body);
    }

    private static boolean isTrivial(Expr value) {
        return value instanceof Expr.IntConst
                || value instanceof Expr.FloatConst
                || value instanceof Expr.Var
                || value instanceof Expr.Param;
    }

    private static boolean storesItself(Store store) {
        return store.value() instanceof Expr.Load(Buffer buffer, List<Expr> indices)
                && buffer.equals(store.buffer())
                && indices.equals(store.indices());
    }

    static boolean isTrue(Expr e) {
        return e.equals(Expr.TRUE) || (e instanceof Expr.Broadcast b && isTrue(b.value()));
    }

    static boolean isFalse(Expr e) {
        return e.equals(Expr.FALSE) || (e instanceof Expr.Broadcast b && isFalse(b.value()));
    }

    private static boolean isNothing(Stmt s) {
        return s instanceof Seq(List<Stmt> statements) && statements.isEmpty();
    }

    /**
     * {@code s} without variables and register or shared buffers that nothing reads; {@code used} collects the names that
     * are. Statements are visited from last to first, so that a reader is seen before what it reads.
     */
    private static Stmt withoutUnused(Stmt s, Set<String> used) {
        return switch (s) {
            case Seq(List<Stmt> statements) -> {
                List<Stmt> kept = new ArrayList<>();
                boolean changed = false;
                for (Stmt child : statements.reversed()) {
                    Stmt result = withoutUnused(child, used);
                    changed |= result != child;
                    kept.addFirst(result);
                }
                yield changed ? nonEmpty(kept) : s;
            }
            case Let(Expr.Var variable, Expr value, Stmt body) -> {
                Stmt newBody = withoutUnused(body, used);
                if (!used.contains(variable.name())) {
                    yield newBody;
                }
                collect(value, used);
                yield newBody == body ? s : new Let(variable, value, newBody);
            }
            case Allocate(Buffer buffer, Stmt body) -> {
                Stmt newBody = withoutUnused(body, used);
                if (!used.contains(bufferKey(buffer.name())) && !used.contains(ANY_BUFFER)) {
                    yield withoutUnused(withoutStores(newBody, buffer.name()), new HashSet<>());
                }
                yield newBody == body ? s : new Allocate(buffer, newBody);
            }
            case For _,
                    If _,
                    Store _,
                    Compute _,
                    Check _,
                    Barrier _,
                    AsyncCopy _,
                    Commit _,
                    Wait _,
                    Ring _,
                    TileCopy _,
                    Invoke _ -> {
                Stmt mapped = s.map(child -> withoutUnused(child, used), e -> e);
                mapped.expressions().forEach(e -> collect(e, used));
                collectOperands(mapped, used);
                yield isNothing(mapped) || (mapped instanceof For f && isNothing(f.body())) ? NOTHING : mapped;
            }
        };
    }

    private static Stmt nonEmpty(List<Stmt> statements) {
        return Stmt.seq(statements.stream().filter(s -> !isNothing(s)).toList());
    }

    /** A buffer's name among those of variables. */
    private static String bufferKey(String name) {
        return name + "[]";
    }

    private static void collect(Expr e, Set<String> used) {
        if (e instanceof Expr.Var v) {
            used.add(v.name());
        } else if (e instanceof Expr.Load load) {
            used.add(bufferKey(load.buffer().name()));
        }
        e.operands().forEach(operand -> collect(operand, used));
    }

    /** The buffers that {@code s} hands on as a whole; a plain store reads nothing. */
    private static void collectOperands(Stmt s, Set<String> used) {
        if (s instanceof AsyncCopy copy) {
            used.add(bufferKey(copy.from().name()));
        } else if (s instanceof Ring ring) {
            used.add(bufferKey(ring.barriers().name()));
        } else if (s instanceof TileCopy copy) {
            List.of(copy.to(), copy.from(), copy.barriers()).forEach(b -> used.add(bufferKey(b.name())));
        } else if (s instanceof Invoke invoke) {
            invoke.operands().forEach(w -> used.add(bufferKey(w.buffer().name())));
        } else if (s instanceof Compute) {
            used.add(ANY_BUFFER);
        }
    }

    private static Stmt withoutStores(Stmt s, String buffer) {
        return s.rewrite(
                child -> child instanceof Store store && store.buffer().name().equals(buffer) ? NOTHING : child,
                e -> e);
    }
}
