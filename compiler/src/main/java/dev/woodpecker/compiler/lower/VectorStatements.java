package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The statements of one vector loop. Iterations are independent, so that each statement may run for all lanes before the
 * next one does; those that have no vector form run in a loop over the lanes of their own.
 */
final class VectorStatements {
    private final Loop loop;
    private final int lanes;
    private final Set<String> names;
    /** Lane-dependent {@link Stmt.Let} variables in scope and the vectors that they became. */
    private final Map<String, Expr.Var> vectors = new HashMap<>();
    /** Buffers allocated inside the loop and their form with one more axis, the lane. */
    private final Map<String, Buffer> privatized = new HashMap<>();
    /** Buffers made to be accessed lane by lane. */
    private final Set<String> temporaries = new HashSet<>();

    VectorStatements(Loop loop, int lanes, Set<String> names) {
        this.loop = loop;
        this.lanes = lanes;
        this.names = names;
    }

    Stmt vectorized(Stmt body) {
        return reusesAnElement(body) ? new Stmt.For(loop.withBinding(Loop.Binding.SERIAL), body) : vectorOrLoop(body);
    }

    /** Whether iterations hand values on through an element that all of them write; then they cannot be interleaved. */
    private boolean reusesAnElement(Stmt body) {
        Set<String> inside = new HashSet<>();
        body.anyMatch(s -> {
            if (s instanceof Stmt.Allocate a) {
                inside.add(a.buffer().name());
            }
            return false;
        });
        LaneDependence dependence = dependence(definedInside(body));
        return body.anyMatch(s -> s instanceof Stmt.Store store
                && !inside.contains(store.buffer().name())
                && store.indices().stream().allMatch(dependence::isUniform)
                && !dependence.isUniform(store.value()));
    }

    /** The lane-dependent variables that statements of the body define, without regard to scope. */
    private Set<String> definedInside(Stmt body) {
        Set<String> dependent = new HashSet<>();
        boolean grew = true;
        while (grew) {
            LaneDependence dependence = dependence(dependent);
            int before = dependent.size();
            body.anyMatch(s -> {
                if (s instanceof Stmt.Let let && !dependence.isUniform(let.value())) {
                    dependent.add(let.variable().name());
                }
                return false;
            });
            grew = dependent.size() > before;
        }
        return dependent;
    }

    private LaneDependence dependence(Set<String> variables) {
        return new LaneDependence(loop.variable(), lanes, variables);
    }

    LaneDependence dependence() {
        return dependence(vectors.keySet());
    }

    int lanes() {
        return lanes;
    }

    Optional<Expr.Var> vectorOf(Expr.Var variable) {
        return Optional.ofNullable(vectors.get(variable.name()));
    }

    /** The indices of an access to a buffer that each lane has its own copy of; {@code lane} comes last. */
    Optional<Expr.Load> privateLoad(Expr.Load load, List<Expr> indices, Expr lane) {
        return Optional.ofNullable(privatized.get(load.buffer().name()))
                .map(own -> new Expr.Load(own, append(indices, lane)));
    }

    private static List<Expr> append(List<Expr> indices, Expr lane) {
        List<Expr> all = new ArrayList<>(indices);
        all.add(lane);
        return all;
    }

    private Stmt vectorOrLoop(Stmt s) {
        return vector(s).orElseGet(() -> laneLoop(s));
    }

    /** {@code s} for all lanes; empty where it has no such form. */
    private Optional<Stmt> vector(Stmt s) {
        return switch (s) {
            case Stmt.Seq(List<Stmt> statements) ->
                Optional.of(Stmt.seq(statements.stream().map(this::vectorOrLoop).toList()));
            case Stmt.For(Loop inner, Stmt body) ->
                dependence().isUniform(inner.extent())
                        ? Optional.of(new Stmt.For(inner, vectorOrLoop(body)))
                        : Optional.empty();
            case Stmt.If f -> branch(f);
            case Stmt.Let let -> let(let);
            case Stmt.Allocate a -> allocate(a);
            case Stmt.Store store -> store(store);
            case Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _,
                    Stmt.Compute _ ->
                s.expressions().stream().allMatch(dependence()::isUniform) ? Optional.of(s) : Optional.empty();
        };
    }

    private Optional<Stmt> branch(Stmt.If f) {
        if (dependence().isUniform(f.condition())) {
            return Optional.of(new Stmt.If(
                    f.condition(), vectorOrLoop(f.then()), f.otherwise().map(this::vectorOrLoop)));
        }
        Optional<Expr> all = dependence().inAllLanes(f.condition());
        if (all.isEmpty()) {
            return Optional.empty();
        }
        return vector(f.then()).map(then -> new Stmt.If(all.get(), then, Optional.of(laneLoop(f))));
    }

