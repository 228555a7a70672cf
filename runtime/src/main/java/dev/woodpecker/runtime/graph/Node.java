package dev.woodpecker.runtime.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The application of an operator.
 *
 * @param name unique in its graph
 * @param inputs in the operator's order; absent ones keep their place, trailing ones are left out
 * @param outputs likewise
 * @param attributes by name, sorted
 * @param sources the nodes of the model that this one stands for, as the model calls them
 */
public record Node(
        String name,
        Operator operator,
        List<Operand> inputs,
        List<Operand> outputs,
        Map<String, Attribute> attributes,
        List<String> sources) {

    public Node {
        inputs = withoutTrailingAbsent(inputs);
        outputs = withoutTrailingAbsent(outputs);
        attributes = Collections.unmodifiableMap(new TreeMap<>(attributes));
        sources = List.copyOf(sources);
    }

    private static List<Operand> withoutTrailingAbsent(List<Operand> operands) {
        int count = operands.size();
        while (count > 0 && operands.get(count - 1) instanceof Operand.Absent) {
            count--;
        }
        return List.copyOf(operands.subList(0, count));
    }

    /** The input at this place; absent beyond the last. */
    public Operand input(int index) {
        return index < inputs.size() ? inputs.get(index) : Operand.ABSENT;
    }

    /** The output at this place; absent beyond the last. */
    public Operand output(int index) {
        return index < outputs.size() ? outputs.get(index) : Operand.ABSENT;
    }

    public Optional<String> inputName(int index) {
        return name(input(index));
    }

    public Optional<String> outputName(int index) {
        return name(output(index));
    }

    private static Optional<String> name(Operand operand) {
        return switch (operand) {
            case Operand.Value value -> Optional.of(value.name());
            case Operand.Absent _ -> Optional.empty();
        };
    }

    /** The names of all outputs that are there. */
    public List<String> definedNames() {
        List<String> names = new ArrayList<>();
        addNames(outputs, names);
        return names;
    }

    /** The names of all values that the node reads, those that its subgraphs capture included. */
    public List<String> usedNames() {
        List<String> names = new ArrayList<>();
        addNames(inputs, names);
        for (Attribute attribute : attributes.values()) {
            if (attribute instanceof Attribute.Subgraph(Graph graph)) {
                names.addAll(graph.captured());
            }
        }
        return names;
    }

    private static void addNames(List<Operand> operands, List<String> names) {
        for (Operand operand : operands) {
            if (operand instanceof Operand.Value(String value)) {
                names.add(value);
            }
        }
    }

    public Optional<Attribute> attribute(String attributeName) {
        return Optional.ofNullable(attributes.get(attributeName));
    }

    /**
     * An integer attribute, which must be there. As with the methods below, that holds after import: defaults are filled in.
     *
     * @throws IllegalArgumentException if it is absent or of another type
     */
    public long integer(String attributeName) {
        if (attributes.get(attributeName) instanceof Attribute.Int(long value)) {
            return value;
        }
        throw noSuchAttribute(attributeName, "an integer");
    }

    public float number(String attributeName) {
        if (attributes.get(attributeName) instanceof Attribute.Float(float value)) {
            return value;
        }
        throw noSuchAttribute(attributeName, "a number");
    }

    public String text(String attributeName) {
        if (attributes.get(attributeName) instanceof Attribute.Text(String value)) {
            return value;
        }
        throw noSuchAttribute(attributeName, "a text");
    }

    public long[] integers(String attributeName) {
        if (attributes.get(attributeName) instanceof Attribute.Ints(List<Long> values)) {
            return values.stream().mapToLong(Long::longValue).toArray();
        }
        throw noSuchAttribute(attributeName, "a list of integers");
    }

    public float[] numbers(String attributeName) {
        if (attributes.get(attributeName) instanceof Attribute.Floats(List<Float> values)) {
            float[] numbers = new float[values.size()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = values.get(i);
            }
            return numbers;
        }
        throw noSuchAttribute(attributeName, "a list of numbers");
    }

    private IllegalArgumentException noSuchAttribute(String attributeName, String wanted) {
        return new IllegalArgumentException(
                this + ": attribute '" + attributeName + "' is " + attributes.get(attributeName) + ", not " + wanted);
    }

    public Node withOperator(Operator newOperator) {
        return new Node(name, newOperator, inputs, outputs, attributes, sources);
    }

    public Node withInputs(List<Operand> newInputs) {
        return new Node(name, operator, newInputs, outputs, attributes, sources);
    }

    /** This node with another input at this place. */
    public Node withInput(int index, Operand input) {
        List<Operand> changed = new ArrayList<>(inputs);
        while (changed.size() <= index) {
            changed.add(Operand.ABSENT);
        }
        changed.set(index, input);
        return withInputs(changed);
    }

    public Node withOutputs(List<Operand> newOutputs) {
        return new Node(name, operator, inputs, newOutputs, attributes, sources);
    }

    public Node withAttributes(Map<String, Attribute> newAttributes) {
        return new Node(name, operator, inputs, outputs, newAttributes, sources);
    }

    /** This node with an attribute set. */
    public Node with(String attributeName, Attribute value) {
        Map<String, Attribute> changed = new TreeMap<>(attributes);
        changed.put(attributeName, value);
        return withAttributes(changed);
    }

    /** This node without an attribute. */
    public Node without(String attributeName) {
        Map<String, Attribute> changed = new TreeMap<>(attributes);
        changed.remove(attributeName);
        return withAttributes(changed);
    }

    /** This node with other names for values that it reads or defines, the graphs inside it included. */
    public Node withNames(Map<String, String> names) {
        return CapturedNames.renamed(this, names);
    }

    /** This node under another name. */
    public Node withName(String newName) {
        return new Node(newName, operator, inputs, outputs, attributes, sources);
    }

    /** This node standing for other nodes of the model. */
    public Node withSources(List<String> newSources) {
        return new Node(name, operator, inputs, outputs, attributes, newSources);
    }

    /** {@code node 'conv1' (Conv)}: how messages name it. */
    public String place() {
        return "node '" + name + "' (" + operator + ")";
    }

    @Override
    public String toString() {
        return GraphPrinter.line(this);
    }
}
