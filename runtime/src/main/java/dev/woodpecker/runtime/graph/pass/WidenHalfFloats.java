package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Computes in 32 bits what a model computes in 16: a CPU has no arithmetic on half floats, so that each would be converted at
 * every use. Values between nodes are then more exact than the model asks for. Inputs and outputs keep their types.
 *
 * <pre>
 * y = Conv(x, w)     ->     x_wide = Cast(x) {to=f32}; y_wide = Conv(x_wide, w); y = Cast(y_wide) {to=f16}
 * </pre>
 */
public final class WidenHalfFloats {
    private final Graph graph;
    private final GraphEditor names;
    /** What stands in for inputs and outputs of 16 bits. */
    private final Map<String, String> wide = new HashMap<>();

    private WidenHalfFloats(Graph graph) {
        this.graph = graph;
        this.names = new GraphEditor(graph);
    }

    public static Graph apply(Graph graph) {
        boolean any = graph.inputs().stream().anyMatch(input -> isHalf(graph, input))
                || graph.constants().values().stream().anyMatch(array -> isHalf(array.type()))
                || graph.nodes().stream()
                        .anyMatch(node -> node.attributes().values().stream().anyMatch(WidenHalfFloats::isHalf));
        return any && isKnown(graph) ? new WidenHalfFloats(graph).widened() : graph;
    }

    /** Whether it can be told what becomes of every node: operators of others, and subgraphs, may ask for half floats. */
    private static boolean isKnown(Graph graph) {
        return graph.outputs().stream().allMatch(output -> graph.type(output).isPresent())
                && graph.nodes().stream()
                        .allMatch(node -> node.operator().isOnnx()
                                && !node.operator().isOnnx("BitCast")
                                && node.attributes().values().stream().noneMatch(a -> a instanceof Attribute.Subgraph));
    }

    private static boolean isHalf(Graph graph, String value) {
        return graph.type(value).filter(type -> isHalf(type.element())).isPresent();
    }

    private static boolean isHalf(DType type) {
        return type == DType.F16 || type == DType.BF16;
    }

    private static boolean isHalf(Attribute attribute) {
        return switch (attribute) {
            case Attribute.ElementType(DType type) -> isHalf(type);
            case Attribute.Tensor(NdArray array) -> isHalf(array.type());
            case Attribute.Int _,
                    Attribute.Float _,
                    Attribute.Text _,
                    Attribute.Ints _,
                    Attribute.Floats _,
                    Attribute.Texts _,
                    Attribute.Subgraph _ -> false;
        };
    }

    private Graph widened() {
        List<Node> nodes = new ArrayList<>();
        for (String input : graph.inputs()) {
            if (isHalf(graph, input)) {
                wide.put(input, names.fresh(input + "_wide"));
                nodes.add(cast(input, wide(input), DType.F32));
            }
        }
        List<Node> last = new ArrayList<>();
        for (String output : graph.outputs()) {
            boolean computed = !graph.inputs().contains(output)
                    && !graph.constants().containsKey(output)
                    && !wide.containsKey(output);
            if (computed && isHalf(graph, output)) {
                wide.put(output, names.fresh(output + "_wide"));
                DType type = graph.type(output).map(TensorType::element).orElseThrow();
                last.add(cast(wide(output), output, type));
            }
        }
        graph.nodes().forEach(node -> nodes.add(widened(node)));
        nodes.addAll(last);
        Map<String, NdArray> constants = new LinkedHashMap<>();
        graph.constants().forEach((name, array) -> {
            boolean keeps = graph.outputs().contains(name) || !isHalf(array.type());
            constants.put(name, keeps ? array : array.convert(DType.F32));
        });
        Map<String, TensorType> types = new LinkedHashMap<>(graph.types());
        types.keySet()
                .removeIf(value -> isHalf(graph, value)
                        && !graph.inputs().contains(value)
                        && !graph.outputs().contains(value));
        return new Graph(graph.name(), graph.inputs(), graph.captured(), constants, nodes, graph.outputs(), types);
    }

    private Node widened(Node node) {
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        node.attributes().forEach((name, attribute) -> attributes.put(name, widened(attribute)));
        return node.withInputs(node.inputs().stream().map(this::widened).toList())
                .withOutputs(node.outputs().stream().map(this::widened).toList())
                .withAttributes(attributes);
    }

    private static Attribute widened(Attribute attribute) {
        if (!isHalf(attribute)) {
            return attribute;
        }
        return attribute instanceof Attribute.Tensor(NdArray array)
                ? new Attribute.Tensor(array.convert(DType.F32))
                : new Attribute.ElementType(DType.F32);
    }

    private Operand widened(Operand operand) {
        return switch (operand) {
            case Operand.Value value -> Operand.of(wide.getOrDefault(value.name(), value.name()));
            case Operand.Absent absent -> absent;
        };
    }

    private String wide(String value) {
        return Objects.requireNonNull(wide.get(value), value);
    }

    private Node cast(String from, String to, DType type) {
        return new Node(
                names.fresh(to + "_cast"),
                Operator.onnx("Cast"),
                List.of(Operand.of(from)),
                List.of(Operand.of(to)),
                Map.of("to", new Attribute.ElementType(type)),
                List.of());
    }
}
