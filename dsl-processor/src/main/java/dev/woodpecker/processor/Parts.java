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
