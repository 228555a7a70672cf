package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import java.util.List;
import java.util.Optional;

/** The value of a Constant node: one attribute out of {@code value, sparse_value, value_int(s), value_float(s)}. */
final class ConstantNode {

    private ConstantNode() {}

    static boolean is(NodeProto node) {
        return node.getOpType().equals("Constant")
                && FunctionInliner.domain(node.getDomain()).isEmpty();
    }

    /** The value; empty, with the problem noted, if Woodpecker has no such values. */
    static Optional<NdArray> decode(NodeProto node, String place, AttributeDecoder attributes, Problems problems) {
        if (node.getAttributeCount() != 1) {
            throw attributes.error(place, node.getAttributeCount() + " attributes; a constant has one, its value");
        }
        AttributeProto attribute = node.getAttribute(0);
        Optional<Attribute> value = attributes.decode(attribute, place, _ -> {
            throw attributes.error(place, "a graph is no constant");
        });
        return value.flatMap(decoded -> switch (decoded) {
            case Attribute.Tensor(NdArray array) -> Optional.of(array);
            case Attribute.Int(long number) -> Optional.of(NdArray.scalar(number));
            case Attribute.Float(float number) -> Optional.of(NdArray.scalar(number));
            case Attribute.Ints(List<Long> numbers) ->
                Optional.of(
                        NdArray.of(numbers.stream().mapToLong(Long::longValue).toArray(), numbers.size()));
            case Attribute.Floats(List<Float> numbers) -> {
                float[] values = new float[numbers.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = numbers.get(i);
                }
                yield Optional.of(NdArray.of(values, values.length));
            }
            case Attribute.Text _, Attribute.Texts _ -> {
                problems.add(Subject.TYPE, "string", place, "elements of type string", ElementTypes.supported());
                yield Optional.empty();
            }
            case Attribute.ElementType _, Attribute.Subgraph _ ->
                throw attributes.error(place, "attribute '" + attribute.getName() + "' is no value of a constant");
        });
    }
}
