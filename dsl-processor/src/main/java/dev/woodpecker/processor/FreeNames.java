package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/** The names that an expression takes from around it. */
final class FreeNames {
    private FreeNames() {}

    static Set<String> of(TensorExpr expression) {
        Set<String> used = new TreeSet<>();
        Set<String> bound = new HashSet<>();
        collect(expression, used, bound);
        used.removeAll(bound);
        return used;
    }

    /** Names are unique in a kernel, so that what is bound anywhere within is not free. */
    private static void collect(TensorExpr expression, Set<String> used, Set<String> bound) {
        if (expression instanceof Name(String name, var _)) {
            used.add(name);
        }
        bound.addAll(Parts.boundBy(expression));
        Parts.of(expression).forEach(part -> collect(part, used, bound));
    }
}
