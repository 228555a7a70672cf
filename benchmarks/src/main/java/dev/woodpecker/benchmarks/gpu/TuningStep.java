package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.runtime.TunableModel;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.records.MachineName;
import dev.woodpecker.runtime.records.RecordFile;
import dev.woodpecker.runtime.records.Records;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.tuner.DeviceTuning;
import dev.woodpecker.tuner.measure.DeviceMeasurer;
import dev.woodpecker.tuner.run.Clock;
import dev.woodpecker.tuner.run.Progress;
import dev.woodpecker.tuner.run.RecordJournal;
import dev.woodpecker.tuner.run.TaskStatus;
import dev.woodpecker.tuner.run.TuningResult;
import dev.woodpecker.tuner.run.TuningRun;
import dev.woodpecker.tuner.run.TuningSettings;
import dev.woodpecker.tuner.search.Search;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;

/**
 * Tunes whole models on the device, as {@code wpk tune} does, among the schedules whose cubins were carried: the search is
 * over them all, the defaults are timed first and the finals last. What is found are records, which the models then follow.
 */
final class TuningStep {
    static final String NAME = "tuning";
    static final String RECORDS = "records.jsonl";

    private static final int BATCH = 16;
    /** Making a model and looking at its kernels, before anything is timed. */
    private static final double LEAST_SECONDS = 10;

    /**
     * How a model was tuned.
     *
     * @param tasks distinct kernels
     * @param trials candidates that were measured, {@code failed} of them with a wrong result, an error or spills
     * @param defaultMicroseconds of all kernels of one run by their default schedules, one after another, each with cold caches
     * @param bestMicroseconds the same after tuning
     * @param seconds that tuning took, by the clock
     * @param ending whether everything was tried
     */
    record Row(
            String name,
            int tasks,
            int trials,
            int failed,
            double defaultMicroseconds,
            double bestMicroseconds,
            double seconds,
            String ending,
            String problem) {}

    private TuningStep() {}

    /**
     * @param target as {@link CudaChoice} reads it
     * @param secondsLeft of the step
     * @return whether nothing is left to be tuned
     */
    static boolean run(List<KitModel> models, Path kit, Path results, String target, DoubleSupplier secondsLeft)
            throws IOException {
        StepJournal journal = StepJournal.open(results, NAME);
        ModelArchive.Contents carried = ModelArchive.read(kit);
        boolean everything = true;
        for (KitModel model : models) {
            List<ModelArchive.Candidates> candidates = carried.candidates().getOrDefault(model.name(), List.of());
            if (candidates.isEmpty() || journal.isDone(model.name())) {
                continue;
            }
            if (secondsLeft.getAsDouble() < LEAST_SECONDS) {
                everything = false;
                continue;
            }
            journal.start(model.name());
            Row row;
            try {
                row = tuned(model, carried, candidates, results, target, secondsLeft);
                if (row.trials() == 0 && secondsLeft.getAsDouble() <= 0) {
                    // Looking at the model took all the time there was.
                    journal.stopAll();
                    everything = false;
                    continue;
                }
            } catch (CudaException refused) {
                row = failed(model, refused);
                if (refused.isSticky()) {
                    journal.finish(model.name(), row);
                    throw refused;
                }
            } catch (RuntimeException refused) {
                row = failed(model, refused);
            }
            journal.finish(model.name(), row);
        }
        return everything;
    }

    private static Row failed(KitModel model, RuntimeException refused) {
        return new Row(model.name(), 0, 0, 0, 0, 0, 0, "", String.valueOf(refused));
    }

    private static Row tuned(
            KitModel model,
            ModelArchive.Contents carried,
            List<ModelArchive.Candidates> candidates,
            Path results,
            String target,
            DoubleSupplier secondsLeft)
            throws IOException {
        Clock clock = Clock.startingNow();
        Environment environment = Environment.ofProcess();
        CudaChoice choice = CudaChoice.parse(target);
        CudaDevice device = CudaDevice.open(choice, environment);
        DeviceTuning tuning = new DeviceTuning(device, choice, environment);
        List<TuningTask> tasks = tasks(model, carried, target, device);
        Map<String, List<Map<String, Long>>> byTask = candidates.stream()
                .collect(Collectors.toMap(ModelArchive.Candidates::task, ModelArchive.Candidates::decisions));
        Path records = results.resolve(RECORDS);
        RecordJournal journal = new RecordJournal(
                new RecordFile(records),
                Records.of(List.of(records), false),
                true,
                tuning.machine(),
                MachineName.GPU_THREADS,
                tuning.compiler());
        try (DeviceMeasurer measurer = tuning.measurer(Runtime.getRuntime().availableProcessors())) {
            TuningSettings settings = new TuningSettings(
                    task -> search(byTask.getOrDefault(task.name(), List.of())),
                    clock.seconds() + secondsLeft.getAsDouble(),
                    Integer.MAX_VALUE,
                    1,
                    BATCH,
                    tuning.rates().peakGigaflopsPerSecond() * 1e9);
            TuningResult result = new TuningRun(tasks, settings, measurer, journal, Progress.NONE, clock).run();
            return new Row(
                    model.name(),
                    tasks.size(),
                    result.tasks().stream().mapToInt(TaskStatus::trials).sum(),
                    result.tasks().stream().mapToInt(TaskStatus::failed).sum(),
                    1e6 * result.standardSeconds(),
                    1e6 * result.bestSeconds(),
                    clock.seconds(),
                    result.ending().text(),
                    problem(result));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while tuning", e);
        }
    }

    /** The kernels of a model are the same wherever it is planned: names tell them apart. */
    private static List<TuningTask> tasks(
            KitModel model, ModelArchive.Contents carried, String target, CudaDevice device) throws IOException {
        Path folder = Files.createTempDirectory("woodpecker-model");
        try {
            Path file = folder.resolve("model.onnx");
            model.write(zoo(carried, model), file);
            return TuningTask.of(TunableModel.of(file, model.options().withTarget(target)), device.target(), true);
        } finally {
            RuntimeFolder.deleteAll(folder);
        }
    }

    /** Makes the models that were packed. */
    static Zoo zoo(ModelArchive.Contents carried, KitModel model) {
        return new Zoo(1, 1, ModelArchive.calibrator(carried.statistics().getOrDefault(model.network(), List.of())));
    }

    /** Those that were carried; of a kernel that was not, the default alone, which the run times by itself. */
    private static Search search(List<Map<String, Long>> decisions) {
        return (space, trials, _) -> trials.measure(
                decisions.stream().map(each -> space.point(Chooser.of(each))).toList());
    }

    private static String problem(TuningResult result) {
        long untimed =
                result.tasks().stream().filter(task -> task.best().isEmpty()).count();
        return untimed == 0 ? "" : untimed + " kernels could not be timed at all";
    }
}
