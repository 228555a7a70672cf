package dev.woodpecker.cli.fuzz;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Nodes that could come next in a random graph. They need not be valid: whoever asks tries them in ONNX Runtime. Operators
 * whose results jump (rounding, indices of maxima) are left out, as a difference in the last bit would be told as an error.
 */
final class NodeProposals {
    private static final List<String> UNARY = List.of(
            "Relu",
            "Sigmoid",
            "Tanh",
            "LeakyRelu",
            "Elu",
            "HardSigmoid",
            "HardSwish",
            "Abs",
            "Neg",
            "Softplus",
            "Erf",
            "Gelu",
            "Selu",
            "Softsign",
            "Identity");
    private static final List<String> BINARY = List.of("Add", "Sub", "Mul", "Max", "Min", "PRelu");
    private static final List<String> REDUCTIONS =
            List.of("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare");
    private static final List<String> WINDOWS = List.of("MaxPool", "AveragePool", "LpPool");

    private final SplittableRandom random;
    private final String name;
    private final Map<String, NdArray> constants = new LinkedHashMap<>();

    /**
     * @param name of the node's first output; constants are named after it
     */
    NodeProposals(SplittableRandom random, String name) {
        this.random = random;
        this.name = name;
    }

    private interface Proposal {
        FuzzNode of(String value, int[] shape);
    }

    /** A node that reads {@code value}, and perhaps others of {@code values}. */
    FuzzNode next(Map<String, NdArray> values) {
        List<String> names = List.copyOf(values.keySet());
        // Later values more often: chains are what is fused.
        String value = names.get(Math.max(random.nextInt(names.size()), random.nextInt(names.size())));
        int[] shape = Objects.requireNonNull(values.get(value)).shape();
        String other = names.get(random.nextInt(names.size()));
        List<Proposal> proposals = List.of(
                (x, _) -> node(pick(UNARY), List.of(x)),
                (x, _) -> node(pick(List.of("Add", "Mul", "Sub")), List.of(x, other)),
                (x, s) -> node(pick(BINARY), List.of(x, floats("b", broadcastable(s)))),
                this::convolution,
                this::convolution,
                this::convolutionTransposed,
                this::window,
                (x, _) -> node(pick(List.of("GlobalAveragePool", "GlobalMaxPool")), List.of(x)),
                this::product,
                this::gemm,
                this::transpose,
                this::reshape,
                (x, s) -> node("Concat", List.of(x, random.nextBoolean() ? x : other), ints("axis", axis(s))),
                this::slice,
                this::split,
                this::reduce,
                (x, s) -> node(pick(List.of("Softmax", "LogSoftmax")), List.of(x), ints("axis", axis(s))),
                this::layerNormalization,
                this::channelNormalization,
                this::pad,
                this::resize,
                (x, s) -> node("Unsqueeze", List.of(x, longs("axes", random.nextInt(s.length + 1)))),
                (x, s) -> node("Squeeze", List.of(x, longs("axes", axis(s)))),
                this::gather,
                (x, s) -> node("Flatten", List.of(x), ints("axis", random.nextInt(s.length + 1))),
                (x, s) -> node("CumSum", List.of(x, longs("axis", axis(s)))),
                (x, s) -> node("Tile", List.of(x, longs("repeats", each(s, 1, 3)))),
                (x, s) -> node("Expand", List.of(x, longs("shape", each(s, 1, 2)))),
                (x, _) -> node(pick(List.of("DepthToSpace", "SpaceToDepth")), List.of(x), ints("blocksize", 2)),
                (x, s) -> node("LRN", List.of(x), ints("size", 3)),
                (x, s) -> node("Clip", List.of(x, floats("low"), floats("high"))));
        return proposals.get(random.nextInt(proposals.size())).of(value, shape);
    }

    @SafeVarargs
    private final FuzzNode node(String operator, List<String> inputs, Map<String, Attribute>... attributes) {
        Map<String, Attribute> all = new LinkedHashMap<>();
        for (Map<String, Attribute> some : attributes) {
            all.putAll(some);
        }
        return new FuzzNode(operator, inputs, List.of(name), all, Map.copyOf(constants));
    }

    private FuzzNode convolution(String x, int[] shape) {
        int channels = channels(shape);
        int group = pick(List.of(1, 1, channels, channels % 2 == 0 ? 2 : 1));
        int filters = group * between(1, group == channels ? 2 : 9);
        int[] kernel = spatial(shape, 1, 4);
        int[] weights = IntStream.concat(IntStream.of(filters, channels / group), Arrays.stream(kernel))
                .toArray();
        List<String> inputs = random.nextBoolean()
                ? List.of(x, floats("w", weights))
                : List.of(x, floats("w", weights), floats("b", filters));
        return node(
                "Conv",
                inputs,
                ints("group", group),
                ints("strides", spatial(shape, 1, 3)),
                ints("dilations", spatial(shape, 1, 3)),
                ints("pads", twice(spatial(shape, 0, 3), spatial(shape, 0, 3))));
    }

