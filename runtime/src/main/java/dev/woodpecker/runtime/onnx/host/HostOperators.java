package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The closed list of host operators. */
public final class HostOperators {

    private static final Map<String, HostOperator> TABLE = table();

    private HostOperators() {}

    private static Map<String, HostOperator> table() {
        Map<String, HostOperator> table = new TreeMap<>(Map.ofEntries(
                Map.entry("Cast", call -> List.of(call.input(0).convert(ElementTypeOf.attribute(call, "to")))),
                Map.entry(
                        "CastLike",
                        call -> List.of(call.input(0).convert(call.input(1).type()))),
                Map.entry("Compress", new Compress()),
                Map.entry("ConstantOfShape", new ConstantOfShape()),
                Map.entry("Det", new Determinant()),
                Map.entry("NonMaxSuppression", new NonMaxSuppression()),
                Map.entry("NonZero", new NonZero()),
                Map.entry("Range", new Range()),
                Map.entry("ScatterElements", new ScatterElements()),
                Map.entry("ScatterND", new ScatterNd()),
                Map.entry(
                        "Shape",
                        call -> List.of(
                                ShapeQuery.evaluate(call.node(), call.input(0).shape()))),
                Map.entry(
                        "Size",
                        call -> List.of(
                                ShapeQuery.evaluate(call.node(), call.input(0).shape()))),
                Map.entry("TopK", new TopK()),
                Map.entry("Unique", new Unique())));
        ViewOperators.names().forEach(name -> table.put(name, ViewOperators::run));
        return Collections.unmodifiableMap(table);
    }

    public static Optional<HostOperator> find(Operator operator) {
        return Optional.ofNullable(TABLE.get(operator.toString()));
    }

    /** The names of all host operators, sorted. */
    public static Set<String> names() {
        return TABLE.keySet();
    }

    /** The result of an operator that asks for the shape of its input alone, known before there is a value. */
    public static Optional<NdArray> fromShape(Node node, TensorType input) {
        boolean query = node.operator().isOnnx("Shape") || node.operator().isOnnx("Size");
        return query && input.shape().isKnown()
                ? Optional.of(ShapeQuery.evaluate(node, input.shape().extents()))
                : Optional.empty();
    }
}
