package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Gives every reduction its place. A stage keeps the one reduction that depends on all of its axes; any other becomes a
 * stage of its own over just the axes that it depends on, so that it is computed once for each of them: the maximum and
 * the sum of a softmax once a row.
 *
 * <pre>
 * y[i, j] = exp(x[i, j] - max[k](x[i, k]))   ->   m[i]    = max[k](x[i, k])
 *                                                 y[i, j] = exp(x[i, j] - m[i])
 * </pre>
 *
 * <p>Shared nodes of an expression stay shared: what a local variable of the kernel names is placed once.
 */
final class Reductions {
    private final Names names;
    private final AxisBounds bounds;
    private final Folding fold;
    private final Map<String, Axis> axes;
    private final Consumer<Stage> stages;
    private final Map<Expr, String> wantedNames = new IdentityHashMap<>();
    private final Map<Expr, Expr> hoisted = new IdentityHashMap<>();
    private final Map<Expr, Boolean> containsReduce = new IdentityHashMap<>();
    private final Set<String> placedAxes = new HashSet<>();

    /** {@code axes} holds every axis by the name of its variable, in the order of declaration; new stages go to {@code stages}. */
    Reductions(Names names, AxisBounds bounds, Folding fold, Map<String, Axis> axes, Consumer<Stage> stages) {
        this.names = names;
        this.bounds = bounds;
        this.fold = fold;
        this.axes = axes;
        this.stages = stages;
    }

    /** States what the stage of a reduction is to be called, should it get one. */
    void name(Expr reduce, String wanted) {
        wantedNames.putIfAbsent(reduce, wanted);
    }

    /** The stage of these axes and this element, its reductions placed. */
    Stage place(String name, DType type, List<Axis> stageAxes, Expr element, Origin origin) {
        Map<Expr, Expr> found = new IdentityHashMap<>();
        List<Expr.Reduce> inOrder = new ArrayList<>();
        find(element, Expr.TRUE, found, inOrder);
        List<Expr.Reduce> whole = inOrder.stream()
                .filter(reduce -> dependsOnAll(guarded(reduce, guardOf(reduce, found)), stageAxes))
                .toList();
        if (whole.size() != 1) {
            Expr placed = replace(element, reduce -> hoist(reduce, guardOf(reduce, found), name));
            return new Stage(name, type, stageAxes, Optional.empty(), placed, origin);
        }
        Expr.Reduce kept = whole.getFirst();
        Expr.Reduce inside = withPlacedBody(guarded(kept, guardOf(kept, found)), name);
        Expr placed = replace(
                element,
                reduce -> reduce == kept
                        ? new Expr.Accumulator(kept.type())
                        : hoist(reduce, guardOf(reduce, found), name));
        Stage.Reduction reduction = new Stage.Reduction(inside.op(), inside.type(), inside.axes(), inside.body());
        return new Stage(name, type, stageAxes, Optional.of(reduction), placed, origin);
    }

