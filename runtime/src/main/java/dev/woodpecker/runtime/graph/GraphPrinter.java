package dev.woodpecker.runtime.graph;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Graphs as text: deterministic, one line a value, made to be read and compared. */
final class GraphPrinter {

    private GraphPrinter() {}

    static String text(Graph graph) {
        StringBuilder text = new StringBuilder();
        append(text, graph, "");
        return text.toString();
    }

    private static void append(StringBuilder text, Graph graph, String indent) {
        text.append(indent).append("graph ").append(graph.name()).append('\n');
        String inner = indent + "  ";
        for (String input : graph.inputs()) {
            text.append(inner).append("input ").append(typed(graph, input)).append('\n');
        }
        for (String value : graph.captured()) {
            text.append(inner).append("captured ").append(typed(graph, value)).append('\n');
        }
        for (String constant : graph.constants().keySet()) {
            text.append(inner)
                    .append("constant ")
                    .append(typed(graph, constant))
                    .append('\n');
        }
        for (Node node : graph.nodes()) {
            String results = node.outputs().stream()
                    .map(operand -> switch (operand) {
                        case Operand.Value value -> typed(graph, value.name());
                        case Operand.Absent _ -> "_";
                    })
                    .collect(Collectors.joining(", "));
            text.append(inner).append(line(node, results)).append('\n');
            for (Attribute attribute : node.attributes().values()) {
                if (attribute instanceof Attribute.Subgraph(Graph subgraph)) {
                    append(text, subgraph, inner + "  ");
                }
            }
        }
        for (String output : graph.outputs()) {
            text.append(inner).append("output ").append(output).append('\n');
        }
    }

    private static String typed(Graph graph, String value) {
        Optional<TensorType> type = graph.type(value);
        return type.isPresent() ? value + ": " + type.get() : value;
    }

    static String line(Node node) {
        return line(node, joined(node.outputs()));
    }

    private static String line(Node node, String results) {
        String attributes = node.attributes().entrySet().stream()
                .map(GraphPrinter::attribute)
                .collect(Collectors.joining(", ", " {", "}"));
        return results + " = " + node.operator() + "(" + joined(node.inputs()) + ")"
                + (node.attributes().isEmpty() ? "" : attributes) + "  # " + node.name();
    }

    private static String attribute(Map.Entry<String, Attribute> attribute) {
        return attribute.getKey() + "=" + attribute.getValue();
    }

    private static String joined(List<Operand> operands) {
        return operands.stream().map(Operand::toString).collect(Collectors.joining(", "));
    }
}
