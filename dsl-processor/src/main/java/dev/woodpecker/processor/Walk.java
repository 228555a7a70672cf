package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import java.util.List;

/** Visits all expressions of a kernel, and tells whether each is evaluated only under a condition. */
final class Walk {
    interface Visit {
        void visit(TensorExpr expression, boolean isConditional);
    }

    private Walk() {}

    static void all(KernelSpec spec, Visit visit) {
        spec.requirements().forEach(requirement -> within(requirement, false, visit));
        within(spec.body(), false, visit);
    }

    private static void within(TensorExpr expression, boolean isConditional, Visit visit) {
        visit.visit(expression, isConditional);
        List<TensorExpr> parts = Parts.of(expression);
        for (int i = 0; i < parts.size(); i++) {
            within(parts.get(i), isConditional || (i > 0 && isGuarded(expression)), visit);
        }
    }

    /** Whether all operands but the first are evaluated only if that allows it. */
    private static boolean isGuarded(TensorExpr expression) {
        return expression instanceof Apply(Op op, var _, var _, var _)
                && (op == Op.SELECT || op == Op.AND_ALSO || op == Op.OR_ELSE);
    }
}
