package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.SharedLibrary;
import dev.woodpecker.tuner.measure.Candidates.Candidate;
import dev.woodpecker.tuner.measure.Candidates.Form;
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

/**
 * Builds candidates here and runs them in a process that may crash, hang or grow without taking this one along. Candidates
 * that print the same C for the same numbers are one. Building and running take turns. Candidates are built {@linkplain
 * dev.woodpecker.compiler.lower.GeneralizeConstants with parameters for what depends on shapes}, so that many share a
 * binary, finalists as they will be kept.
 *
 * <p>Each result is checked: some elements by the program's definition, all elements by the first candidate that was right,
 * the memory around every buffer, the inputs, and the time against what the nest must cost on this machine.
 *
 * <p>Other load slows the machine down in bursts of seconds, and its speed wanders by tens of percent within minutes. The
 * first candidate of a task that was right, usually the default, is its anchor: it is timed again before candidates are, and
 * at least every second. While it takes longer than it ever did, the machine is waited for, a few times. Times are left as
 * they are all the same, for a burst ends at any moment, and a candidate must not look fast for it; only where anchors were
 * slow many times in a row has the machine become slower, and times are scaled by the least of that. What decides in the end
 * is {@link #finals}, where candidates are timed in turns and nothing is scaled.
 */
public final class WorkerMeasurer implements FinalsMeasurer {
    /** After this the machine may be another. */
    private static final double ANCHOR_SECONDS = 1;

    private static final int ANCHOR_RUNS = 7;

    /** Where quartiles are further apart, in shares of the median, something else ran at the same time. */
    private static final double CALM_SPREAD = 0.15;

    private static final int CALM_TRIES = 3;

    /** What was done so far, to show it. */
    public record Effort(int measured, int binaries, double buildSeconds, double runSeconds) {}

    /** What is known of a task. */
    private static final class TaskState {
        final long number;
        final SampledReference reference;
        final Map<ContentKey, Outcome> outcomes = new HashMap<>();
        final Map<ContentKey, Job.Candidate> runnable = new HashMap<>();
        final List<Anchor> anchor = new ArrayList<>();
        double bestSeconds;

        TaskState(long number, SampledReference reference) {
            this.number = number;
            this.reference = reference;
        }
    }

    private record Anchor(ContentKey key, Job.Candidate candidate, double seconds) {}

    private final MeasureOptions options;
    private final Path directory;
    private final Candidates candidates;
    private final PreparedWeights prepared;
    private final SpeedLimit speedLimit;
    private final Map<TuningTask, TaskState> states = new IdentityHashMap<>();
    private final WorkerSlot worker;
    private final long coldBytes;
    private double runSeconds;
    private int measured;
    private final Slowness slowness = new Slowness();

    private long anchorTask = -1;
    private long anchorTime;

    public WorkerMeasurer(KernelCompiler compiler, MeasureOptions options) {
        this(compiler, options, (kernel, printed) -> printed);
    }

    WorkerMeasurer(KernelCompiler compiler, MeasureOptions options, CandidateSource seam) {
        this.options = options;
        try {
            directory = Files.createTempDirectory("woodpecker-measure-");
        } catch (IOException e) {
            throw new UncheckedIOException("a directory for candidates cannot be made", e);
        }
        // Candidates by the thousand have no place among the kernels that are kept.
        CacheDirectory cache = CacheDirectory.open(new Environment(Map.of("WPK_CACHE", directory.toString())));
        KernelCompiler own = new KernelCompiler(compiler.compiler(), compiler.cpu(), cache);
        this.candidates = new Candidates(own, seam);
        this.prepared = new PreparedWeights(own, directory);
        this.speedLimit = new SpeedLimit(compiler, options.threads());
        this.coldBytes = speedLimit.evictingBytes();
        this.worker = new WorkerSlot(directory, options, WorkerProcess.Program.ON_PROCESSOR);
    }

    public synchronized Effort effort() {
        return new Effort(measured, candidates.binaries(), candidates.seconds(), runSeconds);
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
        List<Candidate> printed = points.stream()
                .map(point -> candidates.print(task, point, Form.GENERAL))
                .toList();
        build(task, state, printed);
        List<Outcome> outcomes = new ArrayList<>();
        for (Candidate candidate : printed) {
            outcomes.add(
                    switch (candidate) {
                        case Candidate.Refused(Failed failed) -> failed;
                        case Candidate.Printed p -> outcome(state, p);
                    });
        }
        return outcomes;
    }

