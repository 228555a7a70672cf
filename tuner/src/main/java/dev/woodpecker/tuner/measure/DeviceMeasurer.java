package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.tuner.measure.DeviceCandidates.Candidate;
import dev.woodpecker.tuner.measure.Job.Verdict;
import dev.woodpecker.tuner.measure.Outcome.Failed;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.measure.Outcome.Timed;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

/**
 * Measures candidates on a GPU. They are built on the processor's cores while others run on the device, in a process with a
 * context of its own: what damages the context or does not end costs that process and that candidate. Values that spill are
 * reason enough not to run one at all.
 *
 * <p>Results are checked as {@link WorkerMeasurer} checks them. How a time is taken is {@link
 * dev.woodpecker.runtime.timing.DeviceTimer}'s matter; clocks are as they are found, and nothing is scaled.
 */
public final class DeviceMeasurer implements FinalsMeasurer {
    /** What is known of a task. */
    private static final class TaskState {
        final long number;
        final SampledReference reference;
        final Map<ContentKey, Outcome> outcomes = new HashMap<>();
        final Map<ContentKey, Job.Candidate> runnable = new HashMap<>();
        /** The first that was right: what a new worker compares all others with. */
        final List<Job.Candidate> anchor = new ArrayList<>();

        double bestSeconds;

        TaskState(long number, SampledReference reference) {
            this.number = number;
            this.reference = reference;
        }
    }

    /** A point that was built, by its place among those asked for. */
    private record Arrival(int place, Candidate candidate) {}

    private final MeasureOptions options;
    private final DeviceCeiling ceiling;
    private final Path directory;
    private final DeviceCandidates candidates;
    private final Function<Path, PreparedWeights> processor;
    private final List<PreparedWeights> prepared = new ArrayList<>();
    private final ExecutorService builders;
    private final WorkerSlot worker;
    private final Map<TuningTask, TaskState> states = new IdentityHashMap<>();
    private int measured;

    /**
     * @param device that a worker is to open, as {@code --target} names it
     * @param code makes code, where it keeps it is told
     * @param jobs candidates that are built at a time
     * @param environment whose C compiler makes what is computed of weights once
     */
    public DeviceMeasurer(
            String device,
            Function<CacheDirectory, DeviceCode> code,
            DeviceCeiling ceiling,
            int jobs,
            MeasureOptions options,
            Environment environment) {
        this.options = options;
        this.ceiling = ceiling;
        try {
            directory = Files.createTempDirectory("woodpecker-measure-");
        } catch (IOException e) {
            throw new UncheckedIOException("a directory for candidates cannot be made", e);
        }
        // Candidates by the thousand have no place among the kernels that are kept.
        CacheDirectory cache = CacheDirectory.open(new Environment(Map.of("WPK_CACHE", directory.toString())));
        this.candidates = new DeviceCandidates(code.apply(cache));
        this.processor = folder ->
                new PreparedWeights(KernelCompiler.of(environment).portable().keptIn(cache), folder);
        this.builders = Executors.newFixedThreadPool(
                jobs, Thread.ofPlatform().daemon().name("builder-", 0).factory());
        this.worker = new WorkerSlot(directory, options, WorkerProcess.Program.on(device));
    }

    /**
     * The C by which a processor prepares the weights of a task's variants, for a machine that has no compiler.
     *
     * @param processor that it is for
     */
    public static List<Source> preparations(TuningTask task, CpuFeatures processor) {
        return PreparedWeights.sources(task, processor);
    }

    /** Candidates that have run, and sources that were compiled. */
    public synchronized WorkerMeasurer.Effort effort() {
        return new WorkerMeasurer.Effort(measured, candidates.binaries(), 0, 0);
    }

