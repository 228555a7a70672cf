package dev.woodpecker.cli.bench;

import dev.woodpecker.cli.compare.RandomArrays;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.NpyFile;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.graph.Dimension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model with inputs for all systems.
 *
 * @param name in the table
 * @param inputs by name a {@code .npy} file
 */
record PreparedModel(String name, Path file, Map<String, String> inputs) {
    private static final long SEED = 1;

    /**
     * Writes inputs: random ones, open dimensions as {@code extents} says, else 1.
     *
     * @throws dev.woodpecker.runtime.WoodpeckerException if the model cannot be read
     */
    static PreparedModel of(BenchModel benchModel, Map<String, Integer> extents, Path folder) {
        Map<String, String> inputs = new LinkedHashMap<>();
        try (Model model = Model.load(benchModel.file(), Options.defaults().withThreads(1))) {
            Path own = Files.createTempDirectory(folder, "inputs");
            RandomArrays random = new RandomArrays(SEED);
            model.inputs().forEach((name, type) -> {
                int[] shape = type.shape().dimensions().stream()
                        .mapToInt(dimension -> switch (dimension) {
                            case Dimension.Known(int extent) -> extent;
                            case Dimension.Symbolic(String symbol) -> extents.getOrDefault(symbol, 1);
                        })
                        .toArray();
                NdArray array = random.next(type.element(), shape);
                Path file = own.resolve(inputs.size() + ".npy");
                NpyFile.write(file, array);
                inputs.put(name, file.toString());
            });
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for inputs: " + e.getMessage(), e);
        }
        return new PreparedModel(benchModel.name(), benchModel.file(), inputs);
    }

    /** What ONNX Runtime's worker runs. */
    WorkerSettings peer(int threads, boolean spinning) {
        return new WorkerSettings(
                TimedSystem.Kind.ONNXRUNTIME,
                file.toString(),
                inputs,
                threads,
                Numerics.FP32,
                List.of(),
                true,
                Vendors.NONE,
                spinning);
    }
}
