package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.expr.TensorExpr.TableAt;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads that certainly fall outside, and integer divisions by zero. Indices and extents are compared as sums of multiples of
 * axes and sizes; an axis runs from 0 to its extent less one, and a size is at least 1, or there would be no read at all.
 * What cannot be proven wrong is right.
 */
final class BoundsCheck {
    private final Checker checker;
    private final Definitions definitions;
    private final Set<String> sizes = new HashSet<>();

    BoundsCheck(Checker checker, Definitions definitions) {
        this.checker = checker;
        this.definitions = definitions;
    }

    void check() {
        Walk.all(checker.spec(), this::checkOne);
    }

    private void checkOne(TensorExpr expression, boolean isConditional) {
        switch (expression) {
            case Apply(Op op, var _, List<TensorExpr> operands, var _)
            when op == Op.AT -> {
                List<TensorExpr> indices = operands.subList(1, operands.size());
                for (int axis = 0; axis < indices.size(); axis++) {
                    TensorExpr tensor = operands.getFirst();
                    if (indices.get(axis).kind() == Kind.INT) {
                        checkIndex(indices.get(axis), size(tensor, axis), checker.text(tensor), axis, isConditional);
                    }
                }
            }
            case TableAt(var table, List<TensorExpr> indices, var _) -> {
                for (int axis = 0; axis < indices.size(); axis++) {
                    checkIndex(indices.get(axis), Linear.of(table.size(axis)), table.name(), axis, isConditional);
                }
            }
            case Apply(Op op, Kind kind, List<TensorExpr> operands, var _)
            when isDivision(op) && kind == Kind.INT -> {
                Linear divisor = linear(operands.get(1));
                if (divisor.isConstant() && divisor.constant() == 0) {
                    checker.report(
                            DiagnosticCode.DIVISION_BY_ZERO,
                            operands.get(1),
                            checker.text(expression) + " divides by " + checker.text(operands.get(1)) + ", which is 0");
                }
            }
            default -> {}
        }
    }

    private static boolean isDivision(Op op) {
        return op == Op.DIV || op == Op.REM || op == Op.FLOOR_DIV || op == Op.FLOOR_MOD;
    }

    private void checkIndex(TensorExpr index, Linear size, String tensor, int axis, boolean isConditional) {
        Linear value = linear(index);
        Linear least = extreme(value, false);
        Linear greatest = extreme(value, true);
        // Under a condition a read is wrong only if no index in the whole range is right.
        boolean above = isNeverNegative((isConditional ? least : greatest).minus(size));
        boolean below =
                isNeverNegative((isConditional ? greatest : least).times(-1).minus(Linear.of(1)));
        if (above || below) {
            String reaches = above
                    ? "reaches the size of axis " + axis + " of " + tensor
                    : "is negative on axis " + axis + " of " + tensor;
            checker.report(DiagnosticCode.OUT_OF_BOUNDS, index, "the index " + checker.text(index) + " " + reaches);
        }
    }

    /** The size of an axis of a tensor: of a local one, the extent that it was built with. */
    private Linear size(TensorExpr tensor, int axis) {
        Optional<List<TensorExpr>> stage = definitions.stageExtents(tensor).filter(extents -> axis < extents.size());
        if (stage.isPresent()) {
            return linear(stage.get().get(axis));
        }
        String symbol = KernelText.print(checker.spec(), definitions.resolved(tensor)) + ".size(" + axis + ")";
        sizes.add(symbol);
        return Linear.symbol(symbol);
    }

    private Linear linear(TensorExpr expression) {
        return switch (expression) {
            case IntLiteral(long value) -> Linear.of(value);
            case Name(String name, var _) ->
                definitions.local(name).map(this::linear).orElseGet(() -> Linear.symbol(name));
            case Apply(Op op, var _, List<TensorExpr> operands, var _)
            when op == Op.ADD -> linear(operands.get(0)).plus(linear(operands.get(1)));
            case Apply(Op op, var _, List<TensorExpr> operands, var _)
            when op == Op.SUB -> linear(operands.get(0)).minus(linear(operands.get(1)));
            case Apply(Op op, var _, List<TensorExpr> operands, var _)
            when op == Op.NEG -> linear(operands.get(0)).times(-1);
            case Apply(Op op, var _, List<TensorExpr> operands, var _)
            when op == Op.MUL -> {
                Linear left = linear(operands.get(0));
                Linear right = linear(operands.get(1));
                yield left.isConstant()
                        ? right.times(left.constant())
                        : right.isConstant() ? left.times(right.constant()) : opaque(expression);
            }
            case Apply(Op op, var _, List<TensorExpr> operands, var _)
            when op == Op.SIZE && definitions.resolved(operands.get(1)) instanceof IntLiteral(long axis) && axis >= 0 ->
                size(operands.get(0), (int) axis);
            default -> opaque(expression);
        };
    }

    private Linear opaque(TensorExpr expression) {
        return Linear.symbol(KernelText.print(checker.spec(), expression));
    }

    /** The greatest, or least, value while axes run over their extents. */
    private Linear extreme(Linear value, boolean greatest) {
        Linear result = value;
        for (var term : value.terms().entrySet()) {
            Optional<TensorExpr> extent = definitions.extent(term.getKey());
            if (extent.isPresent()) {
                boolean atEnd = term.getValue() > 0 == greatest;
                Linear end = atEnd ? linear(extent.get()).minus(Linear.of(1)) : Linear.of(0);
                result = result.with(term.getKey(), end);
            }
        }
        return result;
    }

    /** Whether a value is 0 or more for all sizes; nothing is known of symbols that are no sizes. */
    private boolean isNeverNegative(Linear value) {
        long least = value.constant();
        for (var term : value.terms().entrySet()) {
            if (!sizes.contains(term.getKey()) || term.getValue() < 0) {
                return false;
            }
            least += term.getValue();
        }
        return least >= 0;
    }
}