    private FuzzNode convolutionTransposed(String x, int[] shape) {
        int channels = channels(shape);
        int[] weights = IntStream.concat(IntStream.of(channels, between(1, 5)), Arrays.stream(spatial(shape, 1, 4)))
                .toArray();
        return node(
                "ConvTranspose",
                List.of(x, floats("w", weights)),
                ints("strides", spatial(shape, 1, 3)),
                ints("pads", twice(spatial(shape, 0, 2), spatial(shape, 0, 2))));
    }

    private FuzzNode window(String x, int[] shape) {
        String operator = pick(WINDOWS);
        return node(
                operator,
                List.of(x),
                ints("kernel_shape", spatial(shape, 1, 4)),
                ints("strides", spatial(shape, 1, 3)),
                ints("ceil_mode", random.nextInt(2)),
                operator.equals("AveragePool") ? ints("count_include_pad", random.nextInt(2)) : Map.of(),
                ints("pads", twice(spatial(shape, 0, 2), spatial(shape, 0, 2))));
    }

    private FuzzNode product(String x, int[] shape) {
        int inner = shape.length == 0 ? 1 : shape[shape.length - 1];
        return node("MatMul", List.of(x, floats("w", inner, between(1, 20))));
    }

    private FuzzNode gemm(String x, int[] shape) {
        boolean transposedA = random.nextInt(4) == 0;
        boolean transposedB = random.nextBoolean();
        int inner = shape.length < 2 ? 1 : shape[transposedA ? 0 : 1];
        int columns = between(1, 20);
        return node(
                "Gemm",
                List.of(
                        x,
                        transposedB ? floats("w", columns, inner) : floats("w", inner, columns),
                        random.nextBoolean() ? floats("b", columns) : floats("b", 1)),
                ints("transA", transposedA ? 1 : 0),
                ints("transB", transposedB ? 1 : 0),
                Map.of("alpha", new Attribute.Float(pick(List.of(1f, 0.5f))), "beta", new Attribute.Float(2)));
    }

    private FuzzNode transpose(String x, int[] shape) {
        int[] permutation = IntStream.range(0, shape.length).toArray();
        for (int i = shape.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = permutation[i];
            permutation[i] = permutation[j];
            permutation[j] = kept;
        }
        return node("Transpose", List.of(x), ints("perm", permutation));
    }

    /** Two axes as one, one axis in two, or the last as it comes. */
    private FuzzNode reshape(String x, int[] shape) {
        long[] extents = Arrays.stream(shape).asLongStream().toArray();
        int at = axis(shape);
        if (shape.length > 1 && random.nextBoolean()) {
            int first = Math.min(at, shape.length - 2);
            extents[first] *= extents[first + 1];
            long[] joined = LongStream.concat(
                            Arrays.stream(extents, 0, first + 1), Arrays.stream(extents, first + 2, extents.length))
                    .toArray();
            return node("Reshape", List.of(x, longs("shape", joined)));
        }
        for (int divisor : List.of(2, 3, 5)) {
            if (shape.length > 0 && shape.length < 5 && shape[at] % divisor == 0 && shape[at] > 0) {
                long[] split = LongStream.concat(
                                LongStream.concat(
                                        Arrays.stream(extents, 0, at), LongStream.of(divisor, shape[at] / divisor)),
                                Arrays.stream(extents, at + 1, extents.length))
                        .toArray();
                return node("Reshape", List.of(x, longs("shape", split)));
            }
        }
        return node("Reshape", List.of(x, longs("shape", -1)));
    }

    private FuzzNode slice(String x, int[] shape) {
        int at = axis(shape);
        int extent = shape.length == 0 ? 1 : shape[at];
        boolean backwards = random.nextInt(4) == 0;
        int step = (backwards ? -1 : 1) * between(1, 3);
        int low = random.nextInt(Math.max(1, extent));
        // Rarely nothing is left of it.
        int high = random.nextInt(40) == 0 ? low : between(low + 1, extent + 2);
        return node(
                "Slice",
                List.of(
                        x,
                        longs("starts", backwards ? high : low),
                        longs("ends", backwards ? (low == 0 ? -extent - 1 : low) : high),
                        longs("axes", at),
                        longs("steps", step)));
    }

    private FuzzNode split(String x, int[] shape) {
        int at = axis(shape);
        int extent = shape.length == 0 ? 1 : shape[at];
        int first = extent < 2 ? 1 : between(1, extent);
        return new FuzzNode(
                "Split",
                List.of(x, longs("split", first, extent - first)),
                List.of(name, name + "_rest"),
                ints("axis", at),
                Map.copyOf(constants));
    }

