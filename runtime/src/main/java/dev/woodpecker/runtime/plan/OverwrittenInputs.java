package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.program.LayoutTakers;
import dev.woodpecker.runtime.plan.program.Reads;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The inputs in whose place a kernel may write its result: those of the result's type and layout that it reads nowhere but
 * where the result's element is computed, at that element's index. Each is read before it is overwritten, whatever the order
 * of the loops and the number of threads, as long as no element is computed twice.
 *
 * <pre>
 * y = conv2d_add_relu(x, w, b, r)      y[n, k, i, j] = max(b[k] + sum(...) + r[n, k, i, j], 0)      r
 * y = softmax(x)                       y[i, j] = exp(x[i, j] - m[i]) / s[i], m[i] = max(x[i, ...])  none
 * </pre>
 */
final class OverwrittenInputs {
    private OverwrittenInputs() {}

    /**
     * For each running operation.
     *
     * @param storesOnce whether a kernel's code stores each element of its result once and never reads it
     */
    static List<List<String>> of(KernelGraph graph, PlanParts parts, Predicate<Operation.Kernel> storesOnce) {
        return parts.running().stream()
                .map(operation -> operation instanceof Operation.Kernel kernel && storesOnce.test(kernel)
                        ? of(graph, kernel)
                        : List.<String>of())
                .toList();
    }

    private static List<String> of(KernelGraph graph, Operation.Kernel kernel) {
        if (kernel.outputs().size() != 1) {
            return List.of();
        }
        TensorProgram program = kernel.program();
        String output = kernel.outputs().getFirst();
        List<String> found = new ArrayList<>();
        for (int i = 0; i < kernel.inputs().size(); i++) {
            String input = kernel.inputs().get(i);
            boolean liesLikeResult = graph.type(input).equals(graph.type(output))
                    && graph.layout(input).equals(graph.layout(output));
            if (liesLikeResult
                    && isReadByResultAlone(program, program.inputs().get(i).name())) {
                found.add(input);
            }
        }
        return found;
    }

    private static boolean isReadByResultAlone(TensorProgram program, String tensor) {
        Stage result = program.stage(program.outputs().getFirst()).orElseThrow();
        return LayoutTakers.readsAtOwnIndex(program, tensor)
                && Reads.of(program, tensor).stream().allMatch(at -> at.stage().equals(result));
    }
}
