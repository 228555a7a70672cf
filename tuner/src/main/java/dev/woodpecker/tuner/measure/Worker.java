package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.NativeLibrary;
import dev.woodpecker.runtime.device.cpu.NativeMemoryException;
import dev.woodpecker.runtime.device.cpu.NativePhase;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.tuner.measure.Job.Verdict;
import dev.woodpecker.tuner.measure.Wire.Message;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Does jobs: checks candidates and times those that are right. */
final class Worker implements WorkerMain.Bench {
    /** A candidate is never judged by fewer runs. */
    private static final int LEAST_RUNS = 3;

    /** A candidate whose fastest run is so much slower than the best one's is not timed on. */
    private static final double HOPELESS = 1.4;

    /** Counted runs of a candidate before it is another one's turn. */
    private static final int RUNS_IN_TURN = 4;

    /** Is told what is going on. */
    interface Listener {
        void hear(Message message) throws IOException;
    }

    /** A candidate that was right, ready to be timed. */
    private record Ready(Arena arena, WorkerBuffers.Bound bound, CandidateClock clock) implements AutoCloseable {
        @Override
        public void close() {
            bound.close();
            arena.close();
        }
    }

    private final Listener listener;
    private final Map<Integer, WorkerPool> pools = new HashMap<>();
    private long task = -1;
    private WorkerBuffers buffers = new WorkerBuffers(InputRange.CANDIDATES.getFirst());
    private OutputCheck check = new OutputCheck(List.of());

