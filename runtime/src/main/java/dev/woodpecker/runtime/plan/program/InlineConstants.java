package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import java.util.Map;

/**
 * Writes inputs of one known element into the program.
 *
 * <pre>
 * y[i] = min(max(x[i], low[]), high[])  with low = 0, high = 6      becomes      y[i] = min(max(x[i], 0), 6)
 * </pre>
 */
public final class InlineConstants {
    private InlineConstants() {}

    /** The program without the inputs named in {@code elements}, each an array of one element. */
    public static TensorProgram inline(TensorProgram program, Map<String, NdArray> elements) {
        if (elements.isEmpty()) {
            return program;
        }
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
                                        : e))
                        .toList(),
                program.outputs());
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
