package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads have one index for each axis, as far as ranks are known; constant axes exist. */
final class RankCheck {
    private final Checker checker;
    private final Definitions definitions;
    private final Map<String, Integer> required = new HashMap<>();
    private final Map<String, Integer> readWith = new HashMap<>();

    RankCheck(Checker checker, Definitions definitions) {
        this.checker = checker;
        this.definitions = definitions;
    }

    void check() {
        checker.spec().requirements().forEach(this::collectRequired);
        Walk.all(checker.spec(), this::checkOne);
    }

    /** Notes {@code x.rank() == 4}, alone or as part of a conjunction. */
    private void collectRequired(TensorExpr condition) {
        if (!(condition instanceof Apply(Op op, var _, List<TensorExpr> operands, var _))) {
            return;
        }
        if (op == Op.AND_ALSO || op == Op.AND) {
            operands.forEach(this::collectRequired);
        }
        if (op == Op.EQ
                && operands.get(0) instanceof Apply(Op of, var _, List<TensorExpr> tensor, var _)
                && of == Op.RANK
                && tensor.getFirst() instanceof Name(String name, Kind kind)
                && kind.isTensor()
                && operands.get(1) instanceof IntLiteral(long rank)) {
            required.put(name, (int) rank);
        }
    }

    private void checkOne(TensorExpr expression, boolean isConditional) {
        if (!(expression instanceof Apply(Op op, var _, List<TensorExpr> operands, var _))) {
            return;
        }
        switch (op) {
            case AT -> checkRead(expression, operands.getFirst(), operands.subList(1, operands.size()), isConditional);
            case AT_OR -> checkRead(expression, operands.get(1), operands.subList(2, operands.size()), isConditional);
            case SIZE, GET -> checkAxis(operands.get(0), operands.get(1), isConditional);
            default -> {}
        }
    }

    private void checkRead(TensorExpr read, TensorExpr tensor, List<TensorExpr> indices, boolean isConditional) {
        OptionalInt count = count(indices);
        if (count.isEmpty()) {
            return;
        }
        Optional<List<TensorExpr>> stage = definitions.stageExtents(tensor);
        if (stage.isPresent()) {
            if (stage.get().size() != count.getAsInt()) {
                checker.report(
                        DiagnosticCode.STAGE_RANK,
                        read,
                        checker.text(tensor) + " has " + stage.get().size() + " axes and is read with "
                                + count.getAsInt() + " indices");
            }
        } else if (tensor instanceof Name(String name, var _) && !isConditional) {
            Integer expected = Optional.ofNullable(required.get(name)).orElse(readWith.get(name));
            readWith.putIfAbsent(name, count.getAsInt());
            if (expected != null && expected != count.getAsInt()) {
                checker.report(
                        DiagnosticCode.INDEX_COUNT,
                        read,
                        name + " is read with " + count.getAsInt() + " indices here, and "
                                + (required.containsKey(name) ? "require(...) gives it rank " : "elsewhere with ")
                                + expected);
            }
        }
    }

    /** The number of indices, if it does not depend on ranks. */
    private OptionalInt count(List<TensorExpr> indices) {
        if (indices.stream().allMatch(index -> index.kind() == Kind.INT)) {
            return OptionalInt.of(indices.size());
        }
        boolean listed =
                definitions.resolved(indices.getFirst()) instanceof Apply(Op op, var _, List<TensorExpr> values, var _)
                        && op == Op.INDEX_OF
                        && values.stream().allMatch(value -> value.kind() == Kind.INT);
        return listed && definitions.resolved(indices.getFirst()) instanceof Apply index
                ? OptionalInt.of(index.operands().size())
                : OptionalInt.empty();
    }

    private void checkAxis(TensorExpr of, TensorExpr axis, boolean isConditional) {
        if (!(definitions.resolved(axis) instanceof IntLiteral(long number))) {
            return;
        }
        Optional<Integer> rank = definitions.stageExtents(of).map(List::size);
        if (rank.isEmpty() && of instanceof Name(String name, var _) && !isConditional) {
            rank = Optional.ofNullable(required.get(name));
        }
        if (number < 0 || (rank.isPresent() && number >= rank.get())) {
            checker.report(
                    DiagnosticCode.NO_SUCH_AXIS,
                    axis,
                    checker.text(of) + " has no axis " + number
                            + rank.map(r -> "; its rank is " + r).orElse(""));
        }
    }
}
