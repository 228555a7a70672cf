package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Writes inputs of one known element into the program.
 *
 * <pre>
 * y[i] = min(max(x[i], low[]), high[])  with low = 0, high = 6      becomes      y[i] = min(max(x[i], 0), 6)
 * </pre>
 */
public final class InlineConstants {
    private InlineConstants() {}

    /**
     * The program without the inputs named in {@code elements}, each an array of one element. What zeros leave of it is folded,
     * those of inputs that a node has not got too.
     */
    public static TensorProgram inline(TensorProgram program, Map<String, NdArray> elements) {
        return new TensorProgram(
                program.name(),
                program.inputs().stream()
                        .filter(input -> !elements.containsKey(input.name()))
                        .toList(),
                program.stages().stream()
                        .map(stage -> Reads.rewrite(
                                stage,
                                e -> e instanceof Expr.Read read && elements.containsKey(read.tensor())
                                        ? constant(read, elements.get(read.tensor()))
                                        : folded(e)))
                        .toList(),
                program.outputs());
    }

    /** What zeros leave of arithmetic of integers: with a zero point of 0 the sums that it is multiplied by fall away. */
    private static Expr folded(Expr e) {
        return switch (e) {
            case Expr.Cast(DType type, Expr operand) ->
                Arithmetic.cast(type, operand).orElse(e);
            case Expr.Binary(BinaryOp op, Expr a, Expr b)
            when a instanceof Expr.IntConst(long x, DType type)
                    && b instanceof Expr.IntConst(long y, DType _)
                    && !op.isComparison() -> {
                OptionalLong value = Arithmetic.integer(op, type, x, y);
                yield value.isPresent() ? new Expr.IntConst(value.getAsLong(), type) : e;
            }
            case Expr.Binary(BinaryOp op, Expr a, Expr b)
            when a.type().isInteger() ->
                switch (op) {
                    case MUL -> isZero(a) ? a : isZero(b) ? b : e;
                    case ADD -> isZero(a) ? b : isZero(b) ? a : e;
                    case SUB -> isZero(b) ? a : e;
                    case DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> e;
                };
            case Expr other -> other;
        };
    }

    private static boolean isZero(Expr e) {
        return e instanceof Expr.IntConst(long value, DType _) && value == 0;
    }

    /** Whether every read of the input is within its extents whatever the indices: then it is its one element. */
    public static boolean canInline(TensorProgram program, String input) {
        return Reads.of(program, input).stream()
                .allMatch(at -> at.read().outside().isEmpty()
                        && at.read().indices().stream().allMatch(i -> i instanceof Expr.IntConst));
    }

    private static Expr constant(Expr.Read read, NdArray element) {
        return read.type().isFloat()
                ? new Expr.FloatConst(element.getDouble(0), read.type())
                : new Expr.IntConst(element.getLong(0), read.type());
    }
}
