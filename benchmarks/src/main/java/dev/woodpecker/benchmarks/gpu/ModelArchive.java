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

    /**
     * Elements of fp32, little-endian in base64.
     *
     * @param value whose
     */
    record Elements(String value, String text) {
        static Elements of(String value, NdArray array) {
            byte[] bytes = array.memory().toArray(ValueLayout.JAVA_BYTE);
            return new Elements(value, Base64.getEncoder().encodeToString(bytes));
        }

        int count() {
            return Base64.getDecoder().decode(text).length / Float.BYTES;
        }

        NdArray array(int... shape) {
            NdArray array = NdArray.allocate(DType.F32, shape);
            array.memory().copyFrom(MemorySegment.ofArray(Base64.getDecoder().decode(text)));
            return array;
        }
    }

    /**
     * @param architecture that the cubins are for
     * @param statistics of each network, by the values of its calibration
     * @param results of each network in single precision, of the inputs that {@link ModelStep} gives it
     * @param candidates of each model
     */
    record Contents(
            String architecture,
            Map<String, List<Elements>> statistics,
            Map<String, List<Elements>> results,
            Map<String, List<Candidates>> candidates) {}

    private ModelArchive() {}

    static void write(Path kit, Contents contents) throws IOException {
        Files.writeString(kit.resolve(FILE), new Gson().toJson(contents));
    }

    static Contents read(Path kit) throws IOException {
        return new Gson().fromJson(Files.readString(kit.resolve(FILE)), Contents.class);
    }

    static List<Elements> statistics(Map<String, NdArray> values) {
        return values.entrySet().stream()
                .filter(entry -> entry.getKey().contains("/calibration/"))
                .map(entry -> Elements.of(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** Answers what was found when the kit was packed: nothing has to run to make a model. */
    static Calibrator calibrator(List<Elements> statistics) {
        return (file, inputs) -> {
            Map<String, NdArray> outputs = new LinkedHashMap<>();
            for (Elements statistic : statistics) {
                outputs.put(statistic.value(), statistic.array(statistic.count()));
            }
            return outputs;
        };
    }
}
