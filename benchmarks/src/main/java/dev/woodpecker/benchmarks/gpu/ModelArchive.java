package dev.woodpecker.benchmarks.gpu;

import com.google.gson.Gson;
import dev.woodpecker.cli.zoo.Calibrator;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a kit has of whole models besides the cubins of their kernels: the statistics that make them, which are found by
 * running them, and schedules of their kernels to choose from.
 */
final class ModelArchive {
    static final String FILE = "models.json";
    static final String CUBINS = "models.zip";
    /** What the processor computes of weights, compiled. */
    static final String LIBRARIES = "libraries.zip";

    /**
     * What is to be tried of a kernel.
     *
     * @param task its name
     * @param decisions of each schedule
     */
    record Candidates(String task, List<Map<String, Long>> decisions) {}

    /** A vector of fp32, little-endian in base64. */
    record Statistic(String value, String elements) {}

    /**
     * @param architecture that the cubins are for
     * @param statistics of each network, by the values of its calibration
     * @param candidates of each model
     */
    record Contents(
            String architecture, Map<String, List<Statistic>> statistics, Map<String, List<Candidates>> candidates) {}

    private ModelArchive() {}

    static void write(Path kit, Contents contents) throws IOException {
        Files.writeString(kit.resolve(FILE), new Gson().toJson(contents));
    }

    static Contents read(Path kit) throws IOException {
        return new Gson().fromJson(Files.readString(kit.resolve(FILE)), Contents.class);
    }

    static List<Statistic> statistics(Map<String, NdArray> values) {
        return values.entrySet().stream()
                .filter(entry -> entry.getKey().contains("/calibration/"))
                .map(entry -> new Statistic(entry.getKey(), text(entry.getValue())))
                .toList();
    }

    private static String text(NdArray vector) {
        byte[] bytes = vector.memory().toArray(ValueLayout.JAVA_BYTE);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Answers what was found when the kit was packed: nothing has to run to make a model. */
    static Calibrator calibrator(List<Statistic> statistics) {
        return (file, inputs) -> {
            Map<String, NdArray> outputs = new LinkedHashMap<>();
            for (Statistic statistic : statistics) {
                byte[] bytes = Base64.getDecoder().decode(statistic.elements());
                NdArray vector = NdArray.allocate(DType.F32, bytes.length / Float.BYTES);
                vector.memory().copyFrom(MemorySegment.ofArray(bytes));
                outputs.put(statistic.value(), vector);
            }
            return outputs;
        };
    }
}
