package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.Uses;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Moves a Reshape that stands between a matrix product and what is done to each element of it behind that, which the product
 * can then take as its end. Exact: the same is computed of the same elements.
 *
 * <pre>
 * m = MatMul(x, w); r = Reshape(m, s); y = Add(r, bias)      ->      m = MatMul(x, w); a = Add(m, bias); y = Reshape(a, s)
 * </pre>
 */
public final class DelayReshapes {
    private static final Set<String> VIEWS = Set.of("Reshape", "Flatten", "Squeeze", "Unsqueeze");

    private static final Set<String> PRODUCTS = Set.of("MatMul", "Gemm");

    private static final Set<String> BINARY = Set.of("Add", "Sub", "Mul", "Div");

    private static final Set<String> UNARY = Set.of(
            "Abs",
            "Elu",
            "Erf",
            "Exp",
            "Gelu",
            "HardSigmoid",
            "HardSwish",
            "LeakyRelu",
            "Mish",
            "Neg",
            "Relu",
            "Sigmoid",
            "Softplus",
            "Sqrt",
            "Swish",
            "Tanh");

    private final Graph graph;
    private final Uses uses;
    private final GraphEditor editor;

    private DelayReshapes(Graph graph) {
        this.graph = graph;
        this.uses = Uses.of(graph);
        this.editor = new GraphEditor(graph);
    }

    public static Graph apply(Graph graph) {
        return GraphPasses.untilUnchanged(graph, g -> new DelayReshapes(g).moved());
    }

    /** Every Reshape moved by one node at most. */
    private Optional<Graph> moved() {
        List<String> changed = new ArrayList<>();
        for (Node node : graph.nodes()) {
            for (int i = 0; i < node.inputs().size() && isElementwise(node); i++) {
                Optional<Node> view =
                        uses.producer(node.input(i)).filter(v -> !changed.contains(v.name()) && canMove(v, node));
                if (view.isPresent() && move(view.get(), node, i)) {
                    changed.add(view.get().name());
                    changed.add(node.name());
                    break;
                }
            }
        }
        return changed.isEmpty() ? Optional.empty() : Optional.of(editor.finish());
    }

    private static boolean isElementwise(Node node) {
        String name = node.operator().name();
        boolean known = node.inputs().size() == 1 ? UNARY.contains(name) : BINARY.contains(name);
        return node.operator().isOnnx() && known && node.outputs().size() == 1;
    }

    /** Whether a node is a view of a matrix product, or of what follows one, for this reader alone. */
    private boolean canMove(Node view, Node reader) {
        boolean isView =
                view.operator().isOnnx() && VIEWS.contains(view.operator().name());
        boolean only = view.outputName(0)
                .flatMap(uses::onlyReader)
                .filter(reader::equals)
                .isPresent();
        return isView
                && only
                && view.inputName(0).flatMap(uses::onlyReader).isPresent()
                && uses.producer(view.input(0)).filter(this::endsProduct).isPresent();
    }

    private boolean endsProduct(Node node) {
        if (node.operator().isOnnx() && PRODUCTS.contains(node.operator().name())) {
            return true;
        }
        return isElementwise(node)
                && node.inputs().stream()
                        .anyMatch(input -> uses.producer(input)
                                .filter(producer -> producer.outputName(0)
                                                .flatMap(uses::onlyReader)
                                                .isPresent()
                                        && endsProduct(producer))
                                .isPresent());
    }

    private boolean move(Node view, Node reader, int place) {
        TensorType from = type(view.input(0));
        TensorType seen = type(view.output(0));
        TensorType result = type(reader.output(0));
        if (!seen.shape().equals(result.shape())) {
            return false;
        }
        List<Operand> inputs = new ArrayList<>(reader.inputs());
        inputs.set(place, view.input(0));
        List<Node> nodes = new ArrayList<>();
        if (inputs.size() == 2) {
            Optional<Operand> other = other(reader.input(1 - place), from, seen, reader, nodes);
            if (other.isEmpty()) {
                return false;
            }
            inputs.set(1 - place, other.get());
        }
        String value = editor.fresh(reader.outputName(0).orElseThrow() + "_before_reshape");
        editor.type(value, TensorType.of(result.element(), from.shape().extents()));
        nodes.add(reader.withInputs(inputs).withOutputs(List.of(Operand.of(value))));
        nodes.add(reshape(Operand.of(value), reader.output(0), result, view));
        editor.remove(view).replace(reader, nodes.toArray(Node[]::new));
        return true;
    }

    /** The other operand as the product's shape wants it: a constant for each column, or the elements seen otherwise. */
    private Optional<Operand> other(Operand operand, TensorType from, TensorType seen, Node reader, List<Node> nodes) {
        int[] extents = from.shape().extents();
        int columns = extents.length == 0 ? 1 : extents[extents.length - 1];
        Optional<NdArray> constant =
                operand instanceof Operand.Value(String name) ? graph.constant(name) : Optional.empty();
        if (constant.isPresent()) {
            NdArray array = constant.get();
            int[] all = seen.shape().extents();
            boolean sameColumns = all.length > 0 && extents.length > 0 && all[all.length - 1] == columns;
            boolean row = array.rank() > 0 && array.size(array.rank() - 1) == array.elements();
            if (array.elements() == 1 || row && sameColumns && array.elements() == columns) {
                return Optional.of(Operand.of(editor.constant(
                        reader.name() + "_operand",
                        array.reshape(array.elements() == 1 ? new int[0] : new int[] {columns}))));
            }
            return Optional.empty();
        }
        if (!type(operand).shape().equals(seen.shape())) {
            return Optional.empty();
        }
        TensorType other = TensorType.of(type(operand).element(), extents);
        Operand reshaped = Operand.of(editor.fresh(reader.name() + "_operand"));
        editor.type(((Operand.Value) reshaped).name(), other);
        nodes.add(reshape(operand, reshaped, other, reader));
        return Optional.of(reshaped);
    }

    private Node reshape(Operand value, Operand result, TensorType type, Node source) {
        return ReshapeNode.of(editor, source.name() + "_reshape", value, result, type, source.sources());
    }

    private TensorType type(Operand operand) {
        Optional<TensorType> type = operand instanceof Operand.Value(String name) ? graph.type(name) : Optional.empty();
        return type.orElseThrow(() -> new IllegalStateException("the type of '" + operand + "' is not known"));
    }
}
