package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * Gives the lanes of a vector loop over a reduction a partial result each: cleared before the outermost loop in which the
 * accumulator is only added to, combined into the accumulator after it, always in the same order. Loops where that does
 * not fit become serial.
 *
 * <pre>
 * for c.o: for c.i (vector): acc = acc + x
 * -- becomes
 * part[0..L) = 0; for c.o: for c.i (vector): part[c.i] = part[c.i] + x; acc = acc + ((part[0] + part[2]) + (part[1] + part[3]))
 * </pre>
 */
final class VectorReduction {
    /** Partial results beyond this are no longer variables. */
    private static final long MAX_PARTIAL_BYTES = 8 << 10;

    private final Set<String> names;

    private VectorReduction(Set<String> names) {
        this.names = names;
    }

    static Stmt apply(Stmt body, Set<String> names) {
        VectorReduction pass = new VectorReduction(names);
        Stmt current = body;
        while (true) {
            Optional<Stmt.For> next = first(current);
            if (next.isEmpty()) {
                return current;
            }
            current = pass.independent(current, next.get());
        }
    }

    private static Optional<Stmt.For> first(Stmt s) {
        if (s instanceof Stmt.For f && Vectorize.isVector(f) && f.loop().carrier() == Loop.Carrier.REDUCTION) {
            return Optional.of(f);
        }
        return s.children().stream()
                .map(VectorReduction::first)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** An accumulator that the loop updates, and how. */
    private record Target(Buffer buffer, BinaryOp op) {}

    private Stmt independent(Stmt body, Stmt.For loop) {
        Optional<List<Target>> targets = targets(loop);
        if (Vectorize.lanes(loop).isEmpty() || targets.isEmpty()) {
            return replace(body, loop, Vectorize.serial(loop));
        }
        Stmt current = body;
        Stmt.For vector = loop;
        for (Target target : targets.get()) {
            Optional<Plan> plan = plan(current, vector, target);
            if (plan.isEmpty()) {
                return replace(body, loop, Vectorize.serial(loop));
            }
            Stmt.For updated = plan.get().updates(vector);
            current = replace(current, plan.get().scope, plan.get().around(replace(plan.get().scope, vector, updated)));
            vector = updated;
        }
        Stmt.For spatial = new Stmt.For(carriedBySpace(vector.loop()), vector.body());
        return replace(current, vector, spatial);
    }

    private static Loop carriedBySpace(Loop loop) {
        return new Loop(
                loop.variable(), loop.extent(), loop.binding(), Loop.Carrier.SPATIAL, loop.peel(), loop.origin());
    }

    private static Stmt replace(Stmt s, Stmt from, Stmt to) {
        return s == from ? to : s.map(child -> replace(child, from, to), e -> e);
    }

    /** The accumulators, if all that the loop stores are updates of elements that do not depend on the lane. */
    private Optional<List<Target>> targets(Stmt.For loop) {
        List<Target> targets = new ArrayList<>();
        LaneDependence dependence = new LaneDependence(loop.loop().variable(), 1, Set.of());
        Set<String> own = new HashSet<>();
        boolean other = loop.body().anyMatch(s -> {
            if (s instanceof Stmt.Allocate a) {
                own.add(a.buffer().name());
            }
            if (!(s instanceof Stmt.Store store) || own.contains(store.buffer().name())) {
                return false;
            }
            Optional<BinaryOp> op = update(store);
            if (op.isEmpty() || !store.indices().stream().allMatch(dependence::isUniform)) {
                return true;
            }
            Target target = new Target(store.buffer(), op.get());
            if (!targets.contains(target)) {
                targets.add(target);
            }
            return false;
        });
        boolean distinct = targets.stream().map(t -> t.buffer.name()).distinct().count() == targets.size();
        return other || targets.isEmpty() || !distinct ? Optional.empty() : Optional.of(targets);
    }

    /** The operator of {@code acc[i] = acc[i] op term}, if it is one that may be regrouped. */
    private static Optional<BinaryOp> update(Stmt.Store store) {
        if (!(store.value() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))
                || reduction(op).isEmpty()) {
            return Optional.empty();
        }
        Expr old = new Expr.Load(store.buffer(), store.indices());
        boolean updates = left.equals(old) || right.equals(old);
        return updates && !readsBuffer(term(store), store.buffer()) ? Optional.of(op) : Optional.empty();
    }

