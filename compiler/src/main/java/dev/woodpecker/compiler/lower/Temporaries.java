package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Variables for values that one statement needs more than once, defined before it in order. */
final class Temporaries {
    private final Set<String> names;
    private final List<Expr.Var> variables = new ArrayList<>();
    private final List<Expr> values = new ArrayList<>();

    /** {@code names}: all that are taken in the kernel; new ones are added. */
    Temporaries(Set<String> names) {
        this.names = names;
    }

    /** A variable of this value, or the value itself where it is as simple as one. */
    Expr bind(String name, Expr value) {
        if (isSimple(value)) {
            return value;
        }
        Expr.Var variable = new Expr.Var(Vectorize.freshName(name, names), value.type(), value.lanes());
        variables.add(variable);
        values.add(value);
        return variable;
    }

    private static boolean isSimple(Expr value) {
        return value instanceof Expr.Var
                || value instanceof Expr.IntConst
                || value instanceof Expr.FloatConst
                || (value instanceof Expr.Broadcast b && isSimple(b.value()));
    }

    Stmt wrap(Stmt s) {
        Stmt result = s;
        for (int i = variables.size() - 1; i >= 0; i--) {
            result = new Stmt.Let(variables.get(i), values.get(i), result);
        }
        return result;
    }

    /** Every name of a variable or buffer in {@code s}. */
    static void collectNames(Stmt s, Set<String> names) {
        if (s instanceof Stmt.For f) {
            names.add(f.loop().name());
        } else if (s instanceof Stmt.Let let) {
            names.add(let.variable().name());
        } else if (s instanceof Stmt.Allocate a) {
            names.add(a.buffer().name());
        } else if (s instanceof Stmt.Store store) {
            names.add(store.buffer().name());
        }
        s.expressions()
                .forEach(e -> e.anyMatch(
                        n -> n instanceof Expr.Load l && !names.add(l.buffer().name()) && false));
        s.children().forEach(child -> collectNames(child, names));
    }
}
