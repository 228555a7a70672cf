package dev.woodpecker.runtime.onnx;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import dev.woodpecker.runtime.onnx.opset.OpsetRules;
import dev.woodpecker.runtime.onnx.opset.Rewrite;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Arity;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.AttributeSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.AttributeType;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.BecameInput;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Formal;
import dev.woodpecker.runtime.onnx.schema.OperatorSchemas;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes nodes of the newest form of a node of the file: attributes checked against the table and completed by its
 * defaults, attributes that became inputs moved there, old meanings rewritten.
 */
final class NodeDecoder {

    private final String file;
    private final AttributeDecoder attributes;
    private final Problems problems;
    private final Names names;
    private final OperatorSupport support;
    private final Set<Integer> opsetsRefused = new HashSet<>();

    NodeDecoder(String file, AttributeDecoder attributes, Problems problems, Names names, OperatorSupport support) {
        this.file = file;
        this.attributes = attributes;
        this.problems = problems;
        this.names = names;
        this.support = support;
    }

    /**
     * @param constants of the graph around, which new ones are added to
     * @param subgraphs reads a graph in the scope of the node
     */
    List<Node> decode(
            NodeProto proto,
            String name,
            Map<String, Integer> opsets,
            Map<String, NdArray> constants,
            Function<String, Optional<NdArray>> visibleConstants,
            Function<GraphProto, Graph> subgraphs) {
        Operator operator = new Operator(FunctionInliner.domain(proto.getDomain()), proto.getOpType());
        String place = "node '" + name + "' (" + operator + ")";
        List<Operand> inputs = proto.getInputList().stream().map(Operand::of).toList();
        List<Operand> outputs = proto.getOutputList().stream().map(Operand::of).toList();
        Node bare = new Node(name, operator, inputs, outputs, Map.of(), List.of(name));
        Optional<OperatorSchema> schema = operator.isOnnx() ? OperatorSchemas.find(operator.name()) : Optional.empty();
        if (schema.isEmpty()) {
            Node node = bare.withAttributes(attributes(proto, Optional.empty(), 0, place, subgraphs));
            requireSupport(node);
            return List.of(node);
        }
        int opset = opset(opsets, place);
        Node node = bare.withAttributes(attributes(proto, schema, opset, place, subgraphs));
        node = moveToInputs(node, schema.get(), opset, constants);
        Optional<Rewrite> rewrite = OpsetRules.rewrite(node, opset, visibleConstants, names::fresh);
        rewrite.ifPresent(done -> {
            constants.putAll(done.newConstants());
            done.objections()
                    .forEach(objection -> problems.add(
                            Subject.ATTRIBUTE,
                            objection.attribute(),
                            place,
                            objection.attribute() + ": " + objection.problem(),
                            objection.supported()));
        });
        List<Node> newest = rewrite.map(Rewrite::nodes).orElse(List.of(node)).stream()
                .map(NodeDecoder::withNewestDefaults)
                .toList();
        newest.forEach(each -> {
            requireForm(each, place);
            requireSupport(each);
        });
        return newest;
    }

    /** Opsets before 6 are read as 6: where they differ an attribute or input count does, and that is an error. */
    private int opset(Map<String, Integer> opsets, String place) {
        Integer opset = opsets.get("");
        if (opset == null) {
            throw new ModelFormatException(file, place, "the model does not say which opset of ONNX it uses");
        }
        if (opset > OperatorSchemas.NEWEST_OPSET && opsetsRefused.add(opset)) {
            problems.add(
                    Subject.OPSET,
                    "opset " + opset,
                    "opset_import",
                    "opset " + opset + " of ONNX",
                    OperatorSchemas.OLDEST_OPSET + " to " + OperatorSchemas.NEWEST_OPSET);
        }
        return Math.max(opset, OperatorSchemas.OLDEST_OPSET);
    }