    private static boolean readsBuffer(Expr e, Buffer buffer) {
        return e.anyMatch(n -> n instanceof Expr.Load l && isSame(l.buffer(), buffer));
    }

    /** What an update combines its element with; the simplifier may have put it on either side. */
    private static Expr term(Stmt.Store update) {
        Expr.Binary sum = (Expr.Binary) update.value();
        return sum.left().equals(new Expr.Load(update.buffer(), update.indices())) ? sum.right() : sum.left();
    }

    private static Optional<ReduceOp> reduction(BinaryOp op) {
        for (ReduceOp candidate : ReduceOp.values()) {
            if (candidate.combine() == op) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static boolean isSame(Buffer a, Buffer b) {
        return a.name().equals(b.name());
    }

    /** Where partial results live: around {@code scope}, one vector for each element of {@code target} in use. */
    private record Plan(Stmt scope, Target target, Buffer partial, boolean wholeBuffer, List<Expr> indices, int lanes) {
        /** The loop with its updates going to the partial results. */
        Stmt.For updates(Stmt.For loop) {
            Stmt body = loop.body()
                    .rewrite(
                            s -> {
                                if (!(s instanceof Stmt.Store store) || !isSame(store.buffer(), target.buffer)) {
                                    return s;
                                }
                                List<Expr> at = at(store.indices(), loop.loop().variable());
                                Expr sum = new Expr.Binary(target.op, new Expr.Load(partial, at), term(store));
                                return new Stmt.Store(partial, at, sum, store.origin());
                            },
                            e -> e);
            return new Stmt.For(loop.loop(), body);
        }

        private List<Expr> at(List<Expr> element, Expr lane) {
            return append(wholeBuffer ? element : List.of(), lane);
        }

        Stmt around(Stmt updated) {
            Expr identity = reduction(target.op).orElseThrow().identity(target.buffer.type());
            Expr.Var lane = Expr.Var.index(partial.name() + ".lane");
            Loop lanesLoop = new Loop(
                    lane, Expr.index(lanes), Loop.Binding.VECTOR, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE);
            Stmt clear = forEach(element ->
                    new Stmt.For(lanesLoop, new Stmt.Store(partial, at(element, lane), identity, Origin.NONE)));
            Stmt combine = forEach(element -> {
                List<Expr> to = wholeBuffer ? element : indices;
                Expr sum = new Expr.Binary(target.op, new Expr.Load(target.buffer, to), combined(element));
                return new Stmt.Store(target.buffer, to, sum, Origin.NONE);
            });
            return new Stmt.Allocate(partial, Stmt.seq(clear, updated, combine));
        }

        /** All lanes combined, lane {@code l} with lane {@code l + L/2} first, as a vector would be folded. */
        private Expr combined(List<Expr> element) {
            List<Expr> parts = new ArrayList<>();
            for (int l = 0; l < lanes; l++) {
                parts.add(new Expr.Load(partial, at(element, Expr.index(l))));
            }
            while (parts.size() > 1) {
                List<Expr> halves = new ArrayList<>();
                int half = parts.size() / 2;
                for (int l = 0; l < half; l++) {
                    halves.add(new Expr.Binary(target.op, parts.get(l), parts.get(l + half)));
                }
                parts = halves;
            }
            return parts.getFirst();
        }

        /** {@code body} for each element that has partial results, written out. */
        private Stmt forEach(Function<List<Expr>, Stmt> body) {
            List<List<Expr>> elements = List.of(List.of());
            for (int axis = 0; wholeBuffer && axis < target.buffer.rank(); axis++) {
                long extent =
                        IndexMath.constant(target.buffer.shape().get(axis)).orElseThrow();
                elements = elements.stream()
                        .flatMap(e -> LongStream.range(0, extent).mapToObj(i -> append(e, Expr.index(i))))
                        .toList();
            }
            return Stmt.seq(elements.stream().map(body).toList());
        }
    }

    private static List<Expr> append(List<Expr> list, Expr last) {
        List<Expr> longer = new ArrayList<>(list);
        longer.add(last);
        return longer;
    }

    private Optional<Plan> plan(Stmt body, Stmt.For loop, Target target) {
        boolean wholeBuffer = target.buffer.scope() == Scope.REGISTER;
        List<Stmt> path = path(body, loop).orElseThrow();
        Optional<Stmt> scope = Optional.empty();
        for (Stmt ancestor : path.reversed()) {
            boolean end = ancestor instanceof Stmt.Allocate a && isSame(a.buffer(), target.buffer);
            if (end || !onlyUpdates(ancestor, target) || (!wholeBuffer && !isFixed(ancestor, target))) {
                break;
            }
            scope = Optional.of(ancestor);
        }
        int lanes = (int) Vectorize.lanes(loop).orElseThrow();
        List<Expr> shape = new ArrayList<>(wholeBuffer ? target.buffer.shape() : List.of());
        shape.add(Expr.index(lanes));
        long bytes = target.buffer.type().bytes();
        for (Expr extent : shape) {
            bytes *= IndexMath.constant(extent).orElse(MAX_PARTIAL_BYTES + 1);
        }
        if (scope.isEmpty() || bytes > MAX_PARTIAL_BYTES) {
            return Optional.empty();
        }
        Buffer partial = new Buffer(
                Vectorize.freshName(target.buffer.name() + ".part", names),
                target.buffer.type(),
                shape,
                LayoutMap.rowMajor(shape.size()),
                Scope.REGISTER,
                target.buffer.alignmentBytes());
        List<Expr> indices = updatesOf(loop, target.buffer).getFirst().indices();
        return Optional.of(new Plan(scope.get(), target, partial, wholeBuffer, indices, lanes));
    }

    /** From the root down to {@code target}. */
    private static Optional<List<Stmt>> path(Stmt s, Stmt target) {
        if (s == target) {
            return Optional.of(new ArrayList<>(List.of(s)));
        }
        for (Stmt child : s.children()) {
            Optional<List<Stmt>> below = path(child, target);
            if (below.isPresent()) {
                below.get().addFirst(s);
                return below;
            }
        }
        return Optional.empty();
    }

    private static boolean onlyUpdates(Stmt s, Target target) {
        return !s.anyMatch(child -> {
            if (child instanceof Stmt.Store store && isSame(store.buffer(), target.buffer)) {
                return !update(store).equals(Optional.of(target.op));
            }
            boolean invoked = child instanceof Stmt.Invoke i
                    && i.operands().stream().anyMatch(w -> isSame(w.buffer(), target.buffer));
            return invoked || child.expressions().stream().anyMatch(e -> readsBuffer(e, target.buffer));
        });
    }

    private static List<Stmt.Store> updatesOf(Stmt s, Buffer buffer) {
        List<Stmt.Store> found = new ArrayList<>();
        s.anyMatch(child -> {
            if (child instanceof Stmt.Store store && isSame(store.buffer(), buffer)) {
                found.add(store);
            }
            return false;
        });
        return found;
    }

    /** Whether all updates in {@code s} are of one element that nothing in {@code s} chooses. */
    private static boolean isFixed(Stmt s, Target target) {
        Set<String> defined = new HashSet<>();
        s.anyMatch(child -> {
            if (child instanceof Stmt.For f) {
                defined.add(f.loop().name());
            } else if (child instanceof Stmt.Let let) {
                defined.add(let.variable().name());
            }
            return false;
        });
        List<Stmt.Store> updates = updatesOf(s, target.buffer);
        List<Expr> first = updates.getFirst().indices();
        return updates.stream().allMatch(u -> u.indices().equals(first))
                && first.stream()
                        .noneMatch(i -> i.anyMatch(n -> n instanceof Expr.Var v && defined.contains(v.name())));
    }
}
