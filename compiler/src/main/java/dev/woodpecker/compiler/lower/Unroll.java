package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Writes the iterations of unrolled loops out. Requires: nothing. Ensures: no {@code UNROLL} loop with a constant extent is
 * left (of those over tables, by {@link #ofTables}), and indices that became constants are folded; loops inside the copies keep their names, which are then unique
 * along each path only.
 */
public final class Unroll {
    private Unroll() {}

    public static Stmt apply(Stmt body) {
        Stmt unrolled = body.rewrite(s -> s instanceof Stmt.For f ? unrolled(f) : s, e -> e);
        return unrolled == body ? body : Simplifier.simplify(unrolled);
    }

    /**
     * As {@link #apply}, only where an iteration's number is an index into a table, whose zeros and ones vanish then: other
     * loops a GPU's compiler unrolls itself, and their text stays short.
     */
    public static Stmt ofTables(Stmt body) {
        Stmt unrolled = body.rewrite(s -> s instanceof Stmt.For f && indexesTable(f) ? unrolled(f) : s, e -> e);
        return unrolled == body ? body : Simplifier.simplify(unrolled);
    }

    private static boolean indexesTable(Stmt.For f) {
        return f.body()
                .anyMatch(s -> s.expressions().stream()
                        .anyMatch(e -> e.anyMatch(n -> n instanceof Expr.TableEntry t
                                && t.indices().stream()
                                        .anyMatch(i -> i.anyMatch(f.loop().variable()::equals)))));
    }

    private static Stmt unrolled(Stmt.For f) {
        OptionalLong extent = IndexMath.constant(f.loop().extent());
        if (f.loop().binding() != Loop.Binding.UNROLL || extent.isEmpty()) {
            return f;
        }
        List<Stmt> copies = new ArrayList<>();
        for (long i = 0; i < extent.getAsLong(); i++) {
            copies.add(LoopNest.substituteVariables(f.body(), Map.of(f.loop().name(), Expr.index(i))));
        }
        return Stmt.seq(copies);
    }
}
