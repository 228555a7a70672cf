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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Keeps in 16 bits what is between nodes, and the weights: half the bytes, and operands that tensor cores multiply. Kernels
 * still compute in 32: they widen what they read, sum in single precision, and round what they write. Inputs and outputs keep
 * their types.
 *
 * <pre>
 * y = Conv(x, w)     ->     x_half = Cast(x) {to=f16}; y_half = Conv(x_half, w_half); y = Cast(y_half) {to=f32}
 * </pre>
 *
 * <p>Products and convolutions are narrowed wherever they are; what neither enlarges nor cancels, if its inputs are narrow
 * already; all else, powers, exponentials, sums over axes and what is not known, stays as it was. So does what reads a
 * weight that 16 bits do not hold.
 */
public final class NarrowFloats {
    private static final Set<String> PRODUCTS = Set.of("Attention", "Conv", "ConvTranspose", "Gemm", "MatMul");

    /** Results no larger than inputs are, or not by much; norms and softmax have their sums to themselves. */
    private static final Set<String> FOLLOWING = Set.of(
            "Abs",
            "Add",
            "AveragePool",
            "BatchNormalization",
            "Ceil",
            "Celu",
            "Clip",
            "Concat",
            "DepthToSpace",
            "Div",
            "Elu",
            "Erf",
            "Expand",
            "Flatten",
            "Floor",
            "Gather",
            "GatherElements",
            "GatherND",
            "Gelu",
            "GlobalAveragePool",
            "GlobalMaxPool",
            "GroupNormalization",
            "HardSigmoid",
            "HardSwish",
            "Identity",
            "InstanceNormalization",
            "LayerNormalization",
            "LeakyRelu",
            "Max",
            "MaxPool",
            "Min",
            "Mish",
            "Mul",
            "Neg",
            "PRelu",
            "Pad",
            "RMSNormalization",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "Relu",
            "Reshape",
            "Resize",
            "Round",
            "Selu",
            "Sigmoid",
            "Sign",
            "Slice",
            "Softmax",
            "Softsign",
            "SpaceToDepth",
            "Split",
            "Sqrt",
            "Squeeze",
            "Sub",
            "Swish",
            "Tanh",
            "ThresholdedRelu",
            "Tile",
            "Transpose",
            "Unsqueeze",
            "Where");

    /** Where not all inputs of floats are elements: how many are. */
    private static final Map<String, Integer> ELEMENT_INPUTS = Map.of("Resize", 1);

    /** Masks may be as negative as single precision goes; so much is as good to a softmax, and not infinite. */
    private static final int MASK = 3;

    private static final double MOST_HALF = 65_504;

    private final Graph graph;
    private final DType half;
    private final GraphEditor editor;
    /** Values of 32 bits by name, with the name of the same in 16. */
    private final Map<String, String> narrow = new HashMap<>();
    /** Those that are computed in 16 bits. */
    private final Set<String> computedNarrow = new HashSet<>();
    /** Constants, and what depends on these alone. */
    private final Set<String> fixed;

    private NarrowFloats(Graph graph, DType half) {
        this.graph = graph;
        this.half = half;
        this.editor = new GraphEditor(graph);
        this.fixed = new HashSet<>(graph.constants().keySet());
    }

    /**
     * @param graph the types of whose values are known
     * @param half {@code F16} or {@code BF16}
     */
    public static Graph apply(Graph graph, DType half) {
        NarrowFloats pass = new NarrowFloats(graph, half);
        graph.nodes().forEach(pass::visit);
        return pass.computedNarrow.isEmpty() ? graph : RemoveDeadNodes.apply(pass.editor.finish());
    }

    private void visit(Node node) {
        Optional<String> from = node.inputs().isEmpty() ? Optional.empty() : node.inputName(0);
        boolean isCast = node.operator().isOnnx("Cast") && from.isPresent();
        String result = node.outputName(0).orElse("");
        if (isCast && graph.constants().containsKey(from.get())) {
            fixed.add(result);
        } else if (isCast && isOf(from.get(), half) && isSingle(result)) {
            // What was widened: the narrow one is there.
            narrow.put(result, from.get());
            computedNarrow.add(result);
        } else if (isCast && computedNarrow.contains(from.get()) && isOf(result, half)) {
            editor.remove(node).redirect(result, narrow(from.get()));
        } else if (isFixed(node)) {
            node.outputs().stream().flatMap(NarrowFloats::names).forEach(fixed::add);
        } else if (isNarrowed(node)) {
            narrow(node);
        }
    }

    private boolean isFixed(Node node) {
        return !node.inputs().isEmpty()
                && node.inputs().stream().flatMap(NarrowFloats::names).allMatch(fixed::contains);
    }

