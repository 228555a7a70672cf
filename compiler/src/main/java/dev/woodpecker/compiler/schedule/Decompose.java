package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Splits the reduction of {@code stage} into the init of its accumulators before {@code loop}, their update inside it, and
 * the finish after it. The spatial loops inside {@code loop} run in all three, and each of their points has its own
 * accumulator. Reductions that no step decomposes are decomposed at their outermost reduction loop.
 *
 * <pre>
 * for i in 0..4:                  for i in 0..4:
 *   for c in 0..8:                  init y[i]
 *     y[i] whole at c       ->      for c in 0..8:
 *                                     update y[i] at c
 *                                   finish y[i]
 * </pre>
 */
public record Decompose(String stage, String loop) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        List<Stmt.Compute> inside = LoopNest.computes(found.get(), stage);
        if (inside.size() != 1
                || inside.getFirst().part() != Stmt.Part.WHOLE
                || inside.getFirst().over().isEmpty()) {
            return reject("no undecomposed reduction of '" + stage + "' is inside '" + loop + "'");
        }
        Stmt.Compute leaf = inside.getFirst();
        Set<String> own = variables(leaf.over());
        List<Loop> around = LoopNest.path(nest.tree(), found.get()).orElseThrow();
        Optional<Loop> outside =
                around.stream().filter(l -> own.contains(l.name())).findFirst();
        if (outside.isPresent()) {
            return reject("the reduction loop '" + outside.get().name() + "' is outside '" + loop
                    + "'; decompose there or further out");
        }
        List<Loop> spatial = LoopNest.path(found.get(), leaf).orElseThrow().stream()
                .filter(l -> !own.contains(l.name()))
                .toList();
        return Step.applied(nest.replace(loop, decompose(found.get(), leaf, own, spatial)));
    }

    /** Init, {@code updates} with the leaf as update, and finish. */
    static Stmt decompose(Stmt updates, Stmt.Compute leaf, Set<String> own, List<Loop> spatial) {
        Expr finishGuard = conjuncts(leaf.guard()).stream()
                .filter(term -> !mentions(term, own))
                .reduce(Expr.TRUE, IndexMath::and);
        List<Expr> slot = spatial.stream().<Expr>map(Loop::variable).toList();
        Stmt init = part(leaf, Stmt.Part.INIT, slot, Expr.TRUE);
        Stmt update = updates.rewrite(
                s -> s instanceof Stmt.Compute c && c.equals(leaf)
                        ? new Stmt.Compute(c.stage(), Stmt.Part.UPDATE, c.at(), c.over(), slot, c.guard(), c.keep())
                        : s,
                e -> e);
        Stmt finish = part(leaf, Stmt.Part.FINISH, slot, finishGuard);
        return new Stmt.Seq(List.of(LoopNest.wrap(spatial, init), update, LoopNest.wrap(spatial, finish)));
    }

    private static Stmt part(Stmt.Compute leaf, Stmt.Part part, List<Expr> slot, Expr guard) {
        return new Stmt.Compute(leaf.stage(), part, leaf.at(), List.of(), slot, guard, leaf.keep());
    }

    /** The names of the variables in these expressions. */
    public static Set<String> variables(List<Expr> expressions) {
        Set<String> names = new java.util.HashSet<>();
        expressions.forEach(e -> e.anyMatch(n -> n instanceof Expr.Var v && !names.add(v.name()) && false));
        return names;
    }

    private static boolean mentions(Expr e, Set<String> names) {
        return e.anyMatch(n -> n instanceof Expr.Var v && names.contains(v.name()));
    }

    /** The terms of a conjunction. */
    static List<Expr> conjuncts(Expr condition) {
        List<Expr> terms = new ArrayList<>();
        if (condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right) && op == BinaryOp.AND) {
            terms.addAll(conjuncts(left));
            terms.addAll(conjuncts(right));
        } else {
            terms.add(condition);
        }
        return terms.stream().collect(Collectors.toList());
    }
}
