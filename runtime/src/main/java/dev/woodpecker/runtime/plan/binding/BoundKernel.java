package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.List;

/**
 * A node with the kernel that computes it.
 *
 * @param binding what the kernel is specialised for
 * @param inputs the graph's values that are the program's inputs, in its order
 * @param outputs the graph's values that are the program's outputs, in its order
 */
public record BoundKernel(
        Node node,
        CompiledKernel kernel,
        Binding binding,
        TensorProgram program,
        List<String> inputs,
        List<String> outputs) {
    public BoundKernel {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** The name of the algorithm among the operator's: {@code winograd4}; the method's where it has none. */
    public String variant() {
        String variant = kernel.spec().variant();
        return variant.isEmpty() ? kernel.spec().shortName() : variant;
    }

    /** The type of the output at this place: what the specialised program computes. */
    public TensorType outputType(int index) {
        Stage stage = program.stage(program.outputs().get(index)).orElseThrow();
        return TensorType.of(
                stage.type(),
                stage.shape().stream().mapToInt(BoundKernel::extent).toArray());
    }

    private static int extent(Expr extent) {
        return Math.toIntExact(IndexMath.constant(extent)
                .orElseThrow(() -> new IllegalStateException("an extent is not constant: " + extent)));
    }
}
