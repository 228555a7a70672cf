package dev.woodpecker.cli.bench;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a network is for, told by its operators and outputs: products of two computed matrices make a transformer; one
 * convolutional output that has no extent but batch and channels, a classifier; other convolutional networks have an
 * output for each place of the image.
 */
public enum Family {
    CLASSIFIER("classifiers"),
    DETECTOR_OR_IMAGE("detectors and image-to-image"),
    TRANSFORMER("transformers"),
    OTHER("others (recurrent, no convolutions)");

    private static final Set<String> RECURRENT = Set.of("LSTM", "GRU", "RNN");

    /** Operators whose result is as constant as what they are given. */
    private static final Set<String> MOVES = Set.of("Transpose", "Reshape", "Cast", "Identity", "DequantizeLinear");

    private final String title;

    Family(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }

    static Family of(Path onnxFile, Collection<NdArray> outputs) {
        OnnxModelBuilder model;
        try {
            model = OnnxModelBuilder.read(onnxFile);
        } catch (UnsupportedModelException branches) {
            // Which of them is taken is known to who runs it.
            return OTHER;
        }
        return of(
                model.nodes(),
                model.initializers().keySet(),
                outputs.stream().map(NdArray::shape).toList());
    }

    static Family of(List<Node> nodes, Set<String> initializers, List<int[]> outputs) {
        Set<String> constants = new HashSet<>(initializers);
        boolean convolutions = false;
        boolean attention = false;
        boolean recurrent = false;
        for (Node node : nodes) {
            String operator = node.operator().name();
            if (operator.startsWith("Constant") || MOVES.contains(operator) && isConstant(node, 0, constants)) {
                node.outputName(0).ifPresent(constants::add);
            }
            convolutions |= operator.startsWith("Conv") || operator.equals("QLinearConv");
            recurrent |= RECURRENT.contains(operator);
            attention |= operator.endsWith("Attention")
                    || operator.equals("MatMul") && !isConstant(node, 0, constants) && !isConstant(node, 1, constants);
        }
        if (recurrent) {
            return OTHER;
        }
        if (attention) {
            return TRANSFORMER;
        }
        if (!convolutions) {
            return OTHER;
        }
        return outputs.size() == 1 && isOneVector(outputs.getFirst()) ? CLASSIFIER : DETECTOR_OR_IMAGE;
    }

    private static boolean isConstant(Node node, int input, Set<String> constants) {
        return node.inputName(input).filter(constants::contains).isPresent();
    }

    private static boolean isOneVector(int[] shape) {
        return shape.length >= 1 && Arrays.stream(shape).skip(2).allMatch(extent -> extent == 1);
    }
}
