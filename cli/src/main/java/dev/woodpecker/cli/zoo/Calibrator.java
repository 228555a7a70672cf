package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.NdArray;
import java.nio.file.Path;
import java.util.Map;

/**
 * Runs a model once. The zoo needs it for the statistics of batch normalisation: with seeded weights, the mean and variance
 * of what a network really computes have to be found by computing it.
 */
@FunctionalInterface
public interface Calibrator {

    /** All outputs of the model by name. */
    Map<String, NdArray> run(Path model, Map<String, NdArray> inputs);
}
