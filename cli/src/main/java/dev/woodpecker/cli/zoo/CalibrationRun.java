package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes a model that is there only to be run once. */
final class CalibrationRun {
    private CalibrationRun() {}

    static Map<String, NdArray> of(OnnxModelBuilder model, Map<String, NdArray> inputs, Calibrator calibrator) {
        try {
            Path folder = Files.createTempDirectory("woodpecker-zoo");
            Path file = folder.resolve("calibration.onnx");
            try {
                model.write(file);
                return calibrator.run(file, inputs);
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the model to calibrate: " + e, e);
        }
    }
}
