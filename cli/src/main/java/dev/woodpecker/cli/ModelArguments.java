package dev.woodpecker.cli;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that run a model by themselves: which, on what inputs, on how many threads. */
final class ModelArguments {
    @Mixin
    private ModelFileArguments model = new ModelFileArguments();

    @Option(
            names = "--threads",
            converter = ThreadCount.class,
            description = "Threads, the caller included; 0 for one a core. Default: ${DEFAULT-VALUE}.")
    private int threads = 0;

    Path file() {
        return model.file();
    }

    /** The ONNX file, for what cannot be had from a plan file. */
    Path onnxFile(String wanted) {
        return model.onnxFile(wanted);
    }

    Numerics numerics() {
        return model.numerics();
    }

    int threads() {
        return threads;
    }

    /** The model, with {@code whenDefault} threads if none are asked for. */
    Model load(int whenDefault) {
        return model.load(threads == 0 ? whenDefault : threads);
    }

    /** All inputs of the model: from files, else random. */
    Map<String, NdArray> inputs(Model loaded) {
        return model.inputs(loaded);
    }
}
