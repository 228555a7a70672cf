package dev.woodpecker.runtime.plan.binding;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recurrent networks of every form beside ONNX Runtime's, all in one model. */
class RecurrentOperatorsTest {
    private static final int STEPS = 5;
    private static final int BATCH = 3;
    private static final int FEATURES = 4;
    private static final int HIDDEN = 6;

    @TempDir
    Path directory;

    private final SplittableRandom random = new SplittableRandom(5);
    private final OnnxModelBuilder builder = new OnnxModelBuilder("recurrent", 14)
            .input("x", TensorType.of(DType.F32, STEPS, BATCH, FEATURES))
            .input("lengths", TensorType.of(DType.I32, BATCH));

    private NdArray array(int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, random.nextDouble() * 2 - 1);
        }
        return array;
    }

    private String constant(String name, int... shape) {
        builder.initializer(name, array(shape));
        return name;
    }

    /**
     * @param has which of the optional inputs: b for bias, l for lengths, h for the first state, p for peepholes
     */
    private void node(String name, String operator, String has, Map<String, Attribute> attributes) {
        int gates = operator.equals("LSTM") ? 4 : operator.equals("GRU") ? 3 : 1;
        boolean both = Objects.equals(attributes.get("direction"), Attribute.of("bidirectional"));
        int directions = both ? 2 : 1;
        List<String> inputs = new ArrayList<>(List.of(
                "x",
                constant(name + ".w", directions, gates * HIDDEN, FEATURES),
                constant(name + ".r", directions, gates * HIDDEN, HIDDEN)));
        inputs.add(has.contains("b") ? constant(name + ".b", directions, 2 * gates * HIDDEN) : "");
        inputs.add(has.contains("l") ? "lengths" : "");
        inputs.add(has.contains("h") ? constant(name + ".h", directions, BATCH, HIDDEN) : "");
        List<String> outputs = new ArrayList<>(List.of(name + ".y", name + ".y_h"));
        if (gates == 4) {
            inputs.add(has.contains("h") ? constant(name + ".c", directions, BATCH, HIDDEN) : "");
            inputs.add(has.contains("p") ? constant(name + ".p", directions, 3 * HIDDEN) : "");
            outputs.add(name + ".y_c");
        }
        Map<String, Attribute> all = new LinkedHashMap<>(attributes);
        all.put("hidden_size", Attribute.of((long) HIDDEN));
        builder.node(new Node(
                name,
                Operator.onnx(operator),
                inputs.stream().map(Operand::of).toList(),
                outputs.stream().map(Operand::of).toList(),
                all,
                List.of()));
        outputs.forEach(output -> builder.output(output));
    }

    private static Attribute texts(String... texts) {
        return new Attribute.Texts(List.of(texts));
    }

    private static Attribute numbers(Float... numbers) {
        return new Attribute.Floats(List.of(numbers));
    }

    private void buildNodes() {
        Attribute forward = Attribute.of("forward");
        Attribute reverse = Attribute.of("reverse");
        Attribute both = Attribute.of("bidirectional");
        node("lstm", "LSTM", "", Map.of("direction", forward));
        node("lstm_clip", "LSTM", "bh", Map.of("direction", reverse, "clip", Attribute.of(0.4f)));
        node("lstm_peepholes", "LSTM", "bhp", Map.of("direction", reverse));
        node("gru_clip", "GRU", "bh", Map.of("direction", forward, "clip", Attribute.of(0.4f)));
        node("lstm_both", "LSTM", "blh", Map.of("direction", both));
        node(
                "lstm_other",
                "LSTM",
                "b",
                Map.of(
                        "direction",
                        both,
                        "activations",
                        texts("HardSigmoid", "Softsign", "Relu", "Sigmoid", "Tanh", "Affine"),
                        "activation_alpha",
                        numbers(0.3f, 0.5f),
                        "activation_beta",
                        numbers(0.4f, 0.25f)));
        node("gru", "GRU", "b", Map.of("direction", reverse));
        node("gru_after", "GRU", "bh", Map.of("direction", forward, "linear_before_reset", Attribute.of(1L)));
        node("gru_both", "GRU", "blh", Map.of("direction", both, "linear_before_reset", Attribute.of(1L)));
        node("gru_lengths", "GRU", "l", Map.of("direction", both));
        node("rnn", "RNN", "bh", Map.of("direction", forward));
        node(
                "rnn_both",
                "RNN",
                "bl",
                Map.of(
                        "direction",
                        both,
                        "activations",
                        texts("LeakyRelu", "ScaledTanh"),
                        "activation_alpha",
                        numbers(0.1f, 0.8f),
                        "activation_beta",
                        numbers(0.7f)));
    }

    @Test
    void everyFormGivesWhatOnnxRuntimeGives() throws OrtException {
        buildNodes();
        Path file = directory.resolve("recurrent.onnx");
        builder.write(file);
        NdArray x = array(STEPS, BATCH, FEATURES);
        int[] lengths = {5, 2, 4};
        try (Model model = Model.load(file, Options.defaults().withThreads(1));
                Session session = model.newSession();
                OrtEnvironment environment = OrtEnvironment.getEnvironment();
                OrtSession peer = environment.createSession(file.toString());
                OnnxTensor peerX = OnnxTensor.createTensor(
                        environment, FloatBuffer.wrap(x.toFloatArray()), new long[] {STEPS, BATCH, FEATURES});
                OnnxTensor peerLengths =
                        OnnxTensor.createTensor(environment, IntBuffer.wrap(lengths), new long[] {BATCH});
                OrtSession.Result expected = peer.run(Map.of("x", peerX, "lengths", peerLengths))) {
            Map<String, NdArray> actual = session.run(Map.of("x", x, "lengths", NdArray.of(lengths, BATCH)));
            List<String> wrong = new ArrayList<>();
            for (String output : model.outputs()) {
                OnnxTensor wanted = (OnnxTensor) expected.get(output).orElseThrow();
                NdArray result = Objects.requireNonNull(actual.get(output));
                long[] shape = wanted.getInfo().getShape();
                int[] extents = java.util.Arrays.stream(shape)
                        .mapToInt(extent -> (int) extent)
                        .toArray();
                float[] elements = new float[(int) result.elements()];
                wanted.getFloatBuffer().get(elements);
                Difference difference =
                        Difference.between(result, NdArray.of(elements, extents), Difference.Tolerance.ONNX);
                if (!difference.isAccepted()) {
                    wrong.add(output + ": " + difference);
                }
            }
            assertThat(wrong).isEmpty();
        }
    }
}
