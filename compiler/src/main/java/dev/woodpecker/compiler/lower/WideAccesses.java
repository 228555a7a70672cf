package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Vectors on a GPU: its threads compute one element at a time, but load and store up to 16 bytes. A vector loop loads its
 * elements by one access before it, computes them in registers one by one, and stores them by one access after it, where
 * they are neighbours that begin at a multiple of their number; other accesses stay in the loop. Requires: indices of
 * memory are flat. Ensures: no {@code VECTOR} loop is left.
 *
 * <pre>
 * for l in 0..4 vector:                x.lanes[0..3] = x[4 * t + 0..3]
 *   y[4 * t + l] = x[4 * t + l] * 2    for l in 0..4 unroll:
 *                                 ->     y.lanes[l] = x.lanes[l] * 2
 *                                      y[4 * t + 0..3] = y.lanes[0..3]
 * </pre>
 */
public final class WideAccesses {
    private static final int MOST_BYTES = 16;

    private final Set<String> names = new HashSet<>();

    private WideAccesses() {}

    public static Stmt apply(Stmt phase) {
        WideAccesses pass = new WideAccesses();
        phase.anyMatch(
                s -> s instanceof Stmt.Allocate a && !pass.names.add(a.buffer().name()) && false);
        Stmt widened = pass.visit(phase, Bounds.none());
        return widened == phase ? phase : Simplifier.simplify(widened);
    }

