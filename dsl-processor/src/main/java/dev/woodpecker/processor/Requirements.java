package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.processor.KernelContext.Local;
import dev.woodpecker.processor.ParsedSource.Place;
import java.util.Set;

/**
 * Collects when the kernel applies: its own {@code require}s and those of kernels that it calls, which must hold for what
 * it passes to them.
 */
final class Requirements {
    private final KernelContext context;

    Requirements(KernelContext context) {
        this.context = context;
    }

    /** Adds a condition on what is in sight, with the locals that it depends on. */
    void add(TensorExpr condition, Place place) {
        TensorExpr closed = condition;
        Set<String> free = FreeNames.of(condition);
        for (Local local : context.locals().reversed()) {
            if (free.contains(local.name())) {
                closed = new Let(local.name(), local.value(), closed);
                free = FreeNames.of(closed);
            }
        }
        free.removeAll(context.parameters());
        if (free.isEmpty()) {
            context.requirements().add(closed);
        } else {
            context.report(
                    DiagnosticCode.REQUIRE_POSITION,
                    place,
                    "a kernel with require(...) is called for each " + String.join(", ", free)
                            + ", so that the condition cannot be decided before the kernel runs");
        }
    }
}
