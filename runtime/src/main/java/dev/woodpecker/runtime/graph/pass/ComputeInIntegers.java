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
import dev.woodpecker.runtime.graph.Uses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Multiplies and adds up quantised numbers as the integers that they are, as models in QDQ form (ONNX Runtime's static
 * quantisation) mean it: what floats the layer multiplied are bytes with a scale.
 *
 * <pre>
 * y = Conv(DequantizeLinear(x, s, p), DequantizeLinear(w, t, q), b)
 *   ->  a = ConvInteger(x, w, p, q);  y = Add(DequantizeLinear(a, s * t), b)
 * </pre>
 *
 * <p>MatMul and Gemm likewise. The factors of a sum are taken out of it, and the sum of integers is exact: closer to the
 * real number than the sum of floats, and within its bound, but other bits, which `strict` numerics do not allow. What
 * follows - activation, residual sum, QuantizeLinear - is left as it is, and becomes the end of the integer kernel.
 */
public final class ComputeInIntegers {
    private final Graph graph;
    private final Uses uses;
    private final GraphEditor editor;

    private ComputeInIntegers(Graph graph) {
        this.graph = graph;
        this.uses = Uses.of(graph);
        this.editor = new GraphEditor(graph);
    }

    public static Graph apply(Graph graph) {
        return new ComputeInIntegers(graph).computed();
    }

    private Graph computed() {
        boolean changed = false;
        for (Node node : graph.nodes()) {
            Optional<Product> product = product(node);
            product.ifPresent(p -> replace(node, p));
            changed |= product.isPresent();
        }
        return changed ? RemoveDeadNodes.apply(editor.finish()) : graph;
    }

    /**
     * A layer of two dequantised factors.
     *
     * @param weightsTransposed whether columns of the weights are their first axis, and should be their second
     * @param outputs how many scales there may be
     * @param axis of the result that the outputs are on
     */
    private record Product(
            String operator,
            Dequantized left,
            Dequantized weights,
            boolean weightsTransposed,
            int outputs,
            int axis,
            Optional<double[]> bias) {}

    private Optional<Product> product(Node node) {
        boolean known = node.operator().isOnnx("Conv")
                || node.operator().isOnnx("MatMul")
                || node.operator().isOnnx("Gemm") && isPlain(node);
        Optional<TensorType> type = node.outputName(0).flatMap(graph::type);
        if (!known || type.isEmpty()) {
            return Optional.empty();
        }
        Optional<Dequantized> left =
                Dequantized.of(graph, uses, node.input(0)).filter(x -> x.isOfBytes() && x.hasOneScale());
        Optional<Dequantized> weights =
                Dequantized.of(graph, uses, node.input(1)).filter(w -> w.isOfBytes() && isFixed(w.value()));
        if (left.isEmpty() || weights.isEmpty()) {
            return Optional.empty();
        }
        boolean convolution = node.operator().isOnnx("Conv");
        boolean transposed = node.operator().isOnnx("Gemm") && node.integer("transB") != 0;
        int rank = type.get().shape().rank();
        int axis = convolution ? 1 : rank - 1;
        int weightsAxis = convolution || transposed ? 0 : 1;
        boolean matrix = convolution || weights.get().type().shape().rank() == 2 && rank >= 2;
        if (!matrix || !weights.get().hasScalesAlong(weightsAxis)) {
            return Optional.empty();
        }
        int outputs = type.get().shape().extents()[axis];
        Optional<double[]> bias = bias(node.input(2), outputs);
        boolean biasKnown = node.input(2) instanceof Operand.Absent || bias.isPresent();
        return biasKnown
                ? Optional.of(new Product(
                        convolution ? "ConvInteger" : "MatMulInteger",
                        left.get(),
                        weights.get(),
                        transposed,
                        outputs,
                        axis,
                        bias))
                : Optional.empty();
    }

    private static boolean isPlain(Node gemm) {
        return gemm.number("alpha") == 1 && gemm.number("beta") == 1 && gemm.integer("transA") == 0;
    }

    /** Whether a value depends on constants alone. */
    private boolean isFixed(String value) {
        return graph.constant(value).isPresent()
                || uses.producer(value)
                        .filter(node -> !node.usedNames().isEmpty()
                                && node.usedNames().stream().allMatch(this::isFixed))
                        .isPresent();
    }

