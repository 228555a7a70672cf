package dev.woodpecker.runtime.onnx;

import com.google.protobuf.ByteString;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto.AttributeType;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import dev.woodpecker.runtime.onnx.internal.proto.OperatorSetIdProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorShapeProto;
import dev.woodpecker.runtime.onnx.internal.proto.TypeProto;
import dev.woodpecker.runtime.onnx.internal.proto.ValueInfoProto;
import dev.woodpecker.runtime.onnx.schema.OperatorSchemas;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/** Messages of models, sound or not, as a file would hold them. */
final class TestModels {

    private TestModels() {}

    /** Support for everything that import can leave in a graph. */
    static OperatorSupport everything() {
        Set<String> operators = new TreeSet<>(OperatorSchemas.all().keySet());
        operators.add("dev.woodpecker::AlignAxis");
        return OperatorSupport.of(operators);
    }

    static ModelProto.Builder model(int opset, GraphProto.Builder graph) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(opset("", opset))
                .setGraph(graph);
    }

    static OperatorSetIdProto opset(String domain, int version) {
        return OperatorSetIdProto.newBuilder()
                .setDomain(domain)
                .setVersion(version)
                .build();
    }

    /** A graph from x: f32[2, 3] to y. */
    static GraphProto.Builder graph(NodeProto... nodes) {
        return GraphProto.newBuilder()
                .setName("g")
                .addInput(value("x", 1, 2, 3))
                .addOutput(ValueInfoProto.newBuilder().setName("y"))
                .addAllNode(Arrays.asList(nodes));
    }

    static ValueInfoProto value(String name, int elementType, long... shape) {
        TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
        for (long extent : shape) {
            dimensions.addDimBuilder().setDimValue(extent);
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(elementType)
                                .setShape(dimensions)))
                .build();
    }

    /** A node named after its operator; names of inputs and outputs are parted by blanks, {@code _} is absent. */
    static NodeProto node(String operator, String inputs, String outputs, AttributeProto... attributes) {
        NodeProto.Builder node =
                NodeProto.newBuilder().setOpType(operator).setName(operator.toLowerCase(java.util.Locale.ROOT));
        names(inputs).forEach(node::addInput);
        names(outputs).forEach(node::addOutput);
        return node.addAllAttribute(Arrays.asList(attributes)).build();
    }

    private static Iterable<String> names(String text) {
        return Arrays.stream(text.split(" "))
                .filter(name -> !name.isEmpty())
                .map(name -> name.equals("_") ? "" : name)
                .toList();
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto attribute(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto attribute(String name, TensorProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.TENSOR)
                .setT(value)
                .build();
    }

    static AttributeProto attribute(String name, GraphProto.Builder value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.GRAPH)
                .setG(value)
                .build();
    }

    static AttributeProto integers(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute.build();
    }

    static AttributeProto numbers(String name, float... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOATS);
        for (float value : values) {
            attribute.addFloats(value);
        }
        return attribute.build();
    }

    /** An attribute of a function's node that stands for the attribute of the call. */
    static AttributeProto reference(String name, String of) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setRefAttrName(of)
                .build();
    }

    static TensorProto floats(String name, float... values) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(1).addDims(values.length);
        for (float value : values) {
            tensor.addFloatData(value);
        }
        return tensor.build();
    }

    static TensorProto longs(String name, long... values) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(7).addDims(values.length);
        for (long value : values) {
            tensor.addInt64Data(value);
        }
        return tensor.build();
    }
}
