package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.ir.Table;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the parameters and locals in sight stand for, by their names in the source. */
record Scope(Map<String, TensorExpr> values, Map<String, Table> tables) {
    static final Scope EMPTY = new Scope(Map.of(), Map.of());

    Scope {
        values = Map.copyOf(values);
        tables = Map.copyOf(tables);
    }

    Scope with(String name, TensorExpr value) {
        Map<String, TensorExpr> extended = new HashMap<>(values);
        extended.put(name, value);
        return new Scope(extended, tables);
    }

    Scope with(String name, Table table) {
        Map<String, Table> extended = new HashMap<>(tables);
        extended.put(name, table);
        return new Scope(values, extended);
    }

    Optional<TensorExpr> find(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** The constant array that a parameter of a helper stands for. */
    Optional<Table> table(String name) {
        return Optional.ofNullable(tables.get(name));
    }
}
