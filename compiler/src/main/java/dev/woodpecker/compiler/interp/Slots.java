package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Expr;
import java.util.HashMap;
import java.util.Map;

/** Where variables and memories lie in a {@link Frame}, by their names. */
final class Slots {
    private final Map<String, Integer> variableSlots = new HashMap<>();
    private final Map<String, Integer> memorySlots = new HashMap<>();
    private int next;

    int of(Expr.Var variable) {
        return variable(variable.name(), variable.lanes());
    }

    int variable(String name, int lanes) {
        Integer known = variableSlots.get(name);
        if (known == null) {
            known = next;
            variableSlots.put(name, known);
            next += lanes;
        }
        return known;
    }

    int memory(String name) {
        return memorySlots.computeIfAbsent(name, _ -> memorySlots.size());
    }

    int variables() {
        return next;
    }

    int memories() {
        return memorySlots.size();
    }
}