    /** The outermost reductions of {@code e}, each with the condition under which it is needed. */
    private void find(Expr e, Expr path, Map<Expr, Expr> found, List<Expr.Reduce> inOrder) {
        if (!containsReduce(e)) {
            return;
        }
        switch (e) {
            case Expr.Reduce reduce -> {
                Expr before = found.get(reduce);
                if (before == null) {
                    inOrder.add(reduce);
                }
                found.put(reduce, before == null ? path : fold.binary(BinaryOp.OR, before, path));
            }
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                find(condition, path, found, inOrder);
                boolean simple = !containsReduce(condition);
                Expr negated = fold.not(condition);
                find(whenTrue, simple ? fold.binary(BinaryOp.AND, path, condition) : path, found, inOrder);
                find(whenFalse, simple ? fold.binary(BinaryOp.AND, path, negated) : path, found, inOrder);
            }
            default -> e.operands().forEach(operand -> find(operand, path, found, inOrder));
        }
    }

    private boolean containsReduce(Expr e) {
        Boolean known = containsReduce.get(e);
        if (known == null) {
            known = e instanceof Expr.Reduce || e.operands().stream().anyMatch(this::containsReduce);
            containsReduce.put(e, known);
        }
        return known;
    }

    /** What must hold for the reduction to be evaluated: only a read that may be out of bounds needs it. */
    private Expr guardOf(Expr.Reduce reduce, Map<Expr, Expr> found) {
        Expr path = found.getOrDefault(reduce, Expr.TRUE);
        return reduce.body()
                        .anyMatch(e ->
                                e instanceof Expr.Read read && read.outside().isEmpty())
                ? path
                : Expr.TRUE;
    }

    private Expr.Reduce guarded(Expr.Reduce reduce, Expr guard) {
        Expr body = fold.select(guard, reduce.body(), reduce.op().identity(reduce.type()));
        return body == reduce.body() ? reduce : new Expr.Reduce(reduce.op(), reduce.axes(), body, reduce.origin());
    }

    private boolean dependsOnAll(Expr.Reduce reduce, List<Axis> stageAxes) {
        Set<String> free = free(reduce);
        return stageAxes.stream().allMatch(axis -> free.contains(axis.name()) || Folding.isConstant(axis.extent(), 1));
    }

    /** The reduction with those inside it placed in stages. */
    private Expr.Reduce withPlacedBody(Expr.Reduce reduce, String stageName) {
        Map<Expr, Expr> found = new IdentityHashMap<>();
        find(reduce.body(), Expr.TRUE, found, new ArrayList<>());
        Expr body = replace(reduce.body(), inner -> hoist(inner, guardOf(inner, found), stageName));
        return body == reduce.body() ? reduce : new Expr.Reduce(reduce.op(), reduce.axes(), body, reduce.origin());
    }

    private Expr hoist(Expr.Reduce original, Expr guard, String stageName) {
        Expr known = hoisted.get(original);
        if (known != null && guard.equals(Expr.TRUE)) {
            return known;
        }
        Expr.Reduce reduce = withPlacedBody(guarded(original, guard), stageName);
        List<Axis> free = free(reduce).stream()
                .map(variable -> Optional.ofNullable(axes.get(variable)).orElseThrow())
                .toList();
        Map<String, Expr> renamed = new LinkedHashMap<>();
        List<Axis> stageAxes = new ArrayList<>();
        for (Axis axis : free) {
            Axis fresh = new Axis(names.fresh(axis.name()), axis.extent());
            renamed.put(axis.name(), fresh.variable());
            declare(fresh);
            stageAxes.add(fresh);
        }
        Expr body = substitute(reduce.body(), renamed);
        List<Axis> over = new ArrayList<>();
        Map<String, Expr> again = new LinkedHashMap<>();
        for (Axis axis : reduce.axes()) {
            Axis placed = axis;
            if (!placedAxes.add(axis.name())) {
                placed = new Axis(names.fresh(axis.name()), axis.extent());
                again.put(axis.name(), placed.variable());
            }
            declare(placed);
            over.add(placed);
        }
        String wanted = Optional.ofNullable(wantedNames.get(original))
                .orElse(stageName + "_" + reduce.op().text());
        String name = names.fresh(wanted);
        Stage.Reduction reduction = new Stage.Reduction(reduce.op(), reduce.type(), over, substitute(body, again));
        stages.accept(new Stage(
                name,
                reduce.type(),
                stageAxes,
                Optional.of(reduction),
                new Expr.Accumulator(reduce.type()),
                reduce.origin()));
        List<Expr> at = free.stream().map(axis -> (Expr) axis.variable()).toList();
        Expr read = new Expr.Read(name, reduce.type(), at, Optional.empty(), reduce.origin());
        if (guard.equals(Expr.TRUE)) {
            hoisted.put(original, read);
        }
        return read;
    }

    private void declare(Axis axis) {
        axes.put(axis.name(), axis);
        bounds.declare(axis);
    }

    /** The axes around a reduction that it depends on, in the order of their declaration. */
    private Set<String> free(Expr.Reduce reduce) {
        Set<String> mentioned = new TreeSet<>();
        collect(reduce, mentioned, new IdentityHashMap<>());
        Set<String> bound = new TreeSet<>();
        reduce.anyMatch(e -> {
            if (e instanceof Expr.Reduce inner) {
                inner.axes().forEach(axis -> bound.add(axis.name()));
            }
            return false;
        });
        Set<String> free = new LinkedHashSet<>(axes.keySet());
        free.retainAll(mentioned);
        free.removeAll(bound);
        return free;
    }

    private static void collect(Expr e, Set<String> variables, Map<Expr, Boolean> seen) {
        if (seen.put(e, true) != null) {
            return;
        }
        if (e instanceof Expr.Var v) {
            variables.add(v.name());
        }
        e.operands().forEach(operand -> collect(operand, variables, seen));
    }

    private static Expr substitute(Expr e, Map<String, Expr> values) {
        return values.isEmpty()
                ? e
                : rewrite(
                        e,
                        node -> node instanceof Expr.Var v ? values.getOrDefault(v.name(), v) : node,
                        new IdentityHashMap<>());
    }

    /** {@code e} with its outermost reductions replaced. */
    private static Expr replace(Expr e, Function<Expr.Reduce, Expr> replacement) {
        return replace(e, replacement, new IdentityHashMap<>());
    }

    private static Expr replace(Expr e, Function<Expr.Reduce, Expr> replacement, Map<Expr, Expr> done) {
        Expr known = done.get(e);
        if (known == null) {
            known = e instanceof Expr.Reduce reduce
                    ? replacement.apply(reduce)
                    : e.mapOperands(operand -> replace(operand, replacement, done));
            done.put(e, known);
        }
        return known;
    }

    /** Bottom-up rewriting in which a node that occurs twice is rewritten once. */
    private static Expr rewrite(Expr e, UnaryOperator<Expr> f, Map<Expr, Expr> done) {
        Expr known = done.get(e);
        if (known == null) {
            known = f.apply(e.mapOperands(operand -> rewrite(operand, f, done)));
            done.put(e, known);
        }
        return known;
    }
}