    /** One number for each output: floats, or integers that are dequantised. */
    private Optional<double[]> bias(Operand operand, int outputs) {
        Optional<Dequantized> dequantized = Dequantized.of(graph, uses, operand);
        Optional<NdArray> array = dequantized.isPresent()
                ? dequantized
                        .filter(b -> b.hasScalesAlong(0) && withoutZeros(b.zeroPoint()) instanceof Operand.Absent)
                        .flatMap(b -> graph.constant(b.value()))
                : operand instanceof Operand.Value(String name) ? graph.constant(name) : Optional.empty();
        return array.filter(a -> a.elements() == 1 || isRow(a, outputs)).map(a -> {
            double[] bias = new double[outputs];
            Arrays.setAll(bias, k -> {
                int position = a.elements() == 1 ? 0 : k;
                return dequantized.map(b -> b.scaleAt(position)).orElse(1.0) * a.getDouble(position);
            });
            return bias;
        });
    }

    /** A zero point, absent where nothing is to be taken off: sums over all windows are then not needed. */
    private Operand withoutZeros(Operand zeroPoint) {
        boolean zeros = zeroPoint instanceof Operand.Value(String name)
                && graph.constant(name)
                        .filter(array -> Arrays.stream(array.toLongArray()).allMatch(z -> z == 0))
                        .isPresent();
        return zeros ? Operand.ABSENT : zeroPoint;
    }

    private static boolean isRow(NdArray array, int outputs) {
        return array.elements() == outputs && array.rank() > 0 && array.size(array.rank() - 1) == outputs;
    }

    private void replace(Node node, Product product) {
        List<Node> nodes = new ArrayList<>();
        TensorType type = node.outputName(0).flatMap(graph::type).orElseThrow();
        Operand weights = Operand.of(product.weights().value());
        if (product.weightsTransposed()) {
            weights = transposed(node, product.weights(), nodes);
        }
        String sums = editor.fresh(node.name() + "_sums");
        editor.type(sums, TensorType.of(DType.I32, type.shape().extents()));
        boolean convolution = product.operator().equals("ConvInteger");
        nodes.add(new Node(
                node.name(),
                Operator.onnx(product.operator()),
                List.of(
                        Operand.of(product.left().value()),
                        weights,
                        withoutZeros(product.left().zeroPoint()),
                        withoutZeros(product.weights().zeroPoint())),
                List.of(Operand.of(sums)),
                convolution ? node.attributes() : Map.of(),
                sources(node, product)));
        Operand floats = node.output(0);
        if (product.bias().isPresent()) {
            floats = Operand.of(editor.fresh(node.name() + "_unbiased"));
            editor.type(floats.toString(), type);
        }
        nodes.add(product.left()
                .with(editor.fresh(node.name() + "_dequantized"), sums, floats)
                .withInput(1, Operand.of(editor.constant(node.name() + "_scale", scale(product))))
                .withInput(2, Operand.ABSENT)
                .with("axis", Attribute.of(product.axis()))
                .withSources(node.sources()));
        if (product.bias().isPresent()) {
            int[] extents = new int[type.shape().rank() - product.axis()];
            Arrays.fill(extents, 1);
            extents[0] = product.outputs();
            NdArray bias = NdArray.allocate(DType.F32, extents);
            for (int k = 0; k < product.outputs(); k++) {
                bias.set(k, product.bias().get()[k]);
            }
            nodes.add(new Node(
                    editor.fresh(node.name() + "_biased"),
                    Operator.onnx("Add"),
                    List.of(floats, Operand.of(editor.constant(node.name() + "_bias", bias))),
                    List.of(node.output(0)),
                    Map.of(),
                    node.sources()));
        }
        editor.replace(node, nodes.toArray(Node[]::new));
    }

    /** The weights of a Gemm with their columns last. */
    private Operand transposed(Node node, Dequantized weights, List<Node> nodes) {
        int[] extents = weights.type().shape().extents();
        String columns = editor.fresh(node.name() + "_columns");
        editor.type(columns, TensorType.of(weights.type().element(), extents[1], extents[0]));
        nodes.add(new Node(
                editor.fresh(node.name() + "_transposed"),
                Operator.onnx("Transpose"),
                List.of(Operand.of(weights.value())),
                List.of(Operand.of(columns)),
                Map.of("perm", Attribute.of(1, 0)),
                node.sources()));
        return Operand.of(columns);
    }

    /** Of a sum of products: the product of the factors' scales. */
    private static NdArray scale(Product product) {
        double left = product.left().scaleAt(0);
        if (product.weights().hasOneScale()) {
            return NdArray.scalar((float) (left * product.weights().scaleAt(0)));
        }
        float[] scales = new float[product.outputs()];
        for (int k = 0; k < scales.length; k++) {
            scales[k] = (float) (left * product.weights().scaleAt(k));
        }
        return NdArray.of(scales, scales.length);
    }

    private static List<String> sources(Node node, Product product) {
        List<String> sources = new ArrayList<>(product.left().node().sources());
        sources.addAll(product.weights().node().sources());
        sources.addAll(node.sources());
        return sources.stream().distinct().toList();
    }
}
