package dev.woodpecker.runtime.graph;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Small graphs for tests, node by node. Attributes are complete, as after import. */
public final class TestGraph {
    private final List<String> inputs = new ArrayList<>();
    private final List<String> captured = new ArrayList<>();
    private final Map<String, NdArray> constants = new LinkedHashMap<>();
    private final Map<String, TensorType> types = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(7);

    public TestGraph input(String name, DType type, int... shape) {
        inputs.add(name);
        types.put(name, TensorType.of(type, shape));
        return this;
    }

    /** A value of the graph around this one. */
    public TestGraph captured(String name) {
        captured.add(name);
        return this;
    }

    public TestGraph constant(String name, NdArray value) {
        constants.put(name, value);
        return this;
    }

    /** A constant of seeded random floats between 0.5 and 1.5. */
    public TestGraph weights(String name, int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, 0.5 + random.nextDouble());
        }
        return constant(name, array);
    }

    /**
     * @param from names, separated by spaces; {@code _} for an absent one
     * @param attributes names and values in turn
     */
    public TestGraph node(String name, String operator, String from, String to, Object... attributes) {
        Map<String, Attribute> map = new LinkedHashMap<>();
        for (int i = 0; i < attributes.length; i += 2) {
            map.put(
                    (String) attributes[i],
                    switch (attributes[i + 1]) {
                        case Integer value -> Attribute.of((long) value);
                        case Float value -> Attribute.of(value);
                        case String value -> Attribute.of(value);
                        case long[] values -> Attribute.of(values);
                        case DType type -> new Attribute.ElementType(type);
                        case Attribute attribute -> attribute;
                        default -> throw new IllegalArgumentException("no attribute: " + attributes[i + 1]);
                    });
        }
        nodes.add(new Node(name, Operator.onnx(operator), operands(from), operands(to), map, List.of(name)));
        return this;
    }

    private static List<Operand> operands(String names) {
        return Arrays.stream(names.split(" "))
                .map(name -> Operand.of(name.equals("_") ? "" : name))
                .toList();
    }

    public Graph outputs(String... outputs) {
        return new Graph("g", inputs, captured, constants, nodes, List.of(outputs), types);
    }
}
