package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Uses;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The questions that the recognition of a group of nodes asks of a graph. */
record Pattern(Graph graph, Uses uses) {
    /** How far a constant may be from what the formula says: exporters round to single or half precision. */
    private static final double TOLERANCE = 1e-3;

    static Pattern of(Graph graph) {
        return new Pattern(graph, Uses.of(graph));
    }

    /** The node that computes an operand, if it applies this operator of ONNX. */
    Optional<Node> producer(Operand value, String operator) {
        return uses.producer(value).filter(node -> node.operator().isOnnx(operator));
    }

    /** The value of a constant of one element. */
    Optional<Double> scalar(Operand operand) {
        return constant(operand).filter(array -> array.elements() == 1).map(array -> array.getDouble(0));
    }

    Optional<NdArray> constant(Operand operand) {
        return operand instanceof Operand.Value(String name) ? graph.constant(name) : Optional.empty();
    }

    boolean isScalar(Operand operand, double value) {
        return scalar(operand).filter(s -> near(s, value)).isPresent();
    }

    static boolean near(double a, double b) {
        return Math.abs(a - b) <= TOLERANCE * Math.abs(b);
    }

    /** The other operand of a node of two, one of which is a constant of this value. */
    Optional<Operand> besides(Node node, double value) {
        if (isScalar(node.input(1), value)) {
            return Optional.of(node.input(0));
        }
        return isScalar(node.input(0), value) ? Optional.of(node.input(1)) : Optional.empty();
    }

    /** The two operands of a commutative node, in both orders. */
    static List<List<Operand>> orders(Node node) {
        return List.of(List.of(node.input(0), node.input(1)), List.of(node.input(1), node.input(0)));
    }

    /** The one node that reads a node's result, of this operator. */
    Optional<Node> onlyReader(Node node, String operator) {
        return node.outputName(0)
                .flatMap(uses::onlyReader)
                .filter(reader -> reader.operator().isOnnx(operator));
    }

    /**
     * A product with all that is multiplied: of a value that is a product itself and read nowhere else, its factors; of a
     * division by a constant, the inverse.
     *
     * @param scale the product of the constants
     * @param factors what is computed
     * @param nodes that make it up
     */
    record Product(double scale, List<Operand> factors, Set<Node> nodes) {
        Product {
            factors = List.copyOf(factors);
        }
    }

    /** The product that a value is; of one factor where it is none. */
    Product product(Operand value) {
        double[] scale = {1};
        List<Operand> factors = new ArrayList<>();
        Set<Node> nodes = new LinkedHashSet<>();
        collect(value, true, scale, factors, nodes);
        return new Product(scale[0], factors, nodes);
    }

    private void collect(Operand value, boolean root, double[] scale, List<Operand> factors, Set<Node> nodes) {
        Optional<Double> constant = scalar(value);
        Optional<Node> product = uses.producer(value)
                .filter(node -> node.operator().isOnnx("Mul")
                        || node.operator().isOnnx("Div")
                                && scalar(node.input(1)).filter(s -> s != 0).isPresent())
                .filter(node ->
                        root || node.outputName(0).flatMap(uses::onlyReader).isPresent());
        if (constant.isPresent()) {
            scale[0] *= constant.get();
        } else if (product.isEmpty()) {
            factors.add(value);
        } else if (product.get().operator().isOnnx("Div")) {
            nodes.add(product.get());
            collect(product.get().input(0), false, scale, factors, nodes);
            scale[0] /= scalar(product.get().input(1)).orElseThrow();
        } else {
            nodes.add(product.get());
            collect(product.get().input(0), false, scale, factors, nodes);
            collect(product.get().input(1), false, scale, factors, nodes);
        }
    }

    /** Whether nothing but these nodes needs their results, except for that of the last. */
    boolean isClosed(Set<Node> nodes, Node last) {
        return nodes.stream()
                .filter(node -> !node.equals(last))
                .flatMap(node -> node.definedNames().stream())
                .allMatch(value -> !uses.isOutput(value) && nodes.containsAll(uses.readers(value)));
    }

    /** The names in the model of what these nodes stand for, in the graph's order. */
    List<String> sources(Set<Node> nodes) {
        return graph.nodes().stream()
                .filter(nodes::contains)
                .flatMap(node -> node.sources().stream())
                .distinct()
                .toList();
    }

    /** Whether two values have the same type, and it is known. */
    boolean sameType(Operand a, Operand b) {
        return Stream.of(a, b)
                        .allMatch(o -> o instanceof Operand.Value(String name)
                                && graph.type(name).isPresent())
                && type(a).equals(type(b));
    }

    private Optional<dev.woodpecker.runtime.graph.TensorType> type(Operand operand) {
        return operand instanceof Operand.Value(String name) ? graph.type(name) : Optional.empty();
    }
}
