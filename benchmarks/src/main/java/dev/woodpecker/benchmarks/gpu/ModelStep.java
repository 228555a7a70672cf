package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.cli.compare.RandomArrays;
import dev.woodpecker.runtime.DeviceArray;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.timing.Distribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Whole models of the zoo, made on the spot: the median of runs one after another, once with inputs and results on the host
 * and once with both on the device; by default schedules, and by those that were tuned before.
 *
 * <p>Their kernels were carried; one that was not is compiled, or the table says that it cannot be.
 */
final class ModelStep {
    static final String NAME = "models";
    /** Making a model, planning it and bringing it to the device. */
    private static final double LEAST_SECONDS = 6;

    private static final int WARM_UPS = 5;
    private static final int RUNS = 30;

    /** As peers.py writes its rows. */
    record Row(String name, String system, double microseconds, String problem) {
        /** A model that computes something else has no time. */
        static Row of(String name, String system, double seconds, String remark, ModelVerdict verdict) {
            String text = remark + "; " + verdict.text();
            return verdict.isRight()
                    ? new Row(name, system, 1e6 * seconds, text)
                    : new Row(name, system, 0, String.format(Locale.ROOT, "%s; it took %.1f us", text, 1e6 * seconds));
        }
    }

    /**
     * A model by some records.
     *
     * @param system as the table calls it
     * @param records that its plan follows; none for the defaults
     * @param vendors whose kernels are timed in the generated ones' place when the plan is made
     */
    private record Variant(String system, List<Path> records, Vendors vendors) {}

    private ModelStep() {}

    /**
     * @param target as {@link Options#withTarget} takes it
     * @param secondsLeft of the step
     * @return whether nothing is left to be measured
     */
    static boolean run(List<KitModel> models, Path kit, Path results, String target, DoubleSupplier secondsLeft)
            throws IOException {
        StepJournal journal = StepJournal.open(results, NAME);
        ModelArchive.Contents carried = ModelArchive.read(kit);
        Path records = results.resolve(TuningStep.RECORDS);
        List<Path> known = Files.exists(records) ? List.of(records) : List.of();
        List<Variant> variants = new ArrayList<>();
        if (!known.isEmpty()) {
            variants.add(new Variant("Woodpecker, tuned", known, Vendors.NONE));
        }
        variants.add(new Variant("Woodpecker", List.of(), Vendors.NONE));
        variants.add(new Variant("Woodpecker with NVIDIA's libraries", known, Vendors.AUTO));
        boolean everything = true;
        for (KitModel model : models) {
            for (Variant variant : carried.candidates().containsKey(model.name()) ? variants : List.<Variant>of()) {
                if (secondsLeft.getAsDouble() < LEAST_SECONDS) {
                    everything = false;
                } else {
                    measure(journal, model, carried, target, variant);
                }
            }
        }
        return everything;
    }

    private static void measure(
            StepJournal journal, KitModel model, ModelArchive.Contents carried, String target, Variant variant)
            throws IOException {
        String host = model.name() + ", " + variant.system();
        String device = host + ", on the device";
        if (journal.isDone(device)) {
            return;
        }
        if (journal.wasFatal(host) || journal.wasFatal(device)) {
            fail(journal, device, model, variant, "it ended the process, or did not end");
            return;
        }
        journal.start(host);
        Path folder = Files.createTempDirectory("woodpecker-model");
        try {
            Path file = folder.resolve("model.onnx");
            model.write(TuningStep.zoo(carried, model), file);
            Options options = model.options()
                    .withTarget(target)
                    .withRecords(
                            variant.records().isEmpty()
                                    ? new Path[] {folder.resolve("no-records.jsonl")}
                                    : variant.records().toArray(Path[]::new))
                    .withoutShippedRecords()
                    .withVendors(variant.vendors());
            long begin = System.nanoTime();
            try (Model loaded = Model.load(file, options);
                    Session session = loaded.newSession()) {
                Map<String, NdArray> inputs = inputs(loaded);
                Map<String, NdArray> outputs = new LinkedHashMap<>(session.run(inputs));
                String remark =
                        String.format(Locale.ROOT, "planned and loaded in %.1f s", (System.nanoTime() - begin) * 1e-9);
                List<ModelArchive.Elements> expected = carried.results().getOrDefault(model.network(), List.of());
                journal.finish(
                        host,
                        Row.of(
                                model.name(),
                                variant.system() + ", inputs and results on the host",
                                seconds(() -> session.run(inputs)),
                                remark,
                                ModelVerdict.of(model.mode(), expected, outputs)));
                journal.start(device);
                double seconds = onDevice(loaded, session, inputs, outputs);
                journal.finish(
                        device,
                        Row.of(
                                model.name(),
                                variant.system(),
                                seconds,
                                "one run after another, launch gaps count",
                                ModelVerdict.of(model.mode(), expected, outputs)));
            }
        } catch (RuntimeException refused) {
            fail(journal, device, model, variant, String.valueOf(refused));
            if (Release.isSticky(refused)) {
                throw refused;
            }
        } finally {
            RuntimeFolder.deleteAll(folder);
        }
    }

    private static void fail(StepJournal journal, String item, KitModel model, Variant variant, String reason) {
        journal.finish(item, new Row(model.name(), variant.system(), 0, reason));
    }

    /** @param outputs of the shapes that are wanted; they become what the last of the runs gave */
    private static double onDevice(
            Model model, Session session, Map<String, NdArray> inputs, Map<String, NdArray> outputs) {
        Map<String, DeviceArray> from = onDevice(model, inputs);
        Map<String, DeviceArray> to = onDevice(model, outputs);
        try {
            double seconds = seconds(() -> session.runOnDevice(from, to));
            to.forEach((name, array) -> outputs.put(name, array.toNdArray()));
            return seconds;
        } finally {
            from.values().forEach(array -> Release.of(array::close));
            to.values().forEach(array -> Release.of(array::close));
        }
    }

    private static Map<String, DeviceArray> onDevice(Model model, Map<String, NdArray> arrays) {
        Map<String, DeviceArray> there = new LinkedHashMap<>();
        arrays.forEach((name, array) -> {
            DeviceArray copy = DeviceArray.allocate(model, array.type(), array.shape());
            copy.copyFrom(array);
            there.put(name, copy);
        });
        return there;
    }

    /** The same every time. */
    static Map<String, NdArray> inputs(Model model) {
        RandomArrays random = new RandomArrays(1);
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        model.inputs()
                .forEach((name, type) -> inputs.put(
                        name, random.next(type.element(), type.shape().extents())));
        return inputs;
    }

    private static double seconds(Runnable run) {
        double[] seconds = new double[RUNS];
        for (int i = -WARM_UPS; i < RUNS; i++) {
            long begin = System.nanoTime();
            run.run();
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - begin) * 1e-9;
            }
        }
        return Distribution.of(seconds).median();
    }
}
