package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.onnx.internal.proto.FunctionProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a model file into a graph in which every node has the form of the newest opset: constants are constants, functions
 * are expanded, attributes complete, forms of older opsets rewritten. Weights stay in the file, which is mapped.
 * Dimensions stay open where the model leaves them open; see {@link dev.woodpecker.runtime.graph.DimensionBinding}.
 */
public final class OnnxImporter {

    private OnnxImporter() {}

    /**
     * @throws ModelFormatException if the file is no sound model
     * @throws dev.woodpecker.runtime.UnsupportedModelException listing all that {@code support} lacks, and all types and
     *     attributes that Woodpecker does not have
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public static Graph read(Path path, OperatorSupport support) {
        String file = path.toString();
        ModelFile<ModelProto> model = ModelFile.readModel(path);
        ModelProto proto = model.message();
        if (!proto.hasGraph() || !proto.hasIrVersion()) {
            throw new ModelFormatException(file, "", "not an ONNX model: it has no graph or no IR version");
        }
        Map<String, Integer> opsets = new HashMap<>(FunctionInliner.opsets(proto.getOpsetImportList()));
        if (opsets.isEmpty() && proto.getIrVersion() < 3) {
            opsets.put("", 1);
        }
        Problems problems = new Problems();
        Names names = new Names();
        GraphDecoder.collectNames(proto.getGraph(), names);
        for (FunctionProto function : proto.getFunctionsList()) {
            function.getNodeList().forEach(node -> node.getOutputList().forEach(names::add));
        }
        GraphDecoder decoder = new GraphDecoder(
                file,
                new TensorDecoder(model, problems),
                new FunctionInliner(file, proto.getFunctionsList(), names),
                problems,
                names,
                support);
        Graph graph = decoder.decode(proto.getGraph(), opsets, _ -> Optional.empty(), true);
        problems.throwIfAny(file);
        return graph;
    }
}
