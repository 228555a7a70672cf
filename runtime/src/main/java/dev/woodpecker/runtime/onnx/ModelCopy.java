package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import dev.woodpecker.runtime.onnx.internal.proto.ValueInfoProto;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model file taken apart as it is, without bringing it into the newest form. */
final class ModelCopy {

    private final String file;
    private final ModelProto model;
    private final Problems problems = new Problems();
    private final TensorDecoder tensors;
    private final TypeDecoder types;
    private final AttributeDecoder attributes;

    ModelCopy(Path path) {
        ModelFile<ModelProto> read = ModelFile.readModel(path);
        this.file = path.toString();
        this.model = read.message();
        this.tensors = new TensorDecoder(read, problems);
        this.types = new TypeDecoder(file, problems);
        this.attributes = new AttributeDecoder(file, tensors, problems);
    }

    OnnxModelBuilder builder() {
        Integer opset = FunctionInliner.opsets(model.getOpsetImportList()).get("");
        if (!model.hasGraph() || opset == null) {
            throw new ModelFormatException(file, "", "not an ONNX model: it has no graph or no opset");
        }
        GraphProto graph = model.getGraph();
        OnnxModelBuilder builder = new OnnxModelBuilder(graph.getName(), opset);
        for (TensorProto tensor : graph.getInitializerList()) {
            tensors.decode(tensor, "initializer '" + tensor.getName() + "'")
                    .ifPresent(array -> builder.initializer(tensor.getName(), array));
        }
        for (ValueInfoProto input : graph.getInputList()) {
            if (!builder.initializers().containsKey(input.getName())) {
                types.input(input, true).ifPresent(type -> builder.input(input.getName(), type));
            }
        }
        for (ValueInfoProto output : graph.getOutputList()) {
            Optional<TensorType> type = types.output(output, true);
            type.ifPresentOrElse(
                    known -> builder.output(output.getName(), known), () -> builder.output(output.getName()));
        }
        for (ValueInfoProto value : graph.getValueInfoList()) {
            types.output(value, true).ifPresent(type -> builder.value(value.getName(), type));
        }
        for (int i = 0; i < graph.getNodeCount(); i++) {
            addNode(graph.getNode(i), i, builder);
        }
        problems.throwIfAny(file);
        return builder;
    }

    private void addNode(NodeProto proto, int index, OnnxModelBuilder builder) {
        String name = proto.getName().isEmpty() ? proto.getOpType() + "_" + index : proto.getName();
        String place = "node '" + name + "' (" + proto.getOpType() + ")";
        if (ConstantNode.is(proto) && proto.getOutputCount() == 1) {
            Optional<NdArray> value = ConstantNode.decode(proto, place, attributes, problems);
            value.ifPresent(array -> builder.initializer(proto.getOutput(0), array));
            return;
        }
        Map<String, Attribute> values = new LinkedHashMap<>();
        for (AttributeProto attribute : proto.getAttributeList()) {
            attributes
                    .decode(attribute, place, _ -> subgraph(attribute, place))
                    .ifPresent(value -> values.put(attribute.getName(), value));
        }
        builder.node(new Node(
                name,
                new Operator(FunctionInliner.domain(proto.getDomain()), proto.getOpType()),
                proto.getInputList().stream().map(Operand::of).toList(),
                proto.getOutputList().stream().map(Operand::of).toList(),
                values,
                List.of(name)));
    }

    /** Noted as missing; what stands in for it is never written. */
    private Graph subgraph(AttributeProto attribute, String place) {
        problems.add(
                Subject.ATTRIBUTE,
                attribute.getName(),
                place,
                "a graph in attribute '" + attribute.getName() + "'",
                "");
        return new Graph("", List.of(), List.of(), Map.of(), List.of(), List.of(), Map.of());
    }
}
