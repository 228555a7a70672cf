package dev.woodpecker.cli.bench;

import dev.woodpecker.cli.bench.BenchRow.Column;
import dev.woodpecker.cli.bench.BenchRow.Timed;
import dev.woodpecker.cli.compare.OutputComparison;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.WoodpeckerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Times one model after the other; what fails is a row with the reason. */
public final class ModelBench {
    /** Blocks that decide whether ONNX Runtime's threads had better spin. */
    private static final Turns CHOICE = new Turns(4, 5);

    private final BenchSettings settings;
    private final Path folder;
    private final Path emptyRecords;
    private final Consumer<String> progress;

    /**
     * @param folder for inputs, outputs and logs
     * @param progress is told what is done
     */
    public ModelBench(BenchSettings settings, Path folder, Consumer<String> progress) {
        this.settings = settings;
        this.folder = folder;
        this.progress = progress;
        try {
            this.emptyRecords = Files.createFile(folder.resolve("none.jsonl"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to " + folder + ": " + e.getMessage(), e);
        }
    }

    /** A worker of Woodpecker that runs its model. */
    private record Running(Variant variant, WorkerProcess worker, double firstLoadSeconds, double tuningSeconds) {}

    /** Has all processes of a row killed when it is done, or not to be done. */
    private static final class Workers implements AutoCloseable {
        private final List<WorkerProcess> started = new ArrayList<>();

        WorkerProcess add(WorkerProcess worker) {
            started.add(worker);
            return worker;
        }

        @Override
        public void close() {
            started.forEach(WorkerProcess::close);
        }
    }

    /** The most that a process like the workers has resident without a model. */
    public long idleBytes() {
        WorkerSettings idle = new WorkerSettings(
                TimedSystem.Kind.IDLE, "", Map.of(), 1, Numerics.FP32, List.of(), true, Vendors.NONE, false);
        try (WorkerProcess worker = new WorkerProcess(idle, List.of(), folder)) {
            return worker.memory().peakBytes();
        }
    }

    /** The row of a model. */
    public BenchRow row(BenchModel model, int threads) {
        PreparedModel prepared;
        try {
            prepared = PreparedModel.of(model, settings.extents(), folder);
        } catch (WoodpeckerException e) {
            return BenchRow.failed(model.name(), threads, "Woodpecker cannot load it: " + e.getMessage());
        }
        try (Workers workers = new Workers()) {
            return row(prepared, threads, workers);
        } catch (WorkerException e) {
            return BenchRow.failed(model.name(), threads, String.valueOf(e.getMessage()));
        }
    }

    private BenchRow row(PreparedModel model, int threads, Workers workers) {
        Optional<WorkerProcess> peer = Optional.empty();
        if (settings.againstOnnxRuntime()) {
            progress.accept(model.name() + ", threads " + threads + ": ONNX Runtime");
            try {
                peer = Optional.of(peer(model, threads, workers));
            } catch (WorkerException e) {
                return BenchRow.failed(model.name(), threads, "ONNX Runtime: " + e.getMessage());
            }
        }
        List<Running> running = new ArrayList<>();
        Map<String, String> failures = new LinkedHashMap<>();
        for (Variant variant : settings.variants()) {
            progress.accept(model.name() + ", threads " + threads + ": " + variant.name());
            try {
                running.add(start(variant, model, threads, workers));
            } catch (WorkerException e) {
                failures.put(variant.name(), String.valueOf(e.getMessage()));
            }
        }
        return time(model, threads, peer, running, failures);
    }

    private WorkerProcess peer(PreparedModel model, int threads, Workers workers) {
        WorkerProcess resting = workers.add(new WorkerProcess(model.peer(threads, false), List.of(), folder));
        if (threads == 1) {
            // One thread has nobody to wait for.
            return resting;
        }
        WorkerProcess spinning = workers.add(new WorkerProcess(model.peer(threads, true), List.of(), folder));
        resting.warm(settings.warmUpSeconds());
        spinning.warm(settings.warmUpSeconds());
        double[][] times = CHOICE.time(List.of(resting, spinning));
        boolean spins = Ratio.median(times[1]) < Ratio.median(times[0]);
        (spins ? resting : spinning).close();
        return spins ? spinning : resting;
    }

    private Running start(Variant variant, PreparedModel model, int threads, Workers workers) {
        List<String> records = new ArrayList<>();
        double tuningSeconds = 0;
        if (variant.tuned() == Variant.Tuned.FOR_THE_MODEL) {
            Path file = settings.tunedRecords()
                    .orElseThrow(() -> new WorkerException("no tuned records are named"))
                    .toAbsolutePath();
            records.add(file.toString());
            tuningSeconds = settings.tuneBudget()
                    .map(budget -> new ModelTuning(budget, file, settings.extents()).run(model, threads))
                    .orElse(0.0);
        }
        WorkerSettings asked = variant.settings(model, threads, records, emptyRecords.toString());
        double firstLoadSeconds;
        // The first process may compile kernels, which belongs to neither the memory nor the load time of the next.
        try (WorkerProcess first = new WorkerProcess(asked, variant.jvmOptions(), folder)) {
            firstLoadSeconds = first.loadSeconds();
        }
        WorkerProcess worker = workers.add(new WorkerProcess(asked, variant.jvmOptions(), folder));
        return new Running(variant, worker, firstLoadSeconds, tuningSeconds);
    }

    private BenchRow time(
            PreparedModel model,
            int threads,
            Optional<WorkerProcess> peer,
            List<Running> running,
            Map<String, String> failures) {
        List<WorkerProcess> all = new ArrayList<>(peer.stream().toList());
        running.forEach(system -> all.add(system.worker()));
        if (all.isEmpty()) {
            return BenchRow.failed(model.name(), threads, String.join("; ", failures.values()));
        }
        List<Map<String, NdArray>> outputs =
                all.stream().map(worker -> worker.outputs(folder)).toList();
        List<Double> runSeconds = all.stream()
                .map(worker -> worker.warm(settings.warmUpSeconds()))
                .toList();
        Turns turns = Turns.within(settings, runSeconds);
        progress.accept(model.name() + ", threads " + threads + ": " + turns.blocks() + " blocks of " + turns.runs());
        double[][] times = turns.time(all);
        Map<String, Column> columns = new HashMap<>();
        for (int i = 0; i < running.size(); i++) {
            int place = i + (peer.isPresent() ? 1 : 0);
            Running system = running.get(i);
            Timed timed = timed(system.worker(), times[place], system.firstLoadSeconds());
            columns.put(
                    system.variant().name(),
                    new Column(
                            system.variant().name(),
                            system.tuningSeconds(),
                            Optional.of(timed),
                            peer.map(_ -> Ratio.of(times[0], times[place])),
                            peer.flatMap(_ -> OutputComparison.wrong(OutputComparison.of(
                                    model.file(),
                                    system.variant().numerics(),
                                    outputs.get(place),
                                    outputs.getFirst())))));
        }
        failures.forEach((variant, reason) ->
                columns.put(variant, new Column(variant, 0, Optional.empty(), Optional.empty(), Optional.of(reason))));
        return new BenchRow(
                model.name(),
                threads,
                Optional.of(Family.of(model.file(), outputs.getFirst().values())),
                turns.blocks(),
                turns.runs(),
                peer.map(worker -> timed(worker, times[0], worker.loadSeconds())),
                settings.variants().stream()
                        .flatMap(variant -> Optional.ofNullable(columns.get(variant.name())).stream())
                        .toList(),
                Optional.empty());
    }

    private static Timed timed(WorkerProcess worker, double[] blockSeconds, double firstLoadSeconds) {
        return new Timed(
                worker.description(),
                Arrays.stream(blockSeconds).boxed().toList(),
                firstLoadSeconds,
                worker.loadSeconds(),
                worker.memory());
    }
}