    /** Compiles what is new; what the compiler refuses has its outcome. */
    private void build(TuningTask task, TaskState state, List<Candidate> printed) {
        List<Candidate.Printed> wanted = new ArrayList<>();
        for (Candidate candidate : printed) {
            if (candidate instanceof Candidate.Printed p
                    && !state.outcomes.containsKey(p.key())
                    && !state.runnable.containsKey(p.key())) {
                wanted.add(p);
            }
        }
        Map<ContentKey, Failed> refused = new HashMap<>();
        Map<ContentKey, SharedLibrary> libraries = candidates.compile(wanted, refused);
        for (Candidate.Printed p : wanted) {
            SharedLibrary library = libraries.get(p.binary());
            if (library != null) {
                runnable(task, state, p, library);
            } else {
                state.outcomes.put(p.key(), Objects.requireNonNull(refused.get(p.binary())));
            }
        }
    }

    private void runnable(TuningTask task, TaskState state, Candidate.Printed candidate, SharedLibrary library) {
        try {
            Map<String, Path> weights = prepared.of(task, candidate.point().variant(), state.reference.inputs());
            state.runnable.put(candidate.key(), Candidates.runnable(task, candidate, library, weights));
        } catch (RuntimeException e) {
            Failed failed = new Failed(Failure.REJECTED, "its weights cannot be prepared: " + e);
            state.outcomes.put(candidate.key(), failed);
        }
    }

    private Outcome outcome(TaskState state, Candidate.Printed candidate) {
        Outcome known = state.outcomes.get(candidate.key());
        if (known != null) {
            return known;
        }
        long start = System.nanoTime();
        Job.Candidate runnable = Objects.requireNonNull(state.runnable.get(candidate.key()));
        double scale = anchorScale(state);
        // What becomes the anchor is what all others are scaled by.
        Outcome outcome =
                state.anchor.isEmpty() ? calm(state, runnable, options.runs()) : run(state, runnable, options.runs());
        if (outcome instanceof Timed(Distribution raw)) {
            outcome = judge(state, candidate, runnable, raw, scale);
        }
        measured++;
        runSeconds += (System.nanoTime() - start) * 1e-9;
        state.outcomes.put(candidate.key(), outcome);
        return outcome;
    }

    private Outcome judge(
            TaskState state, Candidate.Printed candidate, Job.Candidate runnable, Distribution raw, double scale) {
        double bytes = coldBytesRead(candidate, runnable);
        double flops = NestBound.of(candidate.kernel()).flops();
        if (speedLimit.forbids(flops, bytes, raw.fastest())) {
            return new Failed(
                    Failure.WRONG,
                    "its time is impossible: %.3g s, the least for %.3g operations and %.3g bytes is %.3g s"
                            .formatted(raw.fastest(), flops, bytes, speedLimit.seconds(flops, bytes)));
        }
        Distribution scaled = raw.fastest() * scale < speedLimit.seconds(flops, bytes) ? raw : scaled(raw, scale);
        if (state.anchor.isEmpty()) {
            state.anchor.add(new Anchor(candidate.key(), runnable, scaled.median()));
            anchorTask = state.number;
            anchorTime = System.nanoTime();
        }
        if (state.bestSeconds == 0 || scaled.median() < state.bestSeconds) {
            state.bestSeconds = scaled.median();
        }
        return new Timed(scaled);
    }

    private static double coldBytesRead(Candidate.Printed candidate, Job.Candidate runnable) {
        Map<String, Double> read = NestBound.of(candidate.kernel()).bytesRead();
        double bytes = 0;
        for (int i = 0; i < runnable.arguments().size(); i++) {
            if (runnable.arguments().get(i).cold()) {
                String name = candidate.kernel().arguments().get(i).buffer().name();
                bytes += read.getOrDefault(name, 0.0);
            }
        }
        return bytes;
    }

    private static Distribution scaled(Distribution d, double scale) {
        return new Distribution(d.median() * scale, d.q1() * scale, d.q3() * scale, d.fastest() * scale, d.count());
    }

    /** What to multiply times by, so that they are as if taken when the anchor was timed first. */
    private double anchorScale(TaskState state) {
        if (state.anchor.isEmpty()) {
            return 1;
        }
        Anchor anchor = state.anchor.getFirst();
        boolean isFresh = anchorTask == state.number
                && (System.nanoTime() - anchorTime) * 1e-9 < ANCHOR_SECONDS
                && worker.isAlive();
        // A new worker has no output to compare with until the anchor has run in it.
        if (!isFresh) {
            timeAnchor(state, anchor);
        }
        return slowness.scale();
    }