    private Map<String, Attribute> attributes(
            NodeProto proto,
            Optional<OperatorSchema> schema,
            int opset,
            String place,
            Function<GraphProto, Graph> subgraphs) {
        Map<String, Attribute> values = new TreeMap<>();
        Set<String> given = new HashSet<>();
        for (AttributeProto attribute : proto.getAttributeList()) {
            String attributeName = attribute.getName();
            if (!given.add(attributeName)) {
                throw new ModelFormatException(file, place, "attribute '" + attributeName + "' is given twice");
            }
            Optional<AttributeSchema> form = schema.flatMap(operator -> operator.attribute(attributeName, opset));
            if (schema.isPresent() && form.isEmpty()) {
                unknownAttribute(attributeName, schema.get(), opset, place);
                continue;
            }
            form.ifPresent(expected -> requireType(attribute, expected, place));
            Optional<Attribute> value = form.isPresent() && form.get().type() == AttributeType.TYPE
                    ? elementType(attribute, place)
                    : attributes.decode(attribute, place, subgraphs);
            value.ifPresent(decoded -> values.put(attributeName, decoded));
        }
        if (schema.isPresent()) {
            for (AttributeSchema form : schema.get().attributes(opset)) {
                if (form.required() && !given.contains(form.name())) {
                    throw new ModelFormatException(file, place, "attribute '" + form.name() + "' is missing");
                }
                if (!given.contains(form.name())) {
                    AttributeDefault.of(form).ifPresent(value -> values.put(form.name(), value));
                }
            }
        }
        return values;
    }

    private void unknownAttribute(String attributeName, OperatorSchema schema, int opset, String place) {
        String known =
                schema.attributes(opset).stream().map(AttributeSchema::name).collect(Collectors.joining(", "));
        problems.add(
                Subject.ATTRIBUTE,
                attributeName,
                place,
                "attribute '" + attributeName + "', which " + schema.name() + " of opset " + opset + " does not have",
                known.isEmpty() ? "no attributes" : known);
    }

    private void requireType(AttributeProto attribute, AttributeSchema expected, String place) {
        AttributeProto.AttributeType wanted = switch (expected.type()) {
            case INT, TYPE -> AttributeProto.AttributeType.INT;
            case FLOAT -> AttributeProto.AttributeType.FLOAT;
            case TEXT -> AttributeProto.AttributeType.STRING;
            case INTS -> AttributeProto.AttributeType.INTS;
            case FLOATS -> AttributeProto.AttributeType.FLOATS;
            case TEXTS -> AttributeProto.AttributeType.STRINGS;
            case TENSOR -> AttributeProto.AttributeType.TENSOR;
            case SPARSE_TENSOR -> AttributeProto.AttributeType.SPARSE_TENSOR;
            case GRAPH -> AttributeProto.AttributeType.GRAPH;
            case VALUE_TYPE -> AttributeProto.AttributeType.TYPE_PROTO;
        };
        String attributePlace = place + " attribute '" + attribute.getName() + "'";
        AttributeProto.AttributeType actual = AttributeDecoder.type(attribute, file, attributePlace);
        // An empty list in a file of IR version 1 or 2 leaves no trace of its type.
        boolean emptyList = actual == AttributeProto.AttributeType.UNDEFINED
                && wanted.name().endsWith("S");
        if (actual != wanted && !emptyList) {
            throw new ModelFormatException(file, attributePlace, "it is of type " + actual + ", not " + wanted);
        }
    }

    /** 0 stands for a type that is not given. */
    private Optional<Attribute> elementType(AttributeProto attribute, String place) {
        long number = attribute.getI();
        Optional<DType> type = ElementTypes.type(number);
        if (number != 0 && type.isEmpty()) {
            problems.elementType(number, place + " attribute '" + attribute.getName() + "'");
        }
        return type.map(Attribute.ElementType::new);
    }

    private Node moveToInputs(Node node, OperatorSchema schema, int opset, Map<String, NdArray> constants) {
        Node moved = node;
        for (AttributeSchema form : schema.attributes(opset)) {
            Optional<Attribute> value = node.attribute(form.name());
            if (form.becameInput().isEmpty() || value.isEmpty()) {
                continue;
            }
            BecameInput place = form.becameInput().get();
            if (node.input(place.index()) instanceof Operand.Value) {
                throw new ModelFormatException(
                        file, node.place(), "'" + form.name() + "' is given as an attribute and as an input");
            }
            String constant = names.fresh(node.name() + "/" + form.name());
            constants.put(constant, asInput(value.get(), place.scalar()));
            moved = moved.without(form.name()).withInput(place.index(), Operand.of(constant));
        }
        return moved;
    }

