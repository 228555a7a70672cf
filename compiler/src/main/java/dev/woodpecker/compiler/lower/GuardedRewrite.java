package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Rewrites an expression bottom-up by a rule that may name values before the statement. A value named from one side of a
 * {@link Expr.Select} is computed whether that side is chosen or not, so that loads in it keep the select's condition.
 */
final class GuardedRewrite {
    /** What is replaced, and by what. */
    interface Rule {
        boolean appliesTo(Expr e);

        /** The replacement of a node that the rule applies to; its operands are rewritten already. */
        Expr replace(Expr e, Temporaries temporaries);
    }

    private final Temporaries temporaries;
    private final Rule rule;
    private final Map<Expr, Boolean> concerned = new IdentityHashMap<>();

    GuardedRewrite(Temporaries temporaries, Rule rule) {
        this.temporaries = temporaries;
        this.rule = rule;
    }

    Expr apply(Expr e) {
        return apply(e, Optional.empty());
    }

    /** {@code guard}: the condition, a scalar, under which {@code e} is evaluated. */
    private Expr apply(Expr e, Optional<Expr> guard) {
        if (!isConcerned(e)) {
            return e;
        }
        if (e instanceof Expr.Select s && (isConcerned(s.whenTrue()) || isConcerned(s.whenFalse()))) {
            return select(s, guard);
        }
        Expr mapped = e.mapOperands(operand -> apply(operand, guard));
        if (guard.isPresent() && rule.appliesTo(mapped)) {
            mapped = mapped.mapOperands(operand -> guarded(operand, guard.get()));
        }
        return replaced(mapped);
    }

    private Expr select(Expr.Select s, Optional<Expr> guard) {
        Expr condition = apply(s.condition(), guard);
        boolean uniform = condition.lanes() == 1 || condition instanceof Expr.Broadcast;
        if (!uniform) {
            // Both sides are evaluated, so that no load in them needs this condition.
            Expr chosen = temporaries.bind("chosen", condition);
            return replaced(new Expr.Select(chosen, apply(s.whenTrue(), guard), apply(s.whenFalse(), guard)));
        }
        Expr scalar = temporaries.bind("chosen", condition instanceof Expr.Broadcast b ? b.value() : condition);
        Expr first = apply(s.whenTrue(), both(guard, scalar));
        Expr second = apply(s.whenFalse(), both(guard, new Expr.Unary(UnaryOp.NOT, scalar)));
        return replaced(new Expr.Select(spread(scalar, condition.lanes()), first, second));
    }

    private static Expr spread(Expr scalar, int lanes) {
        return lanes == 1 ? scalar : new Expr.Broadcast(scalar, lanes);
    }

    private Expr replaced(Expr e) {
        return rule.appliesTo(e) ? rule.replace(e, temporaries) : e;
    }

    /** Whether the rule applies anywhere in {@code e}. */
    private boolean isConcerned(Expr e) {
        Boolean known = concerned.get(e);
        if (known != null) {
            return known;
        }
        boolean found = rule.appliesTo(e) || e.operands().stream().anyMatch(this::isConcerned);
        concerned.put(e, found);
        return found;
    }

    private static Optional<Expr> both(Optional<Expr> guard, Expr condition) {
        return Optional.of(guard.isPresent() ? new Expr.Binary(BinaryOp.AND, guard.get(), condition) : condition);
    }

    private static Expr guarded(Expr operand, Expr guard) {
        if (!operand.anyMatch(n -> n instanceof Expr.Load l && l.buffer().scope() != Scope.REGISTER)) {
            return operand;
        }
        int lanes = operand.lanes();
        return new Expr.Select(spread(guard, lanes), operand, spread(Expr.zero(operand.type()), lanes));
    }
}
