package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.Build;
import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.processor.KernelContext.Local;
import dev.woodpecker.processor.ParsedSource.Place;
import java.util.List;
import java.util.Optional;
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
        TensorExpr closed = withoutStages(condition);
        for (Local local : context.locals().reversed()) {
            if (FreeNames.of(closed).contains(local.name())) {
                closed = new Let(local.name(), withoutStages(local.value()), closed);
            }
        }
        Set<String> free = FreeNames.of(closed);
        free.removeAll(context.parameters());
        if (free.isEmpty()) {
            context.requirements().add(context.placed(closed, place));
        } else {
            context.report(
                    DiagnosticCode.REQUIRE_POSITION,
                    place,
                    "a kernel with require(...) is called for each " + String.join(", ", free)
                            + ", so that the condition cannot be decided before the kernel runs");
        }
    }

    /** Sizes of local tensors are the extents that they are built with: a condition must not compute the tensors. */
    private TensorExpr withoutStages(TensorExpr expression) {
        TensorExpr inner = Parts.map(expression, this::withoutStages);
        if (!(inner instanceof Apply(Op op, var _, List<TensorExpr> operands, Origin origin))
                || operands.isEmpty()
                || !(built(operands.getFirst()) instanceof Build(var _, Domain domain, var _, var _))) {
            return inner;
        }
        TensorExpr shape = withoutStages(shape(domain, origin));
        return switch (op) {
            case SIZE -> size(shape, operands.get(1), origin);
            case RANK -> rank(shape, origin);
            case SHAPE -> shape;
            default -> inner;
        };
    }

    private static TensorExpr shape(Domain domain, Origin origin) {
        return switch (domain) {
            case Domain.Extents(var _, var extents) -> new Apply(Op.INDEX_OF, Kind.INDEX, extents, origin);
            case Domain.Over(var _, TensorExpr shape) -> shape;
        };
    }

    private static TensorExpr rank(TensorExpr shape, Origin origin) {
        return listed(shape)
                .<TensorExpr>map(extents -> new IntLiteral(extents.size()))
                .orElseGet(() -> new Apply(Op.RANK, Kind.INT, List.of(shape), origin));
    }

    /** The extents of a shape that is written as a list of ints. */
    private static Optional<List<TensorExpr>> listed(TensorExpr shape) {
        return shape instanceof Apply(Op op, var _, List<TensorExpr> extents, var _)
                        && op == Op.INDEX_OF
                        && extents.stream().allMatch(extent -> extent.kind() == Kind.INT)
                ? Optional.of(extents)
                : Optional.empty();
    }

    private static TensorExpr size(TensorExpr shape, TensorExpr axis, Origin origin) {
        return axis instanceof IntLiteral(long number)
                ? listed(shape)
                        .filter(extents -> number >= 0 && number < extents.size())
                        .map(extents -> extents.get((int) number))
                        .orElseGet(() -> element(shape, axis, origin))
                : element(shape, axis, origin);
    }

    private static TensorExpr element(TensorExpr shape, TensorExpr axis, Origin origin) {
        return new Apply(Op.GET, Kind.INT, List.of(shape, axis), origin);
    }

    /** The value of the local that a name stands for, else the expression itself. */
    private TensorExpr built(TensorExpr expression) {
        return expression instanceof Name(String name, var _)
                ? context.locals().stream()
                        .filter(local -> local.name().equals(name))
                        .map(Local::value)
                        .findFirst()
                        .orElse(expression)
                : expression;
    }
}
