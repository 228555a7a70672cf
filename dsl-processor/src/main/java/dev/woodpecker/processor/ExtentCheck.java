package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Extents, and conditions of {@code require}, depend on sizes and attributes alone. */
final class ExtentCheck {
    private final Checker checker;
    private final Definitions definitions;
    private final Set<String> parameters = new HashSet<>();

    ExtentCheck(Checker checker, Definitions definitions) {
        this.checker = checker;
        this.definitions = definitions;
        checker.spec().parameters().stream().map(Parameter::name).forEach(parameters::add);
    }

    void check() {
        for (TensorExpr requirement : checker.spec().requirements()) {
            dependence(requirement, Set.of())
                    .ifPresent(on -> checker.report(
                            DiagnosticCode.REQUIRE_POSITION,
                            requirement,
                            "the condition " + checker.text(requirement) + " depends on " + on));
        }
        checkWithin(checker.spec().body());
    }

    private void checkWithin(TensorExpr expression) {
        Parts.domain(expression).ifPresent(domain -> {
            for (TensorExpr extent : Parts.extents(domain)) {
                dependence(extent, Set.of())
                        .ifPresent(on -> checker.report(
                                DiagnosticCode.EXTENT_NOT_STATIC,
                                extent,
                                "the extent " + checker.text(extent) + " depends on " + on));
            }
        });
        Parts.of(expression).forEach(this::checkWithin);
    }

    /** What an expression depends on that is neither a size nor an attribute. */
    private Optional<String> dependence(TensorExpr expression, Set<String> bound) {
        if (expression instanceof Apply(Op op, var _, List<TensorExpr> operands, var _)) {
            if (op == Op.AT || op == Op.AT_OR) {
                return Optional.of("the element " + checker.text(expression));
            }
            if (op == Op.SIZE || op == Op.RANK || op == Op.SHAPE) {
                return operands.stream()
                        .filter(operand -> !operand.kind().isTensor())
                        .flatMap(operand -> dependence(operand, bound).stream())
                        .findFirst();
            }
        }
        if (expression instanceof Name(String name, var _)) {
            if (bound.contains(name) || parameters.contains(name)) {
                return Optional.empty();
            }
            Optional<TensorExpr> local = definitions.local(name);
            return local.isPresent() ? dependence(local.get(), bound) : Optional.of("the index " + name);
        }
        if (expression instanceof Let(var _, var _, TensorExpr body)) {
            return dependence(body, bound);
        }
        Set<String> inner = new HashSet<>(bound);
        inner.addAll(Parts.boundBy(expression));
        return Parts.of(expression).stream()
                .flatMap(part -> dependence(part, inner).stream())
                .findFirst();
    }
}