    private FuzzNode reduce(String x, int[] shape) {
        int[] axes = IntStream.range(0, shape.length)
                .filter(_ -> random.nextBoolean())
                .toArray();
        List<String> inputs = axes.length == 0
                ? List.of(x)
                : List.of(x, longs("axes", Arrays.stream(axes).asLongStream().toArray()));
        return node(pick(REDUCTIONS), inputs, ints("keepdims", random.nextInt(2)));
    }

    private FuzzNode layerNormalization(String x, int[] shape) {
        int at = axis(shape);
        int[] normalized = Arrays.copyOfRange(shape, Math.min(at, shape.length), shape.length);
        return node(
                "LayerNormalization",
                List.of(x, floats("scale", normalized), floats("bias", normalized)),
                ints("axis", at));
    }

    private FuzzNode channelNormalization(String x, int[] shape) {
        int channels = channels(shape);
        String scale = floats("scale", channels);
        String bias = floats("bias", channels);
        if (random.nextBoolean()) {
            return node("InstanceNormalization", List.of(x, scale, bias));
        }
        NdArray variance = NdArray.allocate(DType.F32, channels);
        for (int i = 0; i < channels; i++) {
            variance.set(i, 0.5 + random.nextDouble());
        }
        constants.put(name + "_variance", variance);
        return node("BatchNormalization", List.of(x, scale, bias, floats("mean", channels), name + "_variance"));
    }

    private FuzzNode pad(String x, int[] shape) {
        long[] pads = Arrays.stream(twice(each(shape, 0, 3), each(shape, 0, 3)))
                .asLongStream()
                .toArray();
        return node(
                "Pad",
                List.of(x, longs("pads", pads)),
                Map.of("mode", new Attribute.Text(pick(List.of("constant", "constant", "edge", "reflect")))));
    }

    private FuzzNode resize(String x, int[] shape) {
        boolean linear = random.nextBoolean();
        NdArray scales = NdArray.allocate(DType.F32, shape.length);
        for (int axis = 0; axis < shape.length; axis++) {
            scales.set(axis, axis < 2 ? 1.0 : between(1, 4));
        }
        constants.put(name + "_scales", scales);
        return node(
                "Resize",
                List.of(x, "", name + "_scales"),
                Map.of(
                        "mode", new Attribute.Text(linear ? "linear" : "nearest"),
                        "nearest_mode", new Attribute.Text("floor"),
                        "coordinate_transformation_mode", new Attribute.Text(linear ? "half_pixel" : "asymmetric")));
    }

    private FuzzNode gather(String x, int[] shape) {
        int at = axis(shape);
        int extent = Math.max(1, shape.length == 0 ? 1 : shape[at]);
        long[] indices = new long[between(1, 5)];
        Arrays.setAll(indices, _ -> random.nextInt(extent));
        return node("Gather", List.of(x, longs("indices", indices)), ints("axis", at));
    }

    /** A shape that broadcasts to another: some extents 1, leading axes left out. */
    private int[] broadcastable(int[] shape) {
        int from = random.nextInt(3) == 0 ? random.nextInt(shape.length + 1) : 0;
        return Arrays.stream(shape, from, shape.length)
                .map(extent -> random.nextInt(3) == 0 ? 1 : extent)
                .toArray();
    }

    /** At least 1, also where there are none. */
    private static int channels(int[] shape) {
        return shape.length > 1 ? Math.max(1, shape[1]) : 1;
    }

    /** A number for each spatial axis. */
    private int[] spatial(int[] shape, int from, int below) {
        return each(Arrays.copyOfRange(shape, Math.min(2, shape.length), shape.length), from, below);
    }

    private int[] each(int[] shape, int from, int below) {
        return Arrays.stream(shape).map(_ -> between(from, below)).toArray();
    }

    private static int[] twice(int[] begins, int[] ends) {
        return IntStream.concat(Arrays.stream(begins), Arrays.stream(ends)).toArray();
    }

    private int axis(int[] shape) {
        return shape.length == 0 ? 0 : random.nextInt(shape.length);
    }

    private int between(int from, int below) {
        return from + random.nextInt(Math.max(1, below - from));
    }

    private <T> T pick(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static Map<String, Attribute> ints(String attribute, int value) {
        return Map.of(attribute, Attribute.of(value));
    }

    private static Map<String, Attribute> ints(String attribute, int[] values) {
        return Map.of(
                attribute,
                new Attribute.Ints(Arrays.stream(values).asLongStream().boxed().toList()));
    }

    private String floats(String what, int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, random.nextGaussian() * 0.5);
        }
        return constant(what, array);
    }

    private String longs(String what, int[] values) {
        return longs(what, Arrays.stream(values).asLongStream().toArray());
    }

    private String longs(String what, long... values) {
        NdArray array = NdArray.allocate(DType.I64, values.length);
        for (int i = 0; i < values.length; i++) {
            array.set(i, values[i]);
        }
        return constant(what, array);
    }

    private String constant(String what, NdArray array) {
        String constant = name + "_" + what;
        constants.put(constant, array);
        return constant;
    }
}
