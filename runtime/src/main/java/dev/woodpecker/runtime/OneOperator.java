package dev.woodpecker.runtime;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import java.util.List;
import java.util.Map;

/** The graph that applies one operator: a kernel called by itself. */
final class OneOperator {
    private static final String SEPARATOR = "::";

    private OneOperator() {}

    /** Inputs and outputs have the names that the operator's kernel gives them. */
    static Graph graph(KernelLibrary library, String operator, Map<String, Attribute> attributes) {
        KernelSpec spec = library.kernels(operator).stream()
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kernel on the class path implements '" + operator
                        + "'; if there is one, its class was compiled without the annotation processor"
                        + " (annotationProcessorPaths)"))
                .spec();
        List<String> inputs = spec.inputs().stream()
                .filter(parameter -> parameter.absent().isEmpty())
                .map(Parameter::name)
                .toList();
        Node node = new Node(
                operator,
                operator(operator),
                inputs.stream().map(Operand::of).toList(),
                spec.outputs().stream().map(Operand::of).toList(),
                attributes,
                List.of());
        return new Graph(operator, inputs, List.of(), Map.of(), List.of(node), spec.outputs(), Map.of());
    }

    private static Operator operator(String text) {
        int separator = text.indexOf(SEPARATOR);
        return separator < 0
                ? Operator.onnx(text)
                : new Operator(text.substring(0, separator), text.substring(separator + SEPARATOR.length()));
    }
}