    private static NdArray asInput(Attribute value, boolean scalar) {
        int[] shape = scalar ? new int[0] : new int[] {1};
        return switch (value) {
            case Attribute.Int(long number) -> NdArray.of(new long[] {number}, shape);
            case Attribute.Float(float number) -> NdArray.of(new float[] {number}, shape);
            case Attribute.Ints(List<Long> numbers) ->
                NdArray.of(numbers.stream().mapToLong(Long::longValue).toArray(), numbers.size());
            case Attribute.Floats(List<Float> numbers) -> {
                float[] values = new float[numbers.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = numbers.get(i);
                }
                yield NdArray.of(values, values.length);
            }
            case Attribute.Text _,
                    Attribute.Texts _,
                    Attribute.ElementType _,
                    Attribute.Tensor _,
                    Attribute.Subgraph _ ->
                throw new IllegalStateException("the operator table moves an attribute " + value + " to an input");
        };
    }

    private static Node withNewestDefaults(Node node) {
        Map<String, Attribute> values = new TreeMap<>(node.attributes());
        if (node.operator().isOnnx()) {
            OperatorSchemas.find(node.operator().name()).ifPresent(schema -> {
                for (AttributeSchema form : schema.attributes(OperatorSchemas.NEWEST_OPSET)) {
                    AttributeDefault.of(form).ifPresent(value -> values.putIfAbsent(form.name(), value));
                }
            });
        }
        return node.withAttributes(values);
    }

    private void requireForm(Node node, String place) {
        if (!node.operator().isOnnx()) {
            return;
        }
        OperatorSchema schema = OperatorSchemas.find(node.operator().name()).orElseThrow();
        for (String attribute : node.attributes().keySet()) {
            if (schema.attribute(attribute, OperatorSchemas.NEWEST_OPSET).isEmpty()) {
                throw new IllegalStateException(place + ": no rule takes the old attribute '" + attribute + "'");
            }
        }
        requireOperands("inputs", node.inputs(), schema.inputs(), place);
        requireOperands("outputs", node.outputs(), schema.outputs(), place);
    }

    private void requireOperands(String what, List<Operand> operands, List<Formal> formals, String place) {
        int fewest = OperatorSchema.fewest(formals);
        int most = OperatorSchema.most(formals);
        if (operands.size() < fewest || operands.size() > most) {
            String allowed = fewest == most
                    ? Integer.toString(fewest)
                    : fewest + (most == Integer.MAX_VALUE ? " or more" : " to " + most);
            throw new ModelFormatException(
                    file, place, operands.size() + " " + what + "; " + allowed + " are allowed: " + names(formals));
        }
        for (int i = 0; i < Math.min(operands.size(), formals.size()); i++) {
            if (formals.get(i).arity() == Arity.REQUIRED
                    && operands.get(i) instanceof Operand.Absent
                    && what.equals("inputs")) {
                throw new ModelFormatException(
                        file, place, "input '" + formals.get(i).name() + "' is missing");
            }
        }
    }

    private static String names(List<Formal> formals) {
        List<String> texts = new ArrayList<>();
        formals.forEach(formal -> texts.add(formal.name()));
        return String.join(", ", texts);
    }

    private void requireSupport(Node node) {
        if (!support.operators().contains(node.operator().toString())) {
            problems.add(
                    Subject.OPERATOR,
                    node.operator().toString(),
                    node.place(),
                    "no kernel and no host operator for " + node.operator()
                            + Gaps.reason(Subject.OPERATOR, node.operator().toString())
                                    .map(reason -> ", by choice: " + reason.text())
                                    .orElse(""),
                    String.join(", ", support.operators()));
            return;
        }
        support.objection(node)
                .ifPresent(objection ->
                        problems.add(Subject.ATTRIBUTE, node.operator().toString(), node.place(), objection, ""));
    }
}