    private Stmt visit(Stmt s, Bounds bounds) {
        return switch (s) {
            case Stmt.For f when Vectorize.isVector(f) -> widened(f, visit(f.body(), bounds.inside(f.loop())), bounds);
            case Stmt.For f -> f.map(child -> visit(child, bounds.inside(f.loop())), e -> e);
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) -> {
                Stmt newThen = visit(then, bounds.assuming(condition));
                Optional<Stmt> newOtherwise = otherwise.map(o -> visit(o, bounds.assumingNot(condition)));
                yield newThen == then && newOtherwise.equals(otherwise)
                        ? s
                        : new Stmt.If(condition, newThen, newOtherwise);
            }
            case Stmt.Let(Expr.Var variable, Expr value, Stmt _) ->
                s.map(child -> visit(child, bounds.where(variable, value)), e -> e);
            case Stmt other -> other.map(child -> visit(child, bounds), e -> e);
        };
    }

    private Stmt widened(Stmt.For f, Stmt body, Bounds bounds) {
        OptionalLong lanes = Vectorize.lanes(f);
        Loop loop = f.loop();
        if (lanes.isEmpty() || lanes.getAsLong() > MOST_BYTES || loop.carrier() == Loop.Carrier.REDUCTION) {
            return new Stmt.For(loop.withBinding(Loop.Binding.UNROLL), body);
        }
        LaneGroups group = new LaneGroups(loop, (int) lanes.getAsLong(), bounds);
        if (body instanceof Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise)
                && otherwise.isEmpty()
                && group.isWholeOrNothing(condition)) {
            Expr all = group.at(condition, 0);
            LaneGroups inside = new LaneGroups(loop, group.count(), bounds.assuming(all));
            return new Stmt.If(all, new Group(inside).of(then), Optional.empty());
        }
        return new Group(group).of(body);
    }

    /** The accesses of one loop. */
    private final class Group {
        private final LaneGroups group;
        private final Set<String> stored = new HashSet<>();
        private final Set<String> loaded = new HashSet<>();
        private final Map<Expr.Load, Buffer> loads = new LinkedHashMap<>();
        private final List<Stmt> before = new ArrayList<>();
        private final List<Stmt> after = new ArrayList<>();
        private final List<Buffer> registers = new ArrayList<>();

        Group(LaneGroups group) {
            this.group = group;
        }

        Stmt of(Stmt body) {
            Optional<Stmt> moved = move(body);
            if (moved.isPresent()) {
                return moved.get();
            }
            body.anyMatch(s -> {
                if (s instanceof Stmt.Store store) {
                    stored.add(store.buffer().name());
                }
                s.expressions()
                        .forEach(e -> e.anyMatch(n -> n instanceof Expr.Load l
                                && !loaded.add(l.buffer().name())
                                && false));
                return false;
            });
            findLoads(body);
            Stmt inLanes = withRegisters(body);
            Stmt loop = new Stmt.For(group.lanes().withBinding(Loop.Binding.UNROLL), inLanes);
            List<Stmt> all = new ArrayList<>(before);
            all.add(loop);
            all.addAll(after);
            Stmt result = Stmt.seq(all);
            for (Buffer register : registers.reversed()) {
                result = new Stmt.Allocate(register, result);
            }
            return result;
        }

        /** A store of what is loaded, perhaps under a condition, which needs no registers by name. */
        private Optional<Stmt> move(Stmt body) {
            if (!(body instanceof Stmt.Store store)) {
                return Optional.empty();
            }
            Optional<List<Expr>> to = wide(store.buffer(), store.indices());
            if (to.isEmpty()) {
                return Optional.empty();
            }
            return moved(store.value()).map(value -> new Stmt.Store(store.buffer(), to.get(), value, store.origin()));
        }

        private Optional<Expr> moved(Expr value) {
            if (value instanceof Expr.Load load) {
                return wide(load.buffer(), load.indices()).map(indices -> new Expr.Load(load.buffer(), indices));
            }
            if (value instanceof Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse)
                    && (whenFalse instanceof Expr.FloatConst || whenFalse instanceof Expr.IntConst)
                    && group.isWholeOrNothing(condition)) {
                return moved(whenTrue)
                        .map(inside -> new Expr.Select(
                                group.at(condition, 0), inside, new Expr.Broadcast(whenFalse, group.count())));
            }
            return Optional.empty();
        }

        /** Loads on the way to every store, those in branches of a choice under its condition. */
        private void findLoads(Stmt s) {
            switch (s) {
                case Stmt.Seq(List<Stmt> statements) -> statements.forEach(this::findLoads);
                case Stmt.Store store -> find(store.value(), Expr.TRUE);
                case Stmt _ -> {}
            }
        }

        private void find(Expr e, Expr needed) {
            switch (e) {
                case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                    find(condition, needed);
                    find(whenTrue, IndexMath.and(needed, condition));
                    find(whenFalse, IndexMath.and(needed, new Expr.Unary(UnaryOp.NOT, condition)));
                }
                case Expr.Load load -> {
                    load.indices().forEach(i -> find(i, needed));
                    load(load, needed);
                }
                case Expr other -> other.operands().forEach(o -> find(o, needed));
            }
        }

        private void load(Expr.Load load, Expr needed) {
            boolean fits = FlattenIndices.isMemory(load.buffer())
                    && !stored.contains(load.buffer().name())
                    && !loads.containsKey(load)
                    && group.isWholeOrNothing(needed);
            Optional<List<Expr>> from = fits ? wide(load.buffer(), load.indices()) : Optional.empty();
            if (from.isEmpty()) {
                return;
            }
            Buffer register = register(load.buffer());
            loads.put(load, register);
            Expr value = new Expr.Load(load.buffer(), from.get());
            Expr all = Simplifier.simplify(group.at(needed, 0), group.bounds());
            Expr chosen = IndexMath.isConstant(all, 1)
                    ? value
                    : new Expr.Select(
                            all,
                            value,
                            new Expr.Broadcast(Expr.zero(load.buffer().type()), group.count()));
            before.add(new Stmt.Store(
                    register, List.of(ramp(Expr.index(0))), chosen, dev.woodpecker.compiler.ir.Origin.NONE));
        }

        private Stmt withRegisters(Stmt s) {
            Stmt read = s.rewrite(
                    child -> child,
                    e -> e.rewrite(n -> n instanceof Expr.Load load && loads.containsKey(load)
                            ? new Expr.Load(
                                    loads.get(load), List.of(group.lanes().variable()))
                            : n));
            return stores(read);
        }

        private Stmt stores(Stmt s) {
            return switch (s) {
                case Stmt.Seq(List<Stmt> statements) ->
                    Stmt.seq(statements.stream().map(this::stores).toList());
                case Stmt.Store store
                when FlattenIndices.isMemory(store.buffer())
                        && !loaded.contains(store.buffer().name()) -> {
                    Optional<List<Expr>> to = wide(store.buffer(), store.indices());
                    if (to.isEmpty()) {
                        yield s;
                    }
                    Buffer register = register(store.buffer());
                    after.add(new Stmt.Store(
                            store.buffer(),
                            to.get(),
                            new Expr.Load(register, List.of(ramp(Expr.index(0)))),
                            store.origin()));
                    yield new Stmt.Store(register, List.of(group.lanes().variable()), store.value(), store.origin());
                }
                case Stmt other -> other;
            };
        }

        private Buffer register(Buffer of) {
            Buffer register = Buffer.rowMajor(
                    Vectorize.freshName(of.name() + ".lanes", names),
                    of.type(),
                    List.of(Expr.index(group.count())),
                    Scope.REGISTER);
            registers.add(register);
            return register;
        }

        /** Where the lanes' elements lie, if one access reaches them all. */
        private Optional<List<Expr>> wide(Buffer buffer, List<Expr> indices) {
            int bytes = buffer.type().bytes() * group.count();
            if (indices.isEmpty() || bytes > MOST_BYTES || bytes < Integer.BYTES) {
                return Optional.empty();
            }
            Expr last = indices.getLast();
            boolean others = indices.subList(0, indices.size() - 1).stream()
                    .noneMatch(i -> i.anyMatch(group.lanes().variable()::equals));
            boolean rows = indices.size() == 1
                    || IndexMath.constant(buffer.shape().getLast()).orElse(1) % group.count() == 0;
            boolean arranged = switch (buffer.scope()) {
                case REGISTER -> buffer.layout().isRowMajor();
                case GLOBAL, WORKSPACE, SHARED -> true;
                case FRAGMENT -> false;
            };
            if (!others || !rows || !arranged || !group.isAligned(last)) {
                return Optional.empty();
            }
            List<Expr> from = new ArrayList<>(indices);
            from.set(indices.size() - 1, ramp(Simplifier.simplify(group.at(last, 0), group.bounds())));
            return Optional.of(from);
        }

        private Expr ramp(Expr start) {
            return new Expr.Ramp(start, 1, group.count());
        }
    }
}