    private void timeAnchor(TaskState state, Anchor anchor) {
        double fastest = Double.POSITIVE_INFINITY;
        for (int tries = 0; tries < CALM_TRIES && Slowness.isDisturbed(fastest, anchor.seconds()); tries++) {
            if (run(state, anchor.candidate(), ANCHOR_RUNS) instanceof Timed(Distribution now)) {
                fastest = Math.min(fastest, now.median());
            }
        }
        if (Double.isInfinite(fastest)) {
            return;
        }
        slowness.observe(fastest, anchor.seconds());
        anchorTask = state.number;
        anchorTime = System.nanoTime();
        if (fastest < anchor.seconds()) {
            // It was disturbed when it was first timed.
            state.anchor.set(0, new Anchor(anchor.key(), anchor.candidate(), fastest));
        }
    }

    /** The calmest of some measurements: other programs may have run beside one. */
    private Outcome calm(TaskState state, Job.Candidate candidate, int runs) {
        Outcome best = run(state, candidate, runs);
        for (int tries = 0; tries < CALM_TRIES; tries++) {
            if (!(best instanceof Timed(Distribution d)) || d.spread() < CALM_SPREAD) {
                return best;
            }
            if (run(state, candidate, runs) instanceof Timed again
                    && again.seconds().median() < d.median()) {
                best = again;
            }
        }
        return best;
    }

    /** Checks and times one candidate; a worker that somebody else killed costs another try. */
    private Outcome run(TaskState state, Job.Candidate candidate, int runs) {
        Outcome outcome = new Failed(Failure.CRASH, "it never ran");
        for (int tries = 0; tries < 2; tries++) {
            Job job = new Job(
                    state.number,
                    state.reference.inputs(),
                    state.reference.outputs(),
                    List.of(candidate),
                    new Job.Effort(options.threads(), runs, options.seconds(), state.bestSeconds, coldBytes, false));
            switch (worker.ask(job, state.bestSeconds)) {
                case WorkerProcess.Reply.Done(List<Verdict> verdicts) -> {
                    return outcome(verdicts.getFirst());
                }
                case WorkerProcess.Reply.Lost lost -> {
                    outcome = WorkerSlot.failed(lost);
                    boolean isItsOwnFault = lost.candidate().isPresent() && lost.cause() != WorkerProcess.Cause.KILLED;
                    if (isItsOwnFault) {
                        return outcome;
                    }
                }
            }
        }
        return outcome;
    }

    private Outcome outcome(Verdict verdict) {
        if (verdict instanceof Verdict.Wrong(String _, boolean isHarmless) && !isHarmless) {
            // Nobody knows what else it wrote to.
            worker.stop();
        }
        return WorkerSlot.outcome(verdict);
    }

    /**
     * Times points against each other, in turns, and as the code that would be kept; times are as they are taken. Points
     * that fail have their failure. Nothing is better than another point unless it is so here.
     */
    @Override
    public synchronized List<Outcome> finals(TuningTask task, List<Point> points) {
        List<Outcome> outcomes = new ArrayList<>(measure(task, points));
        if (!states.containsKey(task)) {
            return outcomes;
        }
        TaskState state = state(task);
        List<Candidate> printed = points.stream()
                .map(point -> candidates.print(task, point, Form.SPECIAL))
                .toList();
        build(task, state, printed);
        List<Integer> places = new ArrayList<>();
        List<Job.Candidate> finalists = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            if (outcomes.get(i) instanceof Timed && printed.get(i) instanceof Candidate.Printed p) {
                Job.Candidate runnable = state.runnable.get(p.key());
                if (runnable == null) {
                    outcomes.set(i, Objects.requireNonNull(state.outcomes.get(p.key())));
                } else {
                    places.add(i);
                    finalists.add(runnable);
                }
            }
        }
        if (finalists.isEmpty()) {
            return outcomes;
        }
        long start = System.nanoTime();
        for (int tries = 0; tries < 2; tries++) {
            Job job = new Job(
                    state.number,
                    state.reference.inputs(),
                    state.reference.outputs(),
                    finalists,
                    new Job.Effort(options.threads(), options.finalRuns(), 10 * options.seconds(), 0, coldBytes, true));
            switch (worker.ask(job, state.bestSeconds)) {
                case WorkerProcess.Reply.Done(List<Verdict> verdicts) -> {
                    for (int i = 0; i < places.size(); i++) {
                        outcomes.set(places.get(i), outcome(verdicts.get(i)));
                    }
                    tries = 2;
                }
                case WorkerProcess.Reply.Lost lost -> {
                    Failed failure = WorkerSlot.failed(lost);
                    lost.candidate().ifPresent(guilty -> outcomes.set(places.get(guilty), failure));
                }
            }
        }
        runSeconds += (System.nanoTime() - start) * 1e-9;
        return outcomes;
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
        worker.stop();
        TemporaryFiles.delete(directory);
    }
}
