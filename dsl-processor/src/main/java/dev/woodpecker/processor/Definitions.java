package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Build;
import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the names of a kernel are bound to; they are unique in it. */
final class Definitions {
    private final Map<String, TensorExpr> locals = new HashMap<>();
    private final Map<String, TensorExpr> extents = new HashMap<>();

    Definitions(KernelSpec spec) {
        spec.requirements().forEach(this::collect);
        collect(spec.body());
    }

    private void collect(TensorExpr expression) {
        if (expression instanceof Let(String name, TensorExpr value, TensorExpr _)) {
            locals.put(name, value);
        }
        Parts.domain(expression).ifPresent(domain -> {
            if (domain instanceof Domain.Extents(List<String> names, List<TensorExpr> sizes)) {
                for (int axis = 0; axis < names.size(); axis++) {
                    extents.put(names.get(axis), sizes.get(axis));
                }
            }
        });
        Parts.of(expression).forEach(this::collect);
    }

    /** The value of a local; empty for a parameter or axis. */
    Optional<TensorExpr> local(String name) {
        return Optional.ofNullable(locals.get(name));
    }

    /** The extent that an axis runs to; empty for any other name. */
    Optional<TensorExpr> extent(String name) {
        return Optional.ofNullable(extents.get(name));
    }

    /** The expression itself, or the value of the local that it names, and so on. */
    TensorExpr resolved(TensorExpr expression) {
        return switch (expression) {
            case Name(String name, var _) -> local(name).map(this::resolved).orElse(expression);
            case Let(var _, var _, TensorExpr body) -> resolved(body);
            default -> expression;
        };
    }

    /** The extents with which a local tensor was built; empty if it is an input or its shape is an Index. */
    Optional<List<TensorExpr>> stageExtents(TensorExpr tensor) {
        return resolved(tensor) instanceof Build(var _, Domain.Extents(var _, List<TensorExpr> sizes), var _, var _)
                ? Optional.of(sizes)
                : Optional.empty();
    }
}