    private boolean isNarrowed(Node node) {
        if (!node.operator().isOnnx()) {
            return false;
        }
        List<String> read = singleInputs(node);
        List<String> results = singleOutputs(node);
        boolean known = read.size() > 0
                && (results.size() == 1 || results.size() > 1 && node.operator().isOnnx("Split"))
                && read.stream().allMatch(this::fits);
        if (!known) {
            return false;
        }
        return PRODUCTS.contains(node.operator().name())
                || FOLLOWING.contains(node.operator().name())
                        && read.stream().allMatch(value -> computedNarrow.contains(value) || fixed.contains(value));
    }

    /** The inputs that are to be narrow: its elements of 32 bits. */
    private List<String> singleInputs(Node node) {
        List<String> found = new ArrayList<>();
        int count = ELEMENT_INPUTS.getOrDefault(
                node.operator().name(), node.inputs().size());
        for (Operand operand :
                node.inputs().subList(0, Math.min(count, node.inputs().size()))) {
            names(operand).filter(this::isSingle).forEach(found::add);
        }
        return found;
    }

    private List<String> singleOutputs(Node node) {
        return node.outputs().stream()
                .flatMap(NarrowFloats::names)
                .filter(this::isSingle)
                .toList();
    }

    /** Whether a constant's elements are as finite in 16 bits as they are in 32. */
    private boolean fits(String value) {
        Optional<NdArray> constant = graph.constant(value);
        if (half != DType.F16 || constant.isEmpty()) {
            return true;
        }
        for (float element : constant.get().toFloatArray()) {
            if (Math.abs(element) > MOST_HALF && Float.isFinite(element)) {
                return false;
            }
        }
        return true;
    }

    private void narrow(Node node) {
        List<Operand> inputs = new ArrayList<>(node.inputs());
        List<String> read = singleInputs(node);
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i) instanceof Operand.Value(String name) && read.contains(name)) {
                boolean mask = i == MASK && node.operator().isOnnx("Attention");
                inputs.set(i, Operand.of(mask ? narrowMask(name) : narrow(name)));
            }
        }
        List<Operand> outputs = new ArrayList<>();
        for (Operand output : node.outputs()) {
            outputs.add(
                    output instanceof Operand.Value(String name) && isSingle(name)
                            ? Operand.of(computed(name))
                            : output);
        }
        editor.replace(node, node.withInputs(inputs).withOutputs(outputs));
    }

    /** The new name of a result, from which the old one is made for those who still read it. */
    private String computed(String value) {
        String name = named(value);
        computedNarrow.add(value);
        editor.add(cast(name, value, DType.F32));
        return name;
    }

    /** The value in 16 bits, which is made of the other if it is the first time that it is asked for. */
    private String narrow(String value) {
        String known = narrow.get(value);
        if (known != null) {
            return known;
        }
        Optional<NdArray> constant = graph.constant(value);
        if (constant.isPresent()) {
            String name = editor.constant(value + "_half", constant.get().convert(half));
            narrow.put(value, name);
            return name;
        }
        String name = named(value);
        editor.add(cast(value, name, half));
        return name;
    }

    private String narrowMask(String value) {
        if (half != DType.F16 || graph.constants().containsKey(value) || computedNarrow.contains(value)) {
            return narrow(value);
        }
        String limited = editor.fresh(value + "_limited");
        String name = editor.fresh(value + "_mask");
        type(limited, value, DType.F32);
        type(name, value, half);
        editor.add(new Node(
                editor.fresh(limited + "_clip"),
                Operator.onnx("Clip"),
                List.of(
                        Operand.of(value),
                        Operand.of(editor.constant(limited + "_min", NdArray.of(new float[] {(float) -MOST_HALF}))),
                        Operand.of(editor.constant(limited + "_max", NdArray.of(new float[] {(float) MOST_HALF})))),
                List.of(Operand.of(limited)),
                Map.of(),
                List.of()));
        editor.add(cast(limited, name, half));
        return name;
    }

    private String named(String value) {
        String name = editor.fresh(value + "_half");
        narrow.put(value, name);
        type(name, value, half);
        return name;
    }

    private void type(String name, String like, DType element) {
        TensorType type = graph.type(like).orElseThrow();
        editor.type(name, new TensorType(element, type.shape()));
    }

    private boolean isSingle(String value) {
        return isOf(value, DType.F32);
    }

    private boolean isOf(String value, DType element) {
        return graph.type(value).filter(type -> type.element() == element).isPresent();
    }

    private static Stream<String> names(Operand operand) {
        return operand instanceof Operand.Value(String name) ? Stream.of(name) : Stream.of();
    }

    private Node cast(String from, String to, DType type) {
        return new Node(
                editor.fresh(to + "_cast"),
                Operator.onnx("Cast"),
                List.of(Operand.of(from)),
                List.of(Operand.of(to)),
                Map.of("to", new Attribute.ElementType(type)),
                List.of());
    }
}
