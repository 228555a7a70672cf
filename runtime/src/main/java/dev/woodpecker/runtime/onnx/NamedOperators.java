package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The operators that the nodes of a model file name. */
public final class NamedOperators {
    private NamedOperators() {}

    /**
     * Those of branches, loops and the model's functions as well; whether they can be run is not asked.
     *
     * @throws dev.woodpecker.runtime.ModelFormatException if the file is no model
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static Set<Operator> in(Path file) {
        ModelProto model = ModelFile.readModel(file).message();
        Set<Operator> found = new HashSet<>();
        add(model.getGraph().getNodeList(), found);
        model.getFunctionsList().forEach(function -> add(function.getNodeList(), found));
        return Set.copyOf(found);
    }

    private static void add(List<NodeProto> nodes, Set<Operator> found) {
        for (NodeProto node : nodes) {
            String domain = node.getDomain();
            found.add(new Operator(domain.equals("ai.onnx") ? "" : domain, node.getOpType()));
            for (AttributeProto attribute : node.getAttributeList()) {
                if (attribute.hasG()) {
                    add(attribute.getG().getNodeList(), found);
                }
            }
        }
    }
}
