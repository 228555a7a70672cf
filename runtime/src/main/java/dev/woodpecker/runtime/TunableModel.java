package dev.woodpecker.runtime;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.plan.TunableKernel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What can be tuned of a model for inputs of given shapes.
 *
 * @param kernels each once, in the order in which the model first needs them
 * @param constantBytes of all weights
 * @param target what the model's kernels are generated for
 */
public record TunableModel(List<TunableKernel> kernels, long constantBytes, Target target, Numerics numerics) {
    public TunableModel {
        kernels = List.copyOf(kernels);
    }

    /**
     * The kernels of a model's file. Dimensions that the model leaves open and the options do not fix are 1; elements of
     * inputs that shapes depend on are 1 too.
     *
     * @throws ModelFormatException if the file is no sound ONNX model
     * @throws UnsupportedModelException listing every operator and attribute that is not supported
     */
    public static TunableModel of(Path file, Options options) {
        try (Model model = Model.load(file, options)) {
            Map<String, NdArray> inputs = new LinkedHashMap<>();
            model.inputs().forEach((name, type) -> {
                int[] shape = type.shape().dimensions().stream()
                        .mapToInt(dimension -> switch (dimension) {
                            case Dimension.Known known -> known.extent();
                            case Dimension.Symbolic(String symbol) ->
                                options.dimensions().getOrDefault(symbol, 1);
                        })
                        .toArray();
                inputs.put(name, ones(type.element(), shape));
            });
            return model.tunable(inputs);
        }
    }

    private static NdArray ones(DType type, int[] shape) {
        NdArray array = NdArray.allocate(type, shape);
        if (type.isInteger()) {
            for (int i = 0; i < array.elements(); i++) {
                array.set(i, 1L);
            }
        }
        return array;
    }
}