    @Override
    public synchronized List<Outcome> measure(TuningTask task, List<Point> points) {
        TaskState state;
        try {
            state = state(task);
        } catch (Definition.Undefined | IllegalArgumentException e) {
            Failed failed = new Failed(
                    Failure.REJECTED, "what " + task.name() + " should compute cannot be told: " + e.getMessage());
            return points.stream().<Outcome>map(_ -> failed).toList();
        }
        Map<Integer, Outcome> outcomes = new HashMap<>();
        for (Arrival arrival : arrivals(task, points)) {
            outcomes.put(
                    arrival.place(),
                    switch (arrival.candidate()) {
                        case Candidate.Refused(Failed failed) -> failed;
                        case Candidate.Built built -> outcome(task, state, built);
                    });
        }
        return java.util.stream.IntStream.range(0, points.size())
                .mapToObj(place -> Objects.requireNonNull(outcomes.get(place)))
                .toList();
    }

    /** The points as they are built, in the order in which that ends; each is asked for when the one before has been run. */
    private Iterable<Arrival> arrivals(TuningTask task, List<Point> points) {
        LinkedBlockingQueue<Arrival> done = new LinkedBlockingQueue<>();
        for (int i = 0; i < points.size(); i++) {
            int place = i;
            builders.execute(() -> done.add(new Arrival(place, built(task, points.get(place)))));
        }
        return () -> java.util.stream.Stream.generate(() -> taken(done))
                .limit(points.size())
                .iterator();
    }

    /** A builder's thread must answer, whatever happens. */
    private Candidate built(TuningTask task, Point point) {
        try {
            return candidates.build(task, point);
        } catch (RuntimeException | Error e) {
            return new Candidate.Refused(new Failed(Failure.COMPILE, "it cannot be built: " + e));
        }
    }

