package dev.woodpecker.cli.layers;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Profile;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A layer with bias and Relu as our plans have it: in a model of its own, in which it finds its input laid out as it would
 * be between the other layers of a network. Its kernel alone is timed, not the model.
 */
final class OurLayer implements AutoCloseable {
    private static final String NAME = "layer";

    private final Model model;
    private final Session session;
    private final Map<String, NdArray> inputs;

    private OurLayer(Model model, NdArray x) {
        this.model = model;
        this.session = model.newSession();
        this.inputs = Map.of("x", x);
    }

    static OurLayer of(ConvolutionLayer layer, Options options) {
        try {
            Path file = Files.createTempFile("woodpecker-layer", ".onnx");
            try {
                write(layer, file);
                return new OurLayer(
                        Model.load(file, options),
                        random(
                                1,
                                layer.batch(),
                                layer.channels(),
                                layer.map().get(0),
                                layer.map().get(1)));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write a model of one layer", e);
        }
    }

    /** A depthwise layer follows a pointwise one, as everywhere: it does not decide itself how its input lies. */
    private static void write(ConvolutionLayer layer, Path file) {
        int channels = layer.channels();
        OnnxModelBuilder builder = new OnnxModelBuilder(NAME, 17)
                .input(
                        "x",
                        TensorType.of(
                                DType.F32,
                                layer.batch(),
                                channels,
                                layer.map().get(0),
                                layer.map().get(1)))
                .initializer(
                        "w",
                        random(
                                2,
                                layer.filters(),
                                channels / layer.groups(),
                                layer.window().get(0),
                                layer.window().get(1)))
                .initializer("b", random(3, layer.filters()));
        String from = "x";
        if (layer.isDepthwise()) {
            builder.initializer("before.w", random(4, channels, channels, 1, 1));
            builder.node("Conv", List.of("x", "before.w"), "before", Map.of());
            from = "before";
        }
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        attributes.put("strides", ints(layer.strides()));
        attributes.put("pads", ints(layer.pads()));
        attributes.put("dilations", ints(layer.dilations()));
        attributes.put("group", Attribute.of(layer.groups()));
        builder.node("Conv", List.of(from, "w", "b"), NAME, attributes);
        builder.node("Relu", List.of(NAME), "y", Map.of());
        builder.output("y").write(file);
    }

    private static Attribute ints(List<Integer> values) {
        return Attribute.of(values.stream().mapToLong(Integer::longValue).toArray());
    }

    private static NdArray random(long seed, int... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, random.nextDouble(-1, 1));
        }
        return array;
    }

    /** What it was run by: {@code winograd4, default}. */
    String implementation() {
        return kernel(1).implementation();
    }

    /** The median of a block of runs, after one that does not count. */
    double seconds(int runs) {
        session.run(inputs);
        return kernel(runs).medianSeconds();
    }

    private Profile.Kernel kernel(int runs) {
        session.startProfile();
        for (int i = 0; i < runs; i++) {
            session.run(inputs);
        }
        return session.profile().kernels().stream()
                .filter(kernel -> kernel.name().startsWith(NAME))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no kernel computes the layer"));
    }

    @Override
    public void close() {
        session.close();
        model.close();
    }
}
