package dev.woodpecker.runtime.onnx;

import static dev.woodpecker.runtime.onnx.TestModels.attribute;
import static dev.woodpecker.runtime.onnx.TestModels.everything;
import static dev.woodpecker.runtime.onnx.TestModels.floats;
import static dev.woodpecker.runtime.onnx.TestModels.graph;
import static dev.woodpecker.runtime.onnx.TestModels.integers;
import static dev.woodpecker.runtime.onnx.TestModels.longs;
import static dev.woodpecker.runtime.onnx.TestModels.model;
import static dev.woodpecker.runtime.onnx.TestModels.node;
import static dev.woodpecker.runtime.onnx.TestModels.opset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.SharedData;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.UnsupportedModelException.Problem;
import dev.woodpecker.runtime.WoodpeckerException;
import dev.woodpecker.runtime.onnx.internal.proto.FunctionProto;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no sound models: each a clear error that names the place. */
class MalformedModelTest {

    @TempDir
    Path folder;

    private Throwable failure(byte[] file) throws IOException {
        Path path = Files.write(folder.resolve("m.onnx"), file);
        return catchThrowable(() -> OnnxImporter.read(path, everything()));
    }

    private void assertRefused(ModelProto.Builder model, String... parts) throws IOException {
        assertThat(failure(model.build().toByteArray()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("m.onnx: ")
                .message()
                .contains(parts);
    }

    private static byte[] sound() {
        TensorProto large = TensorProto.newBuilder()
                .setName("w")
                .setDataType(1)
                .addDims(2048)
                .setRawData(ByteString.copyFrom(new byte[8192]))
                .build();
        return model(13, graph(node("Add", "x v", "a"), node("Clip", "a", "y")))
                .setGraph(graph(node("Add", "x v", "a"), node("Relu", "a", "y"))
                        .addInitializer(large)
                        .addInitializer(floats("v", 1, 2, 3)))
                .build()
                .toByteArray();
    }

    @Test
    void aFileCutAnywhereIsAnError() throws IOException {
        byte[] whole = sound();
        assertThat(failure(whole)).isNull();
        for (int length = 0; length < whole.length; length += length < 300 || length > whole.length - 300 ? 1 : 197) {
            assertThat(failure(Arrays.copyOf(whole, length)))
                    .as("the first " + length + " bytes")
                    .isInstanceOf(ModelFormatException.class);
        }
    }

    @Test
    void aChangedByteGivesAModelOrAnErrorOfOurs() throws IOException {
        byte[] whole = sound();
        Random random = new Random(1);
        for (int i = 0; i < 600; i++) {
            byte[] changed = whole.clone();
            for (int change = 0; change <= random.nextInt(3); change++) {
                int header = random.nextInt(400);
                changed[random.nextBoolean() ? header : whole.length - 1 - header] = (byte) random.nextInt(256);
            }
            Throwable failure = failure(changed);
            if (failure != null) {
                assertThat(failure).isInstanceOf(WoodpeckerException.class);
            }
        }
    }

    @Test
    void randomBytesAreAnError() throws IOException {
        Random random = new Random(2);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            assertThat(failure(bytes)).isInstanceOf(WoodpeckerException.class);
        }
    }

    @Test
    void aRealModelCutShortNamesTheByte() throws IOException {
        byte[] whole = Files.readAllBytes(SharedData.path("models/mnist_8.onnx"));
        assertThat(failure(Arrays.copyOf(whole, whole.length / 2)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageMatching("(?s).*m.onnx: byte \\d+: not a sound ONNX file.*");
    }

    @Test
    void anEmptyFileAndATextAreNoModels() throws IOException {
        assertThat(failure(new byte[0])).hasMessageContaining("not an ONNX model");
        assertThat(failure("hello, this is a text".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isInstanceOf(ModelFormatException.class);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> OnnxImporter.read(folder.resolve("absent.onnx"), everything()))
                .hasMessageContaining("cannot read")
                .hasMessageContaining("absent.onnx");
    }

    @Test
    void groupsNestedWithoutEndDoNotOverflowTheStack() throws IOException {
        byte[] groups = new byte[1_000_000];
        Arrays.fill(groups, (byte) 0x0B);
        assertThat(failure(groups)).isInstanceOf(ModelFormatException.class);
    }

    @Test
    void aCycleIsShown() throws IOException {
        NodeProto a = node("Add", "x c", "b");
        NodeProto b = node("Relu", "b", "c");
        assertRefused(
                model(13, graph(a, b, node("Identity", "c", "y"))),
                "graph 'g': a cycle: ",
                "node 'relu' (Relu) -> node 'add' (Add)");
    }

    @Test
    void namesDefinedTwiceOrNowhereAreListed() throws IOException {
        assertRefused(
                model(13, graph(node("Relu", "x", "y"), node("Abs", "nowhere", "y"))),
                "node 'abs' (Abs) reads 'nowhere', which nothing before it defines",
                "'y' is defined twice: as an output of node 'relu' (Relu) and as an output of node 'abs' (Abs)");
        assertRefused(
                model(
                        13,
                        graph(node("Relu", "x", "y"))
                                .addInitializer(floats("w", 1))
                                .addInitializer(floats("w", 2))),
                "initializer 'w': 'w' is defined twice");
        assertRefused(model(13, graph(node("Relu", "x", "z"))), "the output 'y' is not defined");
    }

    @Test
    void operandsAndAttributesHaveToFitTheOperator() throws IOException {
        assertRefused(model(13, graph(node("Add", "x", "y"))), "node 'add' (Add): 1 inputs; 2 are allowed: A, B");
        assertRefused(model(13, graph(node("Relu", "x", "y z"))), "2 outputs; 1 are allowed: Y");
        assertRefused(model(13, graph(node("Add", "_ x", "y"))), "input 'A' is missing");
        assertRefused(
                model(13, graph(node("Softmax", "x", "y", attribute("axis", 1f)))),
                "node 'softmax' (Softmax) attribute 'axis': it is of type FLOAT, not INT");
        assertRefused(
                model(13, graph(node("Concat", "x", "y"))), "node 'concat' (Concat): attribute 'axis' is missing");
        assertRefused(
                model(13, graph(node("Concat", "x", "y", attribute("axis", 1), attribute("axis", 2)))),
                "attribute 'axis' is given twice");
        assertRefused(
                model(9, graph(node("Slice", "x x", "y", integers("starts", 1), integers("ends", 2)))),
                "'starts' is given as an attribute and as an input");
    }

    @Test
    void anInitializerOfATerabyteIsAnError() throws IOException {
        TensorProto huge = TensorProto.newBuilder()
                .setName("w")
                .setDataType(1)
                .addDims(1 << 20)
                .addDims(1 << 18)
                .build();
        assertRefused(
                model(13, graph(node("Add", "x w", "y")).addInitializer(huge)),
                "initializer 'w': a tensor f32[1048576, 262144] has 274877906944 elements, and 0 are given");
    }

    @Test
    void functionsThatCallThemselvesAreAnError() throws IOException {
        NodeProto call = node("F", "in", "out").toBuilder().setDomain("acme").build();
        FunctionProto function = FunctionProto.newBuilder()
                .setDomain("acme")
                .setName("F")
                .addInput("in")
                .addOutput("out")
                .addOpsetImport(opset("", 13))
                .addNode(call)
                .build();
        NodeProto use = node("F", "x", "y").toBuilder().setDomain("acme").build();
        assertRefused(
                model(13, graph(use)).addFunctions(function).addOpsetImport(opset("acme", 1)),
                "function 'F', called by node 'f/f'",
                "call each other in a circle");
    }

    @Test
    void functionsThatDoubleAtEveryLevelAreCutOff() throws IOException {
        ModelProto.Builder model = model(13, graph(calling("F0", "x", "y")));
        for (int level = 0; level < 40; level++) {
            model.addFunctions(FunctionProto.newBuilder()
                    .setDomain("acme")
                    .setName("F" + level)
                    .addInput("in")
                    .addOutput("out")
                    .addOpsetImport(opset("", 13))
                    .addNode(level < 39 ? calling("F" + (level + 1), "in", "t") : node("Relu", "in", "t"))
                    .addNode(level < 39 ? calling("F" + (level + 1), "t", "out") : node("Relu", "t", "out")));
        }
        assertRefused(model, "more than 200000 nodes");
    }

    private static NodeProto calling(String function, String input, String output) {
        return node(function, input, output).toBuilder().setDomain("acme").build();
    }

    @Test
    void aModelThatDoesNotSayItsOpsetIsAnError() throws IOException {
        assertRefused(
                model(13, graph(node("Relu", "x", "y"))).clearOpsetImport().addOpsetImport(opset("acme", 1)),
                "does not say which opset");
    }

    @Test
    void everythingThatIsMissingIsListedAtOnce() throws IOException {
        NodeProto gate =
                node("Gate", "c", "d").toBuilder().setDomain("com.acme").build();
        TensorProto text = TensorProto.newBuilder()
                .setName("s")
                .setDataType(8)
                .addDims(1)
                .addStringData(ByteString.EMPTY)
                .build();
        GraphProto.Builder graph = graph(
                        node("ImageDecoder", "x", "a"),
                        node("Softmax", "a", "b", attribute("speed", 11)),
                        node("Cast", "b", "c", attribute("to", 17)),
                        gate,
                        node("Add", "d s", "y"))
                .addInitializer(text);
        Path path =
                Files.write(folder.resolve("m.onnx"), model(13, graph).build().toByteArray());
        OperatorSupport support = OperatorSupport.of(Set.of("Softmax", "Cast", "Add"));
        assertThatThrownBy(() -> OnnxImporter.read(path, support))
                .isInstanceOfSatisfying(
                        UnsupportedModelException.class,
                        e -> assertThat(e.problems())
                                .extracting(Problem::name)
                                .containsExactlyInAnyOrder(
                                        "ImageDecoder", "speed", "float8e4m3fn", "com.acme::Gate", "string"))
                .hasMessageContaining("m.onnx: not supported: ")
                .hasMessageContaining(
                        "node 'imagedecoder' (ImageDecoder): no kernel and no host operator for ImageDecoder")
                .hasMessageContaining("supported: Add, Cast, Softmax")
                .hasMessageContaining("initializer 's': elements of type string");
    }

    @Test
    void anOpsetBeyondTheNewestIsNotSupported() throws IOException {
        assertThat(failure(model(99, graph(node("Relu", "x", "y"))).build().toByteArray()))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("opset 99 of ONNX")
                .hasMessageContaining("supported: 6 to 28");
    }

    @Test
    void trainingIsNotSupported() throws IOException {
        GraphProto.Builder graph = graph(node("BatchNormalization", "x s s s s", "y", attribute("training_mode", 1)))
                .addInitializer(floats("s", 1, 1, 1));
        assertThat(failure(model(15, graph).build().toByteArray()))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("node 'batchnormalization' (BatchNormalization): training_mode");
        assertThat(failure(model(13, graph(node("Dropout", "x r x", "y")).addInitializer(longs("r", 1)))
                        .build()
                        .toByteArray()))
                .isInstanceOf(UnsupportedModelException.class);
    }
}
