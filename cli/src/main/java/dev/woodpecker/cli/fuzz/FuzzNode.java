package dev.woodpecker.cli.fuzz;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import java.util.List;
import java.util.Map;

/**
 * A node of a random graph with the constants that only it reads.
 *
 * @param inputs names of values and of constants, in the operator's order
 */
record FuzzNode(
        String operator,
        List<String> inputs,
        List<String> outputs,
        Map<String, Attribute> attributes,
        Map<String, NdArray> constants) {

    Node node() {
        return new Node(
                outputs.getFirst(),
                Operator.onnx(operator),
                inputs.stream().map(Operand::of).toList(),
                outputs.stream().map(Operand::of).toList(),
                attributes,
                List.of());
    }
}
