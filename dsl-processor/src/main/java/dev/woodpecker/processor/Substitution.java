package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.TensorExpr;
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
import dev.woodpecker.compiler.ir.Table;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts arguments in place of a kernel's parameters, and gives all that it binds, and its tables, names that are free here. */
final class Substitution {
    private final Map<String, TensorExpr> values = new HashMap<>();
    private final KernelSpec spec;
    private final KernelContext context;

    private Substitution(KernelSpec spec, KernelContext context) {
        this.spec = spec;
        this.context = context;
    }

    static Substitution of(KernelSpec spec, List<TensorExpr> arguments, KernelContext context) {
        Substitution substitution = new Substitution(spec, context);
        for (int i = 0; i < arguments.size(); i++) {
            substitution.values.put(spec.parameters().get(i).name(), arguments.get(i));
        }
        return substitution;
    }

    TensorExpr in(TensorExpr expression) {
        return switch (expression) {
            case IntLiteral _, FloatLiteral _, BoolLiteral _ -> expression;
            case Name name -> values.getOrDefault(name.name(), name);
            case Apply(var op, var kind, var operands, var origin) -> new Apply(op, kind, in(operands), origin);
            case TableAt(var table, var indices, var origin) -> new TableAt(renamed(table), in(indices), origin);
            case Build(var kind, var domain, var element, var origin) ->
                new Build(kind, in(domain), in(element), origin);
            case Reduce(var op, var domain, var element, var origin) -> new Reduce(op, in(domain), in(element), origin);
            case ArgReduce(var greatest, var domain, var element, var origin) ->
                new ArgReduce(greatest, in(domain), in(element), origin);
            case MapIndex(var rank, var axis, var value) -> {
                TensorExpr outer = in(rank);
                yield new MapIndex(outer, bound(axis, Kind.INT), in(value));
            }
            case Let(var name, var value, var body) -> {
                TensorExpr outer = in(value);
                yield new Let(bound(name, value.kind()), outer, in(body));
            }
        };
    }

    private List<TensorExpr> in(List<TensorExpr> expressions) {
        return expressions.stream().map(this::in).toList();
    }

    /** Renames the axes too: the element is rewritten after its domain. */
    private Domain in(Domain domain) {
        return switch (domain) {
            case Domain.Extents(var axes, var extents) -> {
                List<TensorExpr> outer = in(extents);
                yield new Domain.Extents(
                        axes.stream().map(axis -> bound(axis, Kind.INT)).toList(), outer);
            }
            case Domain.Over(var name, var shape) -> {
                TensorExpr outer = in(shape);
                yield new Domain.Over(bound(name, Kind.INDEX), outer);
            }
        };
    }

    private String bound(String name, Kind kind) {
        String fresh = context.names().fresh(name);
        values.put(name, new Name(fresh, kind));
        return fresh;
    }

    private Table renamed(Table table) {
        return context.tables()
                .computeIfAbsent(
                        spec.name() + "#" + table.name(),
                        _ -> new Table(
                                context.names().fresh(table.name()), table.type(), table.shape(), table.values()));
    }
}
