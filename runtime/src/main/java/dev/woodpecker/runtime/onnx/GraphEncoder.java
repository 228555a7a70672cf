package dev.woodpecker.runtime.onnx;

import com.google.protobuf.ByteString;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto.AttributeType;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorShapeProto;
import dev.woodpecker.runtime.onnx.internal.proto.TypeProto;
import dev.woodpecker.runtime.onnx.internal.proto.ValueInfoProto;
import java.util.List;
import java.util.Optional;

/** Writes nodes, attributes and types as ONNX's messages. */
final class GraphEncoder {

    private GraphEncoder() {}

    static NodeProto node(Node node) {
        NodeProto.Builder result = NodeProto.newBuilder()
                .setName(node.name())
                .setOpType(node.operator().name())
                .setDomain(node.operator().domain());
        node.inputs().forEach(input -> result.addInput(name(input)));
        node.outputs().forEach(output -> result.addOutput(name(output)));
        node.attributes().forEach((name, value) -> result.addAttribute(attribute(name, value)));
        return result.build();
    }

    private static String name(Operand operand) {
        return switch (operand) {
            case Operand.Value value -> value.name();
            case Operand.Absent _ -> "";
        };
    }

    private static AttributeProto attribute(String name, Attribute attribute) {
        AttributeProto.Builder result = AttributeProto.newBuilder().setName(name);
        switch (attribute) {
            case Attribute.Int(long value) -> result.setType(AttributeType.INT).setI(value);
            case Attribute.Float(float value) ->
                result.setType(AttributeType.FLOAT).setF(value);
            case Attribute.Text(String value) ->
                result.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(value));
            case Attribute.Ints(List<Long> values) ->
                result.setType(AttributeType.INTS).addAllInts(values);
            case Attribute.Floats(List<Float> values) ->
                result.setType(AttributeType.FLOATS).addAllFloats(values);
            case Attribute.Texts(List<String> values) -> {
                result.setType(AttributeType.STRINGS);
                values.forEach(value -> result.addStrings(ByteString.copyFromUtf8(value)));
            }
            case Attribute.ElementType(DType value) ->
                result.setType(AttributeType.INT).setI(ElementTypes.number(value));
            case Attribute.Tensor(NdArray value) ->
                result.setType(AttributeType.TENSOR).setT(TensorProtoFile.encode("", value));
            case Attribute.Subgraph(Graph value) ->
                result.setType(AttributeType.GRAPH).setG(graph(value));
        }
        return result.build();
    }

    private static GraphProto graph(Graph graph) {
        GraphProto.Builder result = GraphProto.newBuilder().setName(graph.name());
        graph.inputs().forEach(input -> result.addInput(value(input, graph.type(input))));
        graph.constants().forEach((name, value) -> result.addInitializer(TensorProtoFile.encode(name, value)));
        graph.nodes().forEach(node -> result.addNode(node(node)));
        graph.outputs().forEach(output -> result.addOutput(value(output, graph.type(output))));
        return result.build();
    }

    static ValueInfoProto value(String name, Optional<TensorType> type) {
        ValueInfoProto.Builder result = ValueInfoProto.newBuilder().setName(name);
        type.ifPresent(known -> {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
            known.shape().dimensions().forEach(dimension -> {
                TensorShapeProto.Dimension.Builder extent = shape.addDimBuilder();
                switch (dimension) {
                    case Dimension.Known value -> extent.setDimValue(value.extent());
                    case Dimension.Symbolic value -> extent.setDimParam(value.name());
                }
            });
            result.setType(TypeProto.newBuilder()
                    .setTensorType(TypeProto.Tensor.newBuilder()
                            .setElemType(ElementTypes.number(known.element()))
                            .setShape(shape)));
        });
        return result.build();
    }
}
