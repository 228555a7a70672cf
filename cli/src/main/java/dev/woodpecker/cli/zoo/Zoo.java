package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes the zoo's models. The same seed gives the same model. */
public final class Zoo {

    private static final Map<String, Architecture> IMAGE_NETWORKS = new TreeMap<>(Map.of(
            "resnet18", new ResNet("resnet18", List.of(2, 2, 2, 2), false)::build,
            "resnet50", new ResNet("resnet50", List.of(3, 4, 6, 3), true)::build,
            "vgg19", Vgg19::build,
            "mobilenetv2", MobileNetV2::build));

    private final long seed;
    private final int batch;
    private final Calibrator calibrator;

    private interface Architecture {
        Network build(long seed, int batch);
    }

    /**
     * @param seed of weights and of the image that statistics are found with
     * @param batch the extent of the first axis of inputs and outputs
     */
    public Zoo(long seed, int batch, Calibrator calibrator) {
        this.seed = seed;
        this.batch = batch;
        this.calibrator = calibrator;
    }

    /** The names that {@link #write(String, Path)} knows; {@link Bert} has its own method. */
    public static List<String> imageNetworks() {
        return new ArrayList<>(IMAGE_NETWORKS.keySet());
    }

    /**
     * Writes an image network, [batch, 3, 224, 224] to [batch, 1000].
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public ModelCost write(String name, Path file) {
        return write(imageNetwork(name), file);
    }

    /**
     * Writes an image network in QDQ form, batch normalisations folded: see {@link StaticQuantization}.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public ModelCost writeQuantized(String name, Path file) {
        OnnxModelBuilder model = imageNetwork(name);
        ModelCost cost = ModelCost.of(model);
        calibrate(model);
        StaticQuantization.quantized(FoldedNormalizations.of(model), images(model), calibrator)
                .write(file);
        return cost;
    }

    /** Writes a transformer with its products in bytes: see {@link DynamicQuantization}. */
    public ModelCost writeQuantized(Bert bert, Path file) {
        OnnxModelBuilder model = bert.build(seed, batch).model();
        ModelCost cost = ModelCost.of(model);
        DynamicQuantization.quantized(model).write(file);
        return cost;
    }

    public ModelCost write(Bert bert, Path file) {
        return write(bert.build(seed, batch).model(), file);
    }

    private ModelCost write(OnnxModelBuilder model, Path file) {
        ModelCost cost = ModelCost.of(model);
        calibrate(model);
        model.write(file);
        return cost;
    }

    /** The model before its statistics are found. */
    OnnxModelBuilder imageNetwork(String name) {
        return architecture(name).build(seed, batch).model();
    }

    /**
     * An image network, batch 1, for its shapes: weights are numbers when they are written.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public static OnnxModelBuilder structure(String name) {
        return architecture(name).build(1, 1).model();
    }

    private static Architecture architecture(String name) {
        Architecture architecture = IMAGE_NETWORKS.get(name);
        if (architecture == null) {
            throw new IllegalArgumentException(
                    "no network '" + name + "' in the zoo; there are " + imageNetworks() + " and bert");
        }
        return architecture;
    }

    /**
     * Writes a model with the graph of {@code structure} and seeded weights for those that are {@code ConstantOfShape} there;
     * returns how many these were.
     *
     * @throws IllegalArgumentException if there are none, or the model's inputs are not fixed
     * @throws dev.woodpecker.runtime.WoodpeckerException if {@code structure} cannot be read
     */
    public int fill(Path structure, Path file) {
        OnnxModelBuilder model = OnnxModelBuilder.read(structure);
        int filled = StructureWeights.fill(model, seed);
        if (filled == 0) {
            throw new IllegalArgumentException(structure + " has no weight that is a ConstantOfShape");
        }
        calibrate(model);
        model.write(file);
        return filled;
    }

    private void calibrate(OnnxModelBuilder model) {
        BatchNormStatistics.calibrate(model, images(model), calibrator);
    }

    private Map<String, NdArray> images(OnnxModelBuilder model) {
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        SeededWeights images = new SeededWeights(seed);
        model.inputs().forEach((name, declared) -> {
            var type = declared.orElseThrow();
            if (type.element().isFloat() && type.shape().isKnown()) {
                inputs.put(name, images.image(name, type.shape().extents()));
            }
        });
        return inputs;
    }
}
