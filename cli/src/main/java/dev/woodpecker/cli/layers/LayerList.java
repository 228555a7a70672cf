package dev.woodpecker.cli.layers;

import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where layers to time come from. Each is there once, the one of most work first. */
public final class LayerList {
    private LayerList() {}

    /**
     * Those of a file with the columns {@link ConvolutionLayer#HEADER}.
     *
     * @throws IllegalArgumentException naming the line that is no layer
     */
    static List<ConvolutionLayer> read(Path file) {
        List<ConvolutionLayer> layers = new ArrayList<>();
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.equals(ConvolutionLayer.HEADER)) {
                try {
                    layers.add(ConvolutionLayer.parse(line));
                } catch (IllegalArgumentException wrong) {
                    throw new IllegalArgumentException(file + ":" + (i + 1) + ": " + wrong.getMessage(), wrong);
                }
            }
        }
        return layers;
    }

    /** Those of the zoo's networks, as the code that makes them has them. */
    public static List<ConvolutionLayer> ofZoo() {
        Map<ConvolutionLayer, Map<String, Integer>> uses = new LinkedHashMap<>();
        for (String network : Zoo.imageNetworks()) {
            OnnxModelBuilder model = Zoo.structure(network);
            for (Node node : model.nodes()) {
                if (node.operator().isOnnx("Conv")) {
                    uses.computeIfAbsent(layer(model, node), _ -> new LinkedHashMap<>())
                            .merge(network, 1, Integer::sum);
                }
            }
        }
        List<ConvolutionLayer> layers = new ArrayList<>();
        uses.forEach((layer, by) -> layers.add(layer.withUses(by)));
        layers.sort(Comparator.comparingLong(ConvolutionLayer::multiplyAdds).reversed());
        return layers;
    }

    private static ConvolutionLayer layer(OnnxModelBuilder model, Node node) {
        int[] x = shape(model, node.inputName(0).orElseThrow());
        int[] w = shape(model, node.inputName(1).orElseThrow());
        int[] y = shape(model, node.outputName(0).orElseThrow());
        return new ConvolutionLayer(
                x[0],
                x[1],
                List.of(x[2], x[3]),
                w[0],
                List.of(w[2], w[3]),
                integers(node, "strides"),
                integers(node, "pads"),
                integers(node, "dilations"),
                integers(node, "group").getFirst(),
                List.of(y[2], y[3]),
                Map.of());
    }

    private static int[] shape(OnnxModelBuilder model, String value) {
        return model.type(value)
                .orElseThrow(() -> new IllegalArgumentException("the type of '" + value + "' is not declared"))
                .shape()
                .extents();
    }

    private static List<Integer> integers(Node node, String attribute) {
        return switch (node.attribute(attribute).orElseThrow()) {
            case Attribute.Ints(List<Long> values) ->
                values.stream().map(Math::toIntExact).toList();
            case Attribute.Int(long value) -> List.of(Math.toIntExact(value));
            default -> throw new IllegalArgumentException(node.place() + ": '" + attribute + "' is no integer");
        };
    }
}
