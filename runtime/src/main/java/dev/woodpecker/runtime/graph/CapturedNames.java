package dev.woodpecker.runtime.graph;

import dev.woodpecker.runtime.NdArray;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** New names for what a graph inside a node reads from the graphs around it, through all depths. */
final class CapturedNames {
    private CapturedNames() {}

    static Graph renamed(Graph graph, Map<String, String> outer) {
        Map<String, String> names = new HashMap<>();
        graph.captured().forEach(name -> names.put(name, outer.getOrDefault(name, name)));
        if (names.entrySet().stream().allMatch(entry -> entry.getKey().equals(entry.getValue()))) {
            return graph;
        }
        Set<String> taken = new HashSet<>(names.values());
        Set<String> own = new HashSet<>(graph.inputs());
        own.addAll(graph.constants().keySet());
        graph.nodes().forEach(node -> own.addAll(node.definedNames()));
        for (String name : own) {
            String free = name;
            for (int i = 2; taken.contains(free) || !free.equals(name) && own.contains(free); i++) {
                free = name + "_" + i;
            }
            taken.add(free);
            names.put(name, free);
        }
        Map<String, NdArray> constants = new LinkedHashMap<>();
        graph.constants().forEach((name, value) -> constants.put(name(name, names), value));
        Map<String, TensorType> types = new LinkedHashMap<>();
        graph.types().forEach((name, type) -> types.put(name(name, names), type));
        return new Graph(
                graph.name(),
                names(graph.inputs(), names),
                names(graph.captured(), names).stream().distinct().toList(),
                constants,
                graph.nodes().stream().map(node -> renamed(node, names)).toList(),
                names(graph.outputs(), names),
                types);
    }

    /** A node that reads, and defines, values by other names; the graphs inside it included. */
    static Node renamed(Node node, Map<String, String> names) {
        Map<String, Attribute> attributes = new HashMap<>();
        node.attributes()
                .forEach((key, value) -> attributes.put(
                        key,
                        value instanceof Attribute.Subgraph(Graph inner)
                                ? new Attribute.Subgraph(renamed(inner, names))
                                : value));
        return node.withInputs(operands(node.inputs(), names))
                .withOutputs(operands(node.outputs(), names))
                .withAttributes(attributes);
    }

    private static List<Operand> operands(List<Operand> operands, Map<String, String> names) {
        return operands.stream()
                .map(operand -> switch (operand) {
                    case Operand.Value(String name) -> Operand.of(name(name, names));
                    case Operand.Absent absent -> absent;
                })
                .toList();
    }

    private static List<String> names(List<String> old, Map<String, String> names) {
        return old.stream().map(name -> name(name, names)).toList();
    }

    private static String name(String old, Map<String, String> names) {
        return names.getOrDefault(old, old);
    }
}
