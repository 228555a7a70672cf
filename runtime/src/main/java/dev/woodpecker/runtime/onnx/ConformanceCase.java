package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.NdArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A test case as ONNX keeps them: a folder with {@code model.onnx} and {@code test_data_set_*} folders of
 * {@code input_0.pb, ...} and {@code output_0.pb, ...}, numbered in the order of the graph's inputs and outputs.
 *
 * @param name of the folder
 */
public record ConformanceCase(String name, Path model, List<DataSet> dataSets) {

    public ConformanceCase {
        dataSets = List.copyOf(dataSets);
    }

    /** One set of inputs with the outputs that they have to give. */
    public record DataSet(Path folder) {

        /**
         * The inputs by name.
         *
         * @param names the inputs of the graph, in order
         */
        public Map<String, NdArray> inputs(List<String> names) {
            return tensors("input", names);
        }

        /** The expected outputs by name. */
        public Map<String, NdArray> outputs(List<String> names) {
            return tensors("output", names);
        }

        private Map<String, NdArray> tensors(String kind, List<String> names) {
            Map<String, NdArray> tensors = new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                Path file = folder.resolve(kind + "_" + i + ".pb");
                if (!Files.exists(file)) {
                    throw new ModelFormatException(
                            folder.toString(),
                            "",
                            "no " + file.getFileName() + " for " + kind + " '" + names.get(i) + "'");
                }
                tensors.put(names.get(i), TensorProtoFile.read(file));
            }
            return tensors;
        }
    }

    /**
     * The case in a folder.
     *
     * @throws ModelFormatException if there is no model or no data in it
     */
    public static ConformanceCase load(Path folder) {
        Path model = folder.resolve("model.onnx");
        List<DataSet> dataSets = new ArrayList<>();
        for (Path path : sorted(folder)) {
            if (path.getFileName().toString().startsWith("test_data_set_") && Files.isDirectory(path)) {
                dataSets.add(new DataSet(path));
            }
        }
        if (!Files.exists(model) || dataSets.isEmpty()) {
            throw new ModelFormatException(
                    folder.toString(), "", "no test case: it has no model.onnx or no test_data_set_*");
        }
        return new ConformanceCase(folder.getFileName().toString(), model, dataSets);
    }

    /** The cases in the folders of a folder, by name; a folder that is a case itself gives that one. */
    public static List<ConformanceCase> loadAll(Path folder) {
        if (Files.exists(folder.resolve("model.onnx"))) {
            return List.of(load(folder));
        }
        return sorted(folder).stream()
                .filter(path -> Files.exists(path.resolve("model.onnx")))
                .map(ConformanceCase::load)
                .toList();
    }

    private static List<Path> sorted(Path folder) {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.sorted(Comparator.comparing(Path::toString)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder + ": " + e, e);
        }
    }
}
