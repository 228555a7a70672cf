package dev.woodpecker.processor;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The expressions that an expression consists of, in the order of the source. */
final class Parts {
    private Parts() {}

    static List<TensorExpr> of(TensorExpr expression) {
        return switch (expression) {
            case IntLiteral _, FloatLiteral _, BoolLiteral _, Name _ -> List.of();
            case Apply apply -> apply.operands();
            case TableAt read -> read.indices();
            case Build build -> with(build.domain(), build.element());
            case Reduce reduce -> with(reduce.domain(), reduce.element());
            case ArgReduce reduce -> with(reduce.domain(), reduce.element());
            case MapIndex map -> List.of(map.rank(), map.value());
            case Let let -> List.of(let.value(), let.body());
        };
    }

    /** The expression with other parts, found by {@code change} from its own. */
    static TensorExpr map(TensorExpr expression, UnaryOperator<TensorExpr> change) {
        return switch (expression) {
            case IntLiteral _, FloatLiteral _, BoolLiteral _, Name _ -> expression;
            case Apply(var op, var kind, var operands, var origin) ->
                new Apply(op, kind, map(operands, change), origin);
            case TableAt(var table, var indices, var origin) -> new TableAt(table, map(indices, change), origin);
            case Build(var kind, var domain, var element, var origin) ->
                new Build(kind, map(domain, change), change.apply(element), origin);
            case Reduce(var op, var domain, var element, var origin) ->
                new Reduce(op, map(domain, change), change.apply(element), origin);
            case ArgReduce(var greatest, var domain, var element, var origin) ->
                new ArgReduce(greatest, map(domain, change), change.apply(element), origin);
            case MapIndex(var rank, var axis, var value) -> new MapIndex(change.apply(rank), axis, change.apply(value));
            case Let(var name, var value, var body) -> new Let(name, change.apply(value), change.apply(body));
        };
    }

    private static List<TensorExpr> map(List<TensorExpr> expressions, UnaryOperator<TensorExpr> change) {
        return expressions.stream().map(change).toList();
    }

    private static Domain map(Domain domain, UnaryOperator<TensorExpr> change) {
        return switch (domain) {
            case Domain.Extents(var names, var extents) -> new Domain.Extents(names, map(extents, change));
            case Domain.Over(var name, var shape) -> new Domain.Over(name, change.apply(shape));
        };
    }

    private static List<TensorExpr> with(Domain domain, TensorExpr element) {
        List<TensorExpr> parts = new ArrayList<>(extents(domain));
        parts.add(element);
        return parts;
    }

    /** The extents of a domain, or its shape. */
    static List<TensorExpr> extents(Domain domain) {
        return switch (domain) {
            case Domain.Extents extents -> extents.extents();
            case Domain.Over over -> List.of(over.shape());
        };
    }

    static List<String> names(Domain domain) {
        return switch (domain) {
            case Domain.Extents extents -> extents.names();
            case Domain.Over over -> List.of(over.name());
        };
    }

    /** What a builder or reduction ranges over; empty for any other expression. */
    static Optional<Domain> domain(TensorExpr expression) {
        return switch (expression) {
            case Build build -> Optional.of(build.domain());
            case Reduce reduce -> Optional.of(reduce.domain());
            case ArgReduce reduce -> Optional.of(reduce.domain());
            case IntLiteral _, FloatLiteral _, BoolLiteral _, Name _, Apply _, TableAt _, MapIndex _, Let _ ->
                Optional.empty();
        };
    }

    /** The names that an expression itself binds. */
    static List<String> boundBy(TensorExpr expression) {
        return switch (expression) {
            case Build build -> names(build.domain());
            case Reduce reduce -> names(reduce.domain());
            case ArgReduce reduce -> names(reduce.domain());
            case MapIndex map -> List.of(map.axis());
            case Let let -> List.of(let.name());
            case IntLiteral _, FloatLiteral _, BoolLiteral _, Name _, Apply _, TableAt _ -> List.of();
        };
    }
}
