package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.cli.compare.RandomArrays;
import dev.woodpecker.cli.zoo.Bert;
import dev.woodpecker.cli.zoo.Calibrator;
import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.timing.Distribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whole models of the zoo, made on the spot, in fp32 as plans of ours have them: the median of runs one after another, inputs
 * and results copied from and to the host.
 *
 * <p>Their kernels are compiled here: without an nvcc the table says so.
 */
final class ModelStep {
    static final String NAME = "models";
    private static final int WARM_UPS = 5;
    private static final int RUNS = 30;
    private static final String SYSTEM = "Woodpecker";

    /** As peers.py writes its rows; a second row tells how long it took to make the plan. */
    record Row(String name, String system, double microseconds, String problem) {}

    /** Makes a model's file. */
    interface Writer {
        void write(Zoo zoo, Path file);
    }

    /** By the names that peers.py has for the same. */
    private static final Map<String, Writer> MODELS = new LinkedHashMap<>();

    static {
        MODELS.put("resnet50 batch 1 fp32", (zoo, file) -> zoo.write("resnet50", file));
        MODELS.put("bert-base 128 tokens fp32", (zoo, file) -> zoo.write(Bert.BASE, file));
    }

    private ModelStep() {}

    /** @param target as {@link Options#withTarget} takes it */
    static void run(Path results, String target) throws IOException {
        StepJournal journal = StepJournal.open(results, NAME);
        for (Map.Entry<String, Writer> model : MODELS.entrySet()) {
            measure(journal, model.getKey(), target, model.getValue());
        }
        Files.writeString(StepContext.completeMark(results, NAME), "");
    }

    static void measure(StepJournal journal, String name, String target, Writer writer) throws IOException {
        if (journal.isDone(name)) {
            return;
        }
        if (journal.wasFatal(name)) {
            journal.finish(name, new Row(name, SYSTEM, 0, "it ended the process, or did not end"));
            return;
        }
        journal.start(name);
        Path folder = Files.createTempDirectory("woodpecker-model");
        try {
            Path file = folder.resolve("model.onnx");
            writer.write(new Zoo(1, 1, onTarget(target)), file);
            long begin = System.nanoTime();
            try (Model model = Model.load(file, Options.defaults().withTarget(target));
                    Session session = model.newSession()) {
                Map<String, NdArray> inputs = inputs(model);
                session.run(inputs);
                double planSeconds = (System.nanoTime() - begin) * 1e-9;
                journal.finish(
                        name,
                        new Row(
                                name,
                                SYSTEM,
                                1e6 * seconds(session, inputs),
                                String.format(java.util.Locale.ROOT, "planned and compiled in %.1f s", planSeconds)));
            }
        } catch (RuntimeException refused) {
            journal.finish(name, new Row(name, SYSTEM, 0, String.valueOf(refused)));
            if (Release.isSticky(refused)) {
                throw refused;
            }
        } finally {
            RuntimeFolder.deleteAll(folder);
        }
    }

    /** The device itself computes what it takes to make a model: there may be no compiler for the processor. */
    private static Calibrator onTarget(String target) {
        return (file, inputs) -> {
            try (Model model = Model.load(file, Options.defaults().withTarget(target));
                    Session session = model.newSession()) {
                return session.run(inputs);
            }
        };
    }

    private static Map<String, NdArray> inputs(Model model) {
        RandomArrays random = new RandomArrays(1);
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        model.inputs()
                .forEach((name, type) -> inputs.put(
                        name, random.next(type.element(), type.shape().extents())));
        return inputs;
    }

    private static double seconds(Session session, Map<String, NdArray> inputs) {
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < WARM_UPS + RUNS; i++) {
            long begin = System.nanoTime();
            session.run(inputs);
            if (i >= WARM_UPS) {
                seconds.add((System.nanoTime() - begin) * 1e-9);
            }
        }
        return Distribution.of(seconds.stream().mapToDouble(Double::doubleValue).toArray())
                .median();
    }
}