    private static Arrival taken(LinkedBlockingQueue<Arrival> done) {
        boolean isInterrupted = false;
        try {
            while (true) {
                try {
                    return done.take();
                } catch (InterruptedException _) {
                    isInterrupted = true;
                }
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Outcome outcome(TuningTask task, TaskState state, Candidate.Built candidate) {
        Outcome known = state.outcomes.get(candidate.key());
        if (known == null) {
            known = measured(task, state, candidate);
            state.outcomes.put(candidate.key(), known);
        }
        return known;
    }

    private Outcome measured(TuningTask task, TaskState state, Candidate.Built candidate) {
        Job.Candidate runnable;
        try {
            runnable = DeviceCandidates.runnable(task, candidate, weights(task, state, candidate.point()));
        } catch (RuntimeException e) {
            return new Failed(Failure.REJECTED, "its weights cannot be prepared: " + e);
        }
        bringReference(state);
        measured++;
        Outcome outcome = run(state, runnable, options.runs());
        if (outcome instanceof Timed(Distribution seconds)) {
            double flops = Cost.of(candidate.point().variant().program()).flops();
            if (ceiling.forbids(flops, seconds.fastest())) {
                return new Failed(
                        Failure.WRONG,
                        "its time is impossible: %.3g s, the least for %.3g operations is %.3g s"
                                .formatted(seconds.fastest(), flops, ceiling.leastSeconds(flops)));
            }
            state.runnable.put(candidate.key(), runnable);
            if (state.anchor.isEmpty()) {
                state.anchor.add(runnable);
            }
            state.bestSeconds =
                    state.bestSeconds == 0 ? seconds.median() : Math.min(state.bestSeconds, seconds.median());
        }
        return outcome;
    }

    private Map<String, Path> weights(TuningTask task, TaskState state, Point point) {
        if (point.variant().preparation().isEmpty()) {
            return Map.of();
        }
        if (prepared.isEmpty()) {
            prepared.add(processor.apply(directory));
        }
        return prepared.getFirst().of(task, point.variant(), state.reference.inputs());
    }

    /** A new worker has no output to compare with until one that was right has run in it. */
    private void bringReference(TaskState state) {
        if (!worker.isAlive() && !state.anchor.isEmpty()) {
            run(state, state.anchor.getFirst(), 1);
        }
    }

    /** Checks and times one candidate; a worker that somebody else killed costs another try. */
    private Outcome run(TaskState state, Job.Candidate candidate, int runs) {
        Outcome outcome = new Failed(Failure.CRASH, "it never ran");
        for (int tries = 0; tries < 2; tries++) {
            switch (worker.ask(job(state, List.of(candidate), runs, false), state.bestSeconds)) {
                case WorkerProcess.Reply.Done(List<Verdict> verdicts) -> {
                    return outcome(verdicts.getFirst());
                }
                case WorkerProcess.Reply.Lost lost -> {
                    outcome = WorkerSlot.failed(lost);
                    if (lost.candidate().isPresent() && lost.cause() != WorkerProcess.Cause.KILLED) {
                        return outcome;
                    }
                }
            }
        }
        return outcome;
    }

    private Job job(TaskState state, List<Job.Candidate> wanted, int runs, boolean inTurns) {
        double best = inTurns ? 0 : state.bestSeconds;
        double seconds = inTurns ? 10 * options.seconds() : options.seconds();
        return new Job(
                state.number,
                state.reference.inputs(),
                state.reference.outputs(),
                wanted,
                new Job.Effort(1, runs, seconds, best, 0, inTurns));
    }

    private Outcome outcome(Verdict verdict) {
        if (verdict instanceof Verdict.Wrong(String _, boolean isHarmless) && !isHarmless) {
            // Nobody knows what else it wrote to.
            worker.stop();
        }
        return WorkerSlot.outcome(verdict);
    }

    /** Times points against each other, in turns. Points that fail have their failure. */
    @Override
    public synchronized List<Outcome> finals(TuningTask task, List<Point> points) {
        List<Outcome> outcomes = new ArrayList<>(measure(task, points));
        TaskState state = states.get(task);
        if (state == null) {
            return outcomes;
        }
        List<Integer> places = new ArrayList<>();
        List<Job.Candidate> finalists = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            Optional<Job.Candidate> runnable = runnable(task, state, points.get(i));
            if (outcomes.get(i) instanceof Timed && runnable.isPresent()) {
                places.add(i);
                finalists.add(runnable.get());
            }
        }
        // Whoever ends the worker is out, and the others go on without it.
        while (!finalists.isEmpty()) {
            bringReference(state);
            switch (worker.ask(job(state, finalists, options.finalRuns(), true), state.bestSeconds)) {
                case WorkerProcess.Reply.Done(List<Verdict> verdicts) -> {
                    for (int i = 0; i < places.size(); i++) {
                        outcomes.set(places.get(i), outcome(verdicts.get(i)));
                    }
                    return outcomes;
                }
                case WorkerProcess.Reply.Lost lost -> {
                    int guilty = lost.candidate().orElse(finalists.size() - 1);
                    outcomes.set(places.remove(guilty), WorkerSlot.failed(lost));
                    finalists.remove(guilty);
                }
            }
        }
        return outcomes;
    }

    private Optional<Job.Candidate> runnable(TuningTask task, TaskState state, Point point) {
        // It was compiled when it was measured.
        return switch (built(task, point)) {
            case Candidate.Refused _ -> Optional.empty();
            case Candidate.Built built -> Optional.ofNullable(state.runnable.get(built.key()));
        };
    }

    private TaskState state(TuningTask task) {
        TaskState known = states.get(task);
        if (known == null) {
            known = new TaskState(
                    states.size(),
                    SampledReference.of(task.variants().getFirst().program(), task.numerics()));
            states.put(task, known);
        }
        return known;
    }

    /** The number of the worker process, if there is one; for tests. */
    List<Long> workerPid() {
        return worker.pid();
    }

    @Override
    public synchronized void close() {
        builders.shutdownNow();
        worker.stop();
        TemporaryFiles.delete(directory);
    }
}
