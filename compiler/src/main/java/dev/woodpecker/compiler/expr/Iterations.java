package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.Value.Scalar;
import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import java.util.ArrayList;
import java.util.List;

/** Evaluates what ranges over a domain: tensors that are built or joined, reductions, positions of extremes. */
final class Iterations {
    private final Evaluator evaluator;
    private final Problems problems;
    private final AxisBounds bounds;
    private final Folding fold;
    private final Elements elements;
    private final Accesses accesses;
    private final Stages stages;

    Iterations(
            Evaluator evaluator,
            Problems problems,
            AxisBounds bounds,
            Folding fold,
            Elements elements,
            Accesses accesses,
            Stages stages) {
        this.evaluator = evaluator;
        this.problems = problems;
        this.bounds = bounds;
        this.fold = fold;
        this.elements = elements;
        this.accesses = accesses;
        this.stages = stages;
    }

    /** A new stage, called {@code wanted}. */
    Value build(TensorExpr.Build e, String wanted) {
        String name = stages.claim(wanted);
        List<Axis> axes = enter(e.domain(), false, e.origin()).axes;
        Scalar element = accesses.within(axes, () -> evaluator.scalar(e.element()));
        return stages.add(name, kindOf(e.kind()), axes, element, e.origin());
    }

    /** The tensors one after another along {@code axis}, as a stage. */
    Value concat(List<Value> tensors, long axis, Origin origin, String wanted) {
        String name = stages.claim(wanted);
        List<Expr> shape = accesses.concatShape(tensors, axis, origin);
        List<Axis> axes = new ArrayList<>();
        List<Expr> at = new ArrayList<>();
        for (int i = 0; i < shape.size(); i++) {
            stages.requireExtent(shape.get(i), false, "i" + i, origin);
            at.add(declare("i" + i, shape.get(i), axes, false));
        }
        Scalar element = accesses.within(axes, () -> accesses.concat(tensors, (int) axis, at, origin));
        return stages.add(name, accesses.kind(tensors.getFirst(), origin), axes, element, origin);
    }

    Value reduce(TensorExpr.Reduce e) {
        Entered entered = enter(e.domain(), true, e.origin());
        return reduction(e.op(), entered, element(e.element(), entered), e.origin());
    }

    private Scalar element(TensorExpr element, Entered entered) {
        return accesses.within(
                entered.axes,
                () -> entered.inside.equals(Expr.TRUE)
                        ? evaluator.scalar(element)
                        : accesses.where(entered.inside, () -> evaluator.scalar(element)));
    }

    private Scalar reduction(ReduceOp op, Entered entered, Scalar body, Origin origin) {
        List<Axis> axes = entered.axes;
        elements.computable(body, origin);
        Expr identity = op.identity(body.expr().type());
        if (axes.stream().anyMatch(axis -> Folding.isConstant(axis.extent(), 0))) {
            return elements.reduced(op, body, identity, origin);
        }
        // One point alone is still combined with the identity: for a sum that makes -0 a +0.
        Expr point = fold.select(entered.inside, body.expr(), identity);
        Expr result =
                axes.isEmpty() ? fold.binary(op.combine(), identity, point) : new Expr.Reduce(op, axes, point, origin);
        return elements.reduced(op, body, result, origin);
    }

    /**
     * The least index at which the element equals the extreme one, or is NaN: since an extreme of values with a NaN among
     * them is NaN, which equals nothing, the first NaN is found then.
     */
    Value argReduce(TensorExpr.ArgReduce e) {
        Entered first = enter(e.domain(), true, e.origin());
        Scalar candidate = element(e.element(), first);
        if (first.axes.isEmpty()) {
            return Scalar.index(Expr.index(0));
        }
        if (first.axes.size() > 1 || bounds.of(first.axes.getFirst().extent()).max() < 1) {
            throw problems.at(e.origin(), "the position of an extreme is sought over one axis of at least one element");
        }
        Scalar extreme = reduction(e.greatest() ? ReduceOp.MAX : ReduceOp.MIN, first, candidate, e.origin());
        Entered second = enter(e.domain(), true, e.origin());
        Scalar element = element(e.element(), second);
        Expr x = elements.computable(element, e.origin());
        Expr found = fold.binary(BinaryOp.EQ, x, extreme.expr());
        if (x.type().isFloat()) {
            found = fold.binary(BinaryOp.OR, found, fold.binary(BinaryOp.NE, x, x));
        }
        Axis axis = second.axes.getFirst();
        Expr position = fold.select(found, axis.variable(), axis.extent());
        return reduction(ReduceOp.MIN, second, Scalar.index(position), e.origin());
    }

    /**
     * The axes of a domain. Where an extent depends on indices around it, the axis runs to the greatest that it can be,
     * and {@code inside} tells which of its points count.
     */
    private record Entered(List<Axis> axes, Expr inside) {}

    /** Declares the axes of a domain and binds the names of its lambda's parameters. */
    private Entered enter(Domain domain, boolean reduction, Origin origin) {
        List<String> names = new ArrayList<>();
        List<Expr> extents = switch (domain) {
            case Domain.Extents(List<String> parameters, List<TensorExpr> sizes) -> {
                names.addAll(parameters);
                yield sizes.stream().map(evaluator::index).toList();
            }
            case Domain.Over(String parameter, TensorExpr shape) -> {
                List<Expr> sizes = evaluator.ints(shape);
                for (int i = 0; i < sizes.size(); i++) {
                    names.add(parameter + i);
                }
                yield sizes;
            }
        };
        List<Axis> axes = new ArrayList<>();
        List<Expr> at = new ArrayList<>();
        Expr inside = Expr.TRUE;
        for (int i = 0; i < extents.size(); i++) {
            Expr extent = extents.get(i);
            stages.requireExtent(extent, reduction, names.get(i), origin);
            boolean ragged = extent.anyMatch(Expr.Var.class::isInstance);
            Expr variable = declare(
                    names.get(i), ragged ? Expr.index(Math.max(0, bounds.greatest(extent))) : extent, axes, reduction);
            at.add(variable);
            if (ragged) {
                inside = fold.binary(BinaryOp.AND, inside, fold.binary(BinaryOp.LT, variable, extent));
            }
        }
        switch (domain) {
            case Domain.Extents _ -> {
                for (int i = 0; i < at.size(); i++) {
                    evaluator.bind(names.get(i), Scalar.index(at.get(i)));
                }
            }
            case Domain.Over(String parameter, TensorExpr _) -> evaluator.bind(parameter, new Value.Ints(at));
        }
        return new Entered(axes, inside);
    }

    /** The value of a lambda's parameter: the variable of a new axis, or 0 where that is all it can be. */
    private Expr declare(String name, Expr extent, List<Axis> axes, boolean reduction) {
        boolean single = Folding.isConstant(extent, 1);
        if (single && reduction) {
            return Expr.index(0);
        }
        Axis axis = stages.axis(name, extent);
        axes.add(axis);
        return single ? Expr.index(0) : axis.variable();
    }

    private static Kind kindOf(Kind tensor) {
        return switch (tensor) {
            case INT_TENSOR -> Kind.INT;
            case MASK_TENSOR -> Kind.BOOL;
            default -> Kind.FLOAT;
        };
    }
}
