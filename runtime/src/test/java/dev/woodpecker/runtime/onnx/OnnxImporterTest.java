package dev.woodpecker.runtime.onnx;

import static dev.woodpecker.runtime.onnx.TestModels.attribute;
import static dev.woodpecker.runtime.onnx.TestModels.everything;
import static dev.woodpecker.runtime.onnx.TestModels.floats;
import static dev.woodpecker.runtime.onnx.TestModels.graph;
import static dev.woodpecker.runtime.onnx.TestModels.integers;
import static dev.woodpecker.runtime.onnx.TestModels.longs;
import static dev.woodpecker.runtime.onnx.TestModels.model;
import static dev.woodpecker.runtime.onnx.TestModels.node;
import static dev.woodpecker.runtime.onnx.TestModels.numbers;
import static dev.woodpecker.runtime.onnx.TestModels.opset;
import static dev.woodpecker.runtime.onnx.TestModels.reference;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.FunctionProto;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import dev.woodpecker.runtime.onnx.internal.proto.SparseTensorProto;
import dev.woodpecker.runtime.onnx.internal.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxImporterTest {

    @TempDir
    Path folder;

    private Graph read(ModelProto.Builder model) throws IOException {
        return OnnxImporter.read(
                Files.write(folder.resolve("m.onnx"), model.build().toByteArray()), everything());
    }

    private static String nodes(Graph graph) {
        return graph.nodes().stream().map(Node::toString).collect(Collectors.joining("\n"));
    }

    /** The nodes that import makes of one node of an opset. */
    private String imported(int opset, NodeProto node) throws IOException {
        return nodes(read(model(opset, graph(node))));
    }

    @Test
    void attributesAreCompletedByTheirDefaults() throws IOException {
        assertThat(imported(22, node("LeakyRelu", "x", "y"))).isEqualTo("y = LeakyRelu(x) {alpha=0.01}  # leakyrelu");
        assertThat(imported(6, node("Selu", "x", "y", attribute("alpha", 1f))))
                .isEqualTo("y = Selu(x) {alpha=1.0, gamma=1.050701}  # selu");
        assertThat(imported(13, node("Cast", "x", "y", attribute("to", 10))))
                .isEqualTo("y = Cast(x) {round_mode=\"up\", saturate=1, to=f16}  # cast");
    }

    @Test
    void attributesThatBecameInputsAreConstants() throws IOException {
        Graph graph = read(model(9, graph(node("Slice", "x", "y", integers("starts", 1), integers("ends", 2)))));
        assertThat(nodes(graph)).isEqualTo("y = Slice(x, slice/starts, slice/ends)  # slice");
        assertThat(graph.constants().get("slice/starts")).isEqualTo(NdArray.of(new long[] {1}, 1));
        Graph clip = read(model(6, graph(node("Clip", "x", "y", attribute("max", 6f)))));
        assertThat(nodes(clip)).isEqualTo("y = Clip(x, _, clip/max)  # clip");
        assertThat(clip.constants().get("clip/max")).isEqualTo(NdArray.scalar(6f));
    }

    @Test
    void softmaxOfOldFlattensAndTheNewestDoesNot() throws IOException {
        assertThat(imported(11, node("Softmax", "x", "y"))).isEqualTo("""
            softmax/Flatten = Flatten(x) {axis=1}  # softmax/Flatten
            softmax/Softmax = Softmax(softmax/Flatten) {axis=-1}  # softmax/Softmax
            softmax/Shape = Shape(x) {start=0}  # softmax/Shape
            y = Reshape(softmax/Softmax, softmax/Shape) {allowzero=1}  # softmax\
            """);
        assertThat(imported(11, node("Softmax", "x", "y", attribute("axis", -1))))
                .isEqualTo(imported(13, node("Softmax", "x", "y")))
                .isEqualTo("y = Softmax(x) {axis=-1}  # softmax");
    }

    @Test
    void broadcastAxesOfOpset6BecomeViews() throws IOException {
        GraphProto.Builder channels = graph(node("Add", "x b", "y", attribute("broadcast", 1), attribute("axis", 0)))
                .addInitializer(floats("b", 1, 2));
        assertThat(nodes(read(model(6, channels)))).isEqualTo("""
            add/AlignAxis = dev.woodpecker::AlignAxis(b, x) {axis=0}  # add/AlignAxis
            y = Add(x, add/AlignAxis)  # add\
            """);
        GraphProto.Builder suffix =
                graph(node("Add", "x b", "y", attribute("broadcast", 1))).addInitializer(floats("b", 1, 2, 3));
        assertThat(nodes(read(model(6, suffix)))).isEqualTo("y = Add(x, b)  # add");
    }

    @Test
    void dropoutPassesEverythingAndItsMaskIsTrue() throws IOException {
        assertThat(imported(7, node("Dropout", "x", "y"))).isEqualTo("y = Identity(x)  # dropout");
        assertThat(imported(13, node("Dropout", "x", "y mask"))).isEqualTo("""
            y = Identity(x)  # dropout
            dropout/Shape = Shape(x) {start=0}  # dropout/Shape
            mask = ConstantOfShape(dropout/Shape) {value=bool[1] [true]}  # dropout/ConstantOfShape\
            """);
    }

    @Test
    void upsampleIsAResize() throws IOException {
        assertThat(imported(7, node("Upsample", "x", "y", numbers("scales", 1, 2))))
                .isEqualTo("y = Resize(x, _, upsample/scales) {antialias=0, "
                        + "coordinate_transformation_mode=\"asymmetric\", cubic_coeff_a=-0.75, exclude_outside=0, "
                        + "extrapolation_value=0.0, keep_aspect_ratio_policy=\"stretch\", mode=\"nearest\", "
                        + "nearest_mode=\"floor\"}  # upsample");
    }

    @Test
    void emptyScalesAndRoiOfResizeAreAbsent() throws IOException {
        GraphProto.Builder resize = graph(node("Resize", "x none none sizes", "y"))
                .addInitializer(floats("none"))
                .addInitializer(longs("sizes", 4, 6));
        assertThat(nodes(read(model(11, resize)))).startsWith("y = Resize(x, _, _, sizes) {");
    }

    @Test
    void splitKnowsTheNumberOfItsParts() throws IOException {
        assertThat(imported(11, node("Split", "x", "y z")))
                .isEqualTo("y, z = Split(x) {axis=0, num_outputs=2}  # split");
        assertThat(imported(11, node("Split", "x", "y z", integers("split", 1, 1))))
                .isEqualTo("y, z = Split(x, split/split) {axis=0}  # split");
    }

    @Test
    void experimentalOperatorsAreArithmetic() throws IOException {
        assertThat(imported(6, node("Affine", "x", "y", attribute("alpha", 2f))))
                .isEqualTo("""
                    affine/Mul = Mul(x, affine/alpha)  # affine/Mul
                    y = Add(affine/Mul, affine/beta)  # affine\
                    """);
        Graph crop = read(model(6, graph(node("Crop", "x", "y", integers("border", 1, 2, 0, 4)))));
        assertThat(nodes(crop)).isEqualTo("y = Slice(x, crop/starts, crop/ends, crop/axes)  # crop");
        assertThat(crop.constant("crop/ends").orElseThrow().toLongArray()).containsExactly(-4, Long.MAX_VALUE);
    }

    @Test
    void groupNormalizationBeforeOpset21HasOneScaleAGroup() throws IOException {
        GraphProto.Builder graph = graph(node("GroupNormalization", "x s b", "y", attribute("num_groups", 3)))
                .addInitializer(floats("s", 1, 2, 3))
                .addInitializer(floats("b", 1, 2, 3));
        assertThat(nodes(read(model(18, graph)))).contains("InstanceNormalization(groupnormalization/Reshape, s, b)");
        assertThat(nodes(read(model(21, graph)))).startsWith("y = GroupNormalization(x, s, b)");
    }

    @Test
    void constantsComeInAllForms() throws IOException {
        SparseTensorProto sparse = SparseTensorProto.newBuilder()
                .setValues(floats("", 5, 7))
                .setIndices(longs("", 1, 3))
                .addDims(4)
                .build();
        AttributeProto sparseValue = AttributeProto.newBuilder()
                .setName("sparse_value")
                .setType(AttributeProto.AttributeType.SPARSE_TENSOR)
                .setSparseTensor(sparse)
                .build();
        Graph graph = read(model(
                13,
                graph(
                        node("Constant", "", "a", attribute("value", floats("", 1, 2))),
                        node("Constant", "", "b", attribute("value_int", 3)),
                        node("Constant", "", "c", attribute("value_float", 2.5f)),
                        node("Constant", "", "d", integers("value_ints", 4, 5)),
                        node("Constant", "", "e", numbers("value_floats", 1.5f)),
                        node("Constant", "", "f", sparseValue),
                        node("Relu", "x", "y"))));
        assertThat(nodes(graph)).isEqualTo("y = Relu(x)  # relu");
        assertThat(graph.constants())
                .containsEntry("a", NdArray.of(new float[] {1, 2}, 2))
                .containsEntry("b", NdArray.scalar(3L))
                .containsEntry("c", NdArray.scalar(2.5f))
                .containsEntry("d", NdArray.of(new long[] {4, 5}, 2))
                .containsEntry("e", NdArray.of(new float[] {1.5f}, 1))
                .containsEntry("f", NdArray.of(new float[] {0, 5, 0, 7}, 4));
    }

    @Test
    void anInputWithAnInitializerIsAConstant() throws IOException {
        GraphProto.Builder graph = graph(node("Add", "x w", "y"))
                .addInput(TestModels.value("w", 1, 3))
                .addInitializer(floats("w", 1, 2, 3));
        Graph read = read(model(9, graph));
        assertThat(read.inputs()).containsExactly("x");
        assertThat(read.constants()).containsKey("w");
    }

    @Test
    void nodesInAnyOrderAreSortedAndNamed() throws IOException {
        NodeProto unnamed = node("Relu", "x", "a").toBuilder().clearName().build();
        assertThat(nodes(read(model(13, graph(node("Add", "a b", "y"), node("Relu", "a", "b"), unnamed)))))
                .isEqualTo("""
                    a = Relu(x)  # Relu_2
                    b = Relu(a)  # relu
                    y = Add(a, b)  # add\
                    """);
    }

    @Test
    void functionsAreExpandedWithTheirAttributes() throws IOException {
        FunctionProto inner = FunctionProto.newBuilder()
                .setDomain("acme")
                .setName("Soft")
                .addInput("in")
                .addOutput("out")
                .addAttribute("along")
                .addOpsetImport(opset("", 13))
                .addNode(node("Softmax", "in", "out", reference("axis", "along")))
                .build();
        NodeProto call = node("Soft", "t", "out", reference("along", "axis")).toBuilder()
                .setDomain("acme")
                .build();
        FunctionProto outer = FunctionProto.newBuilder()
                .setDomain("acme")
                .setName("TwoSoft")
                .addInput("in")
                .addInput("unused")
                .addOutput("out")
                .addAttributeProto(attribute("axis", 1))
                .addOpsetImport(opset("", 13))
                .addOpsetImport(opset("acme", 1))
                .addNode(node("Relu", "in", "t"))
                .addNode(call)
                .build();
        NodeProto use = node("TwoSoft", "x", "y").toBuilder().setDomain("acme").build();
        ModelProto.Builder model = model(22, graph(use)).addOpsetImport(opset("acme", 1));
        assertThat(nodes(read(model.addFunctions(inner).addFunctions(outer)))).isEqualTo("""
            twosoft/t = Relu(x)  # twosoft/relu
            y = Softmax(twosoft/t) {axis=1}  # twosoft/soft/softmax\
            """);
    }

    @Test
    void aFunctionIsReadByItsOwnOpset() throws IOException {
        FunctionProto function = FunctionProto.newBuilder()
                .setDomain("acme")
                .setName("Old")
                .addInput("in")
                .addOutput("out")
                .addOpsetImport(opset("", 9))
                .addNode(node("Softmax", "in", "out", attribute("axis", 0)))
                .build();
        NodeProto use = node("Old", "x", "y").toBuilder().setDomain("acme").build();
        assertThat(nodes(read(model(22, graph(use)).addFunctions(function)))).contains("Flatten(x) {axis=0}");
    }

    @Test
    void subgraphsCaptureValuesOfTheGraphAround() throws IOException {
        GraphProto.Builder branch = GraphProto.newBuilder()
                .setName("then")
                .addNode(node("Add", "x w", "t"))
                .addOutput(ValueInfoProto.newBuilder().setName("t"));
        GraphProto.Builder other = GraphProto.newBuilder()
                .setName("else")
                .addNode(node("Relu", "x", "e"))
                .addOutput(ValueInfoProto.newBuilder().setName("e"));
        GraphProto.Builder graph = graph(
                        node("If", "c", "y", attribute("then_branch", branch), attribute("else_branch", other)))
                .addInput(TestModels.value("c", 9))
                .addInitializer(floats("w", 1, 2, 3));
        Graph read = read(model(13, graph));
        assertThat(read.nodes().getFirst().usedNames()).containsExactlyInAnyOrder("c", "x", "x", "w");
        assertThat(read.toString()).contains("captured w");
    }

    @Test
    void dimensionsStayOpenUnderTheirNames() throws IOException {
        GraphProto.Builder graph = graph(node("Relu", "x", "y"));
        graph.getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(0)
                .setDimParam("n");
        graph.getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .getDimBuilder(1)
                .clearValue();
        assertThat(read(model(13, graph)).type("x")).hasToString("Optional[f32[n, x[1]]]");
    }
}
