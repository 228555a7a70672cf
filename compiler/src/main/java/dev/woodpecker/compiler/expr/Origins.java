package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.ArgReduce;
import dev.woodpecker.compiler.expr.TensorExpr.BoolLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Build;
import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.MapIndex;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.expr.TensorExpr.Reduce;
import dev.woodpecker.compiler.expr.TensorExpr.TableAt;
import dev.woodpecker.compiler.ir.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Rewrites the origins of a kernel, visiting nodes before their operands and both in the order of the text. */
final class Origins {
    private final UnaryOperator<Origin> rewrite;

    private Origins(UnaryOperator<Origin> rewrite) {
        this.rewrite = rewrite;
    }

    /** All origins of a kernel. */
    static List<Origin> of(KernelSpec spec) {
        List<Origin> found = new ArrayList<>();
        map(spec, origin -> {
            found.add(origin);
            return origin;
        });
        return found;
    }

    static KernelSpec map(KernelSpec spec, UnaryOperator<Origin> rewrite) {
        Origins origins = new Origins(rewrite);
        Origin own = rewrite.apply(spec.origin());
        List<KernelSpec.Parameter> parameters = spec.parameters().stream()
                .map(p -> new KernelSpec.Parameter(p.name(), p.kind(), p.role(), p.absent(), rewrite.apply(p.origin())))
                .toList();
        List<TensorExpr> requirements = origins.in(spec.requirements());
        TensorExpr body = origins.in(spec.body());
        return new KernelSpec(
                spec.name(),
                spec.operator(),
                spec.variant(),
                spec.form(),
                parameters,
                requirements,
                body,
                spec.outputs(),
                spec.examples(),
                own);
    }

    private List<TensorExpr> in(List<TensorExpr> expressions) {
        return expressions.stream().map(this::in).toList();
    }

    private TensorExpr in(TensorExpr expression) {
        return switch (expression) {
            case IntLiteral _, FloatLiteral _, BoolLiteral _, Name _ -> expression;
            case Apply(var op, var kind, var operands, var origin) -> {
                Origin own = rewrite.apply(origin);
                yield new Apply(op, kind, in(operands), own);
            }
            case TableAt(var table, var indices, var origin) -> {
                Origin own = rewrite.apply(origin);
                yield new TableAt(table, in(indices), own);
            }
            case Build(var kind, var domain, var element, var origin) -> {
                Origin own = rewrite.apply(origin);
                yield new Build(kind, in(domain), in(element), own);
            }
            case Reduce(var op, var domain, var element, var origin) -> {
                Origin own = rewrite.apply(origin);
                yield new Reduce(op, in(domain), in(element), own);
            }
            case ArgReduce(var greatest, var domain, var element, var origin) -> {
                Origin own = rewrite.apply(origin);
                yield new ArgReduce(greatest, in(domain), in(element), own);
            }
            case MapIndex(var rank, var axis, var value) -> new MapIndex(in(rank), axis, in(value));
            case Let(var name, var value, var body) -> new Let(name, in(value), in(body));
        };
    }

    private Domain in(Domain domain) {
        return switch (domain) {
            case Domain.Extents(var names, var extents) -> new Domain.Extents(names, in(extents));
            case Domain.Over(var name, var shape) -> new Domain.Over(name, in(shape));
        };
    }
}