    private Optional<Stmt> let(Stmt.Let let) {
        if (dependence().isUniform(let.value())) {
            return Optional.of(new Stmt.Let(let.variable(), let.value(), vectorOrLoop(let.body())));
        }
        VectorExpressions expressions = new VectorExpressions(this);
        Optional<Expr> value = expressions.vector(let.value());
        if (value.isEmpty()) {
            return Optional.empty();
        }
        Expr.Var variable = new Expr.Var(let.variable().name(), let.variable().type(), lanes);
        vectors.put(variable.name(), variable);
        Stmt body = vectorOrLoop(let.body());
        vectors.remove(variable.name());
        return Optional.of(expressions.wrap(new Stmt.Let(variable, expressions.broadcast(value.get()), body)));
    }

    private Optional<Stmt> allocate(Stmt.Allocate a) {
        if (a.buffer().scope() != Scope.REGISTER) {
            return Optional.empty();
        }
        Buffer buffer = a.buffer();
        List<Expr> shape = append(buffer.shape(), Expr.index(lanes));
        Buffer own = new Buffer(
                buffer.name(),
                buffer.type(),
                shape,
                LayoutMap.rowMajor(shape.size()),
                buffer.scope(),
                buffer.alignmentBytes());
        // Where all of the body runs lane by lane, so does the allocation: the lanes need no copies then.
        privatized.put(buffer.name(), own);
        Optional<Stmt> body = vector(a.body());
        privatized.remove(buffer.name());
        return body.map(vectorized -> new Stmt.Allocate(own, vectorized));
    }

    private Optional<Stmt> store(Stmt.Store store) {
        VectorExpressions expressions = new VectorExpressions(this);
        Optional<Expr> value = expressions.vector(store.value());
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (privatized.containsKey(store.buffer().name())) {
            Buffer own = privatized.get(store.buffer().name());
            return expressions
                    .registerIndices(store.indices())
                    .map(indices -> expressions.wrap(new Stmt.Store(
                            own,
                            append(indices, Vectorize.allLanes(lanes)),
                            expressions.broadcast(value.get()),
                            store.origin())));
        }
        if (store.indices().stream().allMatch(dependence()::isUniform)) {
            return value.get().lanes() == 1 ? Optional.of(store) : Optional.empty();
        }
        Optional<List<Expr>> indices = FlattenIndices.isMemory(store.buffer())
                ? expressions.contiguous(store.indices())
                : expressions.registerIndices(store.indices());
        if (indices.isEmpty()) {
            boolean worthwhile = store.value().anyMatch(e -> e instanceof Expr.Call);
            return worthwhile ? Optional.of(scattered(store, expressions, value.get())) : Optional.empty();
        }
        return Optional.of(expressions.wrap(
                new Stmt.Store(store.buffer(), indices.get(), expressions.broadcast(value.get()), store.origin())));
    }

    /** A value computed as a vector and stored lane by lane. */
    private Stmt scattered(Stmt.Store store, VectorExpressions expressions, Expr value) {
        Expr.Var computed =
                new Expr.Var(Vectorize.freshName("value", names), store.value().type(), lanes);
        Stmt body = laneLoop(new Stmt.Store(
                store.buffer(), store.indices(), new Expr.Extract(computed, loop.variable()), store.origin()));
        return expressions.wrap(new Stmt.Let(computed, expressions.broadcast(value), body));
    }

    /** A buffer of one element a lane, to be accessed lane by lane. */
    Buffer temporary(String base, Expr like) {
        String name = Vectorize.freshName(base + ".lanes", names);
        temporaries.add(name);
        return Buffer.rowMajor(name, like.type(), List.of(Expr.index(lanes)), Scope.REGISTER);
    }

    /** {@code s} once a lane. */
    Stmt laneLoop(Stmt s) {
        return new LaneCopies(loop, lanes, this::temporary, temporaries).around(s, inLane(s));
    }

    /** {@code s} as it reads in one lane: vectors give their lane, buffers with a copy a lane that copy. */
    private Stmt inLane(Stmt s) {
        return s.rewrite(
                child -> child instanceof Stmt.Store store
                                && privatized.containsKey(store.buffer().name())
                        ? new Stmt.Store(
                                privatized.get(store.buffer().name()),
                                append(store.indices(), loop.variable()),
                                store.value(),
                                store.origin())
                        : child,
                e -> e.rewrite(n -> {
                    if (n instanceof Expr.Var v && vectors.containsKey(v.name())) {
                        return new Expr.Extract(vectors.get(v.name()), loop.variable());
                    }
                    return n instanceof Expr.Load load
                            ? privateLoad(load, load.indices(), loop.variable()).orElse(load)
                            : n;
                }));
    }
}
