package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.runtime.vendor.PostOperation.Activation;
import dev.woodpecker.runtime.vendor.PostOperation.Combination;
import dev.woodpecker.runtime.vendor.PostOperation.Function;
import dev.woodpecker.runtime.vendor.PostOperation.Operator;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a stage does to its sum, as a list of steps, read from the outside in:
 *
 * <pre>
 * max(b[k] + acc, 0) + r[n, k, i, j]      is      add b[k]; relu; add r[n, k, i, j]
 * </pre>
 *
 * @param reads the tensors of the combinations, in order
 */
record Epilogue(List<PostOperation> steps, List<Expr.Read> reads) {
    /** More of them no library was tuned for. */
    private static final int MOST_STEPS = 6;

    Epilogue {
        steps = List.copyOf(steps);
        reads = List.copyOf(reads);
    }

    /** How a tensor that is read lies along the axes of the result; empty if it cannot be told to a library. */
    @FunctionalInterface
    interface Views {
        Optional<VendorTensor> of(Expr.Read read);
    }

    /** The steps from the sum to the element, if all are known. */
    static Optional<Epilogue> of(Expr element, Views views) {
        List<PostOperation> steps = new ArrayList<>();
        List<Expr.Read> reads = new ArrayList<>();
        Expr current = element;
        while (!(current instanceof Expr.Accumulator)) {
            Optional<Step> step = step(current, views);
            if (step.isEmpty() || steps.size() == MOST_STEPS) {
                return Optional.empty();
            }
            steps.addFirst(step.get().operation());
            step.get().read().ifPresent(reads::addFirst);
            current = step.get().of();
        }
        return Optional.of(new Epilogue(steps, reads));
    }

    /**
     * The last thing that is done.
     *
     * @param of what it is done to
     */
    private record Step(PostOperation operation, Optional<Expr.Read> read, Expr of) {}

    private static Optional<Step> step(Expr e, Views views) {
        return combination(e, views).or(() -> activation(e));
    }

    private static Optional<Step> combination(Expr e, Views views) {
        if (e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && (op == BinaryOp.ADD || op == BinaryOp.MUL)) {
            Operator operator = op == BinaryOp.ADD ? Operator.ADD : Operator.MULTIPLY;
            return combination(operator, left, right, views).or(() -> combination(operator, right, left, views));
        }
        return Optional.empty();
    }

    private static Optional<Step> combination(Operator operator, Expr of, Expr other, Views views) {
        return hasSum(of) && other instanceof Expr.Read read
                ? views.of(read).map(view -> new Step(new Combination(operator, view), Optional.of(read), of))
                : Optional.empty();
    }

    /** The largest part of which the whole is a known function. */
    private static Optional<Step> activation(Expr e) {
        Set<Expr> parts = new LinkedHashSet<>();
        List<Expr> level = List.of(e);
        while (!level.isEmpty()) {
            List<Expr> next = level.stream()
                    .flatMap(part -> part.operands().stream())
                    .filter(Epilogue::hasSum)
                    .distinct()
                    .toList();
            parts.addAll(next);
            level = next;
        }
        Expr variable = new Expr.Var("the part", DType.F32);
        for (Expr part : parts) {
            Expr function = replaced(e, part, variable);
            if (!hasSum(function)) {
                Optional<Activation> known = KnownFunctions.recognise(function, variable);
                if (known.isPresent()) {
                    return Optional.of(new Step(known.get(), Optional.empty(), part));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean hasSum(Expr e) {
        return e.anyMatch(part -> part instanceof Expr.Accumulator);
    }

    private static Expr replaced(Expr e, Expr part, Expr by) {
        return e.equals(part) ? by : e.mapOperands(operand -> replaced(operand, part, by));
    }

    /** The same without a first step that adds what {@code test} wants: it can be the bias. */
    Optional<Epilogue> withoutBias(java.util.function.Predicate<Expr.Read> test) {
        boolean first = !steps.isEmpty()
                && steps.getFirst() instanceof Combination(Operator operator, VendorTensor _)
                && operator == Operator.ADD
                && test.test(reads.getFirst());
        return first
                ? Optional.of(new Epilogue(steps.subList(1, steps.size()), reads.subList(1, reads.size())))
                : Optional.empty();
    }

    /** The same without steps that change nothing, as a multiplication by 1. */
    Epilogue simplified() {
        return new Epilogue(
                steps.stream()
                        .filter(step -> !step.equals(new Activation(Function.LINEAR, 1, 0)))
                        .toList(),
                reads);
    }
}