    Worker(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void work(Job job) throws IOException {
        if (job.task() != task) {
            buffers.close();
            check.close();
            buffers = new WorkerBuffers(job.inputs());
            check = new OutputCheck(job.outputs());
            task = job.task();
        }
        List<Verdict> verdicts = job.effort().inTurns() ? inTurns(job) : oneByOne(job);
        listener.hear(new Message.Done(verdicts));
    }

    private List<Verdict> oneByOne(Job job) throws IOException {
        List<Verdict> verdicts = new ArrayList<>();
        for (int i = 0; i < job.candidates().size(); i++) {
            List<Verdict> wrong = new ArrayList<>();
            Optional<Ready> prepared = prepare(job, i, wrong);
            if (prepared.isEmpty()) {
                verdicts.add(wrong.getFirst());
                continue;
            }
            try (Ready ready = prepared.get()) {
                listener.hear(new Message.Running(i));
                verdicts.add(time(ready, job.effort()));
                listener.hear(new Message.Returned(i));
            }
        }
        return verdicts;
    }

    private static Verdict time(Ready ready, Job.Effort effort) {
        List<Double> seconds = new ArrayList<>();
        double fastest = Double.POSITIVE_INFINITY;
        long start = System.nanoTime();
        while (seconds.size() < effort.runs()) {
            double run = ready.clock().time();
            seconds.add(run);
            fastest = Math.min(fastest, run);
            double elapsed = (System.nanoTime() - start) * 1e-9;
            boolean hopeless = effort.bestSeconds() > 0 && fastest > HOPELESS * effort.bestSeconds();
            boolean enough = seconds.size() >= LEAST_RUNS || elapsed > LEAST_RUNS * effort.seconds();
            if (enough && (hopeless || elapsed > effort.seconds())) {
                break;
            }
        }
        return WorkerBuffers.damage(ready.bound())
                .<Verdict>map(damage -> damage)
                .orElseGet(() -> new Verdict.Times(seconds));
    }

    /** In blocks, in the order A B B A, so that a drift of the machine's speed touches all alike. */
    private List<Verdict> inTurns(Job job) throws IOException {
        int count = job.candidates().size();
        List<Verdict> verdicts = new ArrayList<>();
        List<Ready> ready = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                List<Verdict> wrong = new ArrayList<>();
                Optional<Ready> prepared = prepare(job, i, wrong);
                verdicts.add(wrong.isEmpty() ? new Verdict.Times(List.of()) : wrong.getFirst());
                if (prepared.isPresent()) {
                    ready.add(prepared.get());
                    places.add(i);
                }
            }
            List<List<Double>> seconds = timeInTurns(job, ready, places);
            for (int i = 0; i < ready.size(); i++) {
                verdicts.set(places.get(i), new Verdict.Times(seconds.get(i)));
            }
        } finally {
            ready.forEach(Ready::close);
        }
        return verdicts;
    }

    private List<List<Double>> timeInTurns(Job job, List<Ready> ready, List<Integer> places) throws IOException {
        List<List<Double>> seconds = new ArrayList<>();
        ready.forEach(_ -> seconds.add(new ArrayList<>()));
        int blocks = Math.ceilDiv(job.effort().runs(), RUNS_IN_TURN);
        double limit = job.effort().seconds() * ready.size();
        long start = System.nanoTime();
        for (int block = 0; block < blocks; block++) {
            // Two blocks at least, so that each candidate was first and last.
            if (block >= 2 && (System.nanoTime() - start) * 1e-9 > limit) {
                break;
            }
            for (int i = 0; i < ready.size(); i++) {
                int turn = block % 2 == 0 ? i : ready.size() - 1 - i;
                listener.hear(new Message.Running(places.get(turn)));
                CandidateClock clock = ready.get(turn).clock();
                clock.warm();
                for (int run = 0; run < RUNS_IN_TURN; run++) {
                    seconds.get(turn).add(clock.time());
                }
                listener.hear(new Message.Returned(places.get(turn)));
            }
        }
        return seconds;
    }

    /** Loads a candidate, runs it once and checks what it did; adds to {@code wrong} why it is not ready. */
    private Optional<Ready> prepare(Job job, int index, List<Verdict> wrong) throws IOException {
        Job.Candidate candidate = job.candidates().get(index);
        Arena arena = Arena.ofShared();
        List<AutoCloseable> opened = new ArrayList<>(List.of(arena::close));
        boolean isReady = false;
        try {
            CpuKernel kernel = load(candidate, arena);
            MemorySegment parameters = arena.allocate(
                    ValueLayout.JAVA_LONG, Math.max(1, candidate.parameters().size()));
            for (int i = 0; i < candidate.parameters().size(); i++) {
                parameters.setAtIndex(
                        ValueLayout.JAVA_LONG, i, candidate.parameters().get(i));
            }
            WorkerBuffers.Bound bound = buffers.bind(candidate, job.effort().coldBytes());
            opened.addFirst(bound);
            WorkerPool pool = pools.computeIfAbsent(job.effort().threads(), WorkerPool::new);
            listener.hear(new Message.Running(index));
            long start = System.nanoTime();
            CpuKernel.Completion completion = kernel.run(pool, bound.tables().getFirst(), parameters);
            double seconds = (System.nanoTime() - start) * 1e-9;
            listener.hear(new Message.Returned(index));
            Optional<Verdict.Wrong> problem = problem(candidate, bound, completion);
            if (problem.isPresent()) {
                wrong.add(problem.get());
                return Optional.empty();
            }
            listener.hear(new Message.Running(index));
            CandidateClock clock = new CandidateClock(
                    kernel, bound, parameters, pool, seconds, job.effort().coldBytes());
            listener.hear(new Message.Returned(index));
            isReady = true;
            return Optional.of(new Ready(arena, bound, clock));
        } catch (NativeMemoryException e) {
            wrong.add(new Verdict.NoMemory(String.valueOf(e.getMessage())));
            return Optional.empty();
        } finally {
            if (!isReady) {
                close(opened);
            }
        }
    }

    private Optional<Verdict.Wrong> problem(
            Job.Candidate candidate, WorkerBuffers.Bound bound, CpuKernel.Completion completion) {
        Optional<Verdict.Wrong> damage = WorkerBuffers.damage(bound);
        if (damage.isPresent()) {
            return damage;
        }
        return switch (completion) {
            case CpuKernel.Completion.FailedCheck(int phase, int number) ->
                Optional.of(new Verdict.Wrong(
                        "phase %d says that check %d failed: %s"
                                .formatted(
                                        phase,
                                        number,
                                        number >= 1
                                                        && number
                                                                <= candidate
                                                                        .checks()
                                                                        .size()
                                                ? candidate.checks().get(number - 1)
                                                : "it has no such check"),
                        true));
            case CpuKernel.Completion.Done _ ->
                check.problem(
                                candidate,
                                bound.outputs().stream()
                                        .map(GuardedMemory::content)
                                        .toList())
                        .map(reason -> new Verdict.Wrong(reason, true));
        };
    }

    private static CpuKernel load(Job.Candidate candidate, Arena arena) {
        NativeLibrary library = NativeLibrary.open(Path.of(candidate.library()), arena);
        return new CpuKernel(candidate.phases().stream()
                .map(phase -> new NativePhase(library.kernel(phase.symbol()), phase.extent(), phase.scratchBytes()))
                .toList());
    }

    static void close(List<AutoCloseable> opened) {
        for (AutoCloseable each : opened) {
            try {
                each.close();
            } catch (Exception e) {
                throw new IllegalStateException("a worker cannot free memory", e);
            }
        }
    }

    @Override
    public void close() {
        buffers.close();
        check.close();
        pools.values().forEach(WorkerPool::close);
    }
}
