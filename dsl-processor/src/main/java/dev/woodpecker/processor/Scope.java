package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.TensorExpr;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the parameters and locals in sight stand for, by their names in the source. */
record Scope(Map<String, TensorExpr> values) {
    static final Scope EMPTY = new Scope(Map.of());

    Scope {
        values = Map.copyOf(values);
    }

    Scope with(String name, TensorExpr value) {
        Map<String, TensorExpr> extended = new HashMap<>(values);
        extended.put(name, value);
        return new Scope(extended);
    }

    Optional<TensorExpr> find(String name) {
        return Optional.ofNullable(values.get(name));
    }
}
