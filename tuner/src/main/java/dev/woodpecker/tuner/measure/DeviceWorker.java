package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.device.cpu.NativeMemoryException;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaError;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.timing.DeviceTimer;
import dev.woodpecker.tuner.measure.Job.Verdict;
import dev.woodpecker.tuner.measure.Wire.Message;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Does jobs on a device: checks candidates and times those that are right. What damages the device's context is thrown: this
 * process can use the device no more, and whoever started it starts another.
 */
final class DeviceWorker implements WorkerMain.Bench {
    /** A candidate is never judged by fewer samples. */
    private static final int LEAST_SAMPLES = 3;

    /** A candidate whose fastest sample is so much slower than the best one's time is not timed on. */
    private static final double HOPELESS = 1.4;

    private final CudaDriver driver;
    private final Stream stream;
    private final DeviceTimer timer;
    private final Worker.Listener listener;
    private long task = -1;
    private HostInputs inputs = new HostInputs(InputRange.CANDIDATES.getFirst());
    private OutputCheck check = new OutputCheck(List.of());

    DeviceWorker(CudaDriver driver, Worker.Listener listener) {
        this.driver = driver;
        this.listener = listener;
        driver.makeCurrent();
        this.stream = driver.createStream();
        this.timer = new DeviceTimer(driver, stream);
    }

    /** A candidate that was right, ready to be timed. */
    private record Ready(DeviceKernel kernel, DeviceBuffers buffers, DeviceTimer.Samples samples)
            implements AutoCloseable {
        @Override
        public void close() {
            samples.close();
            buffers.close();
            kernel.close();
        }
    }

    /** What became of a candidate that was made ready, or why it was not. */
    private sealed interface Prepared {
        record Right(Ready ready) implements Prepared {}

        record Not(Verdict verdict) implements Prepared {}
    }

    @Override
    public void work(Job job) throws IOException {
        if (job.task() != task) {
            inputs.close();
            check.close();
            inputs = new HostInputs(job.inputs());
            check = new OutputCheck(job.outputs());
            task = job.task();
        }
        listener.hear(new Message.Done(job.effort().inTurns() ? inTurns(job) : oneByOne(job)));
    }

    private List<Verdict> oneByOne(Job job) throws IOException {
        List<Verdict> verdicts = new ArrayList<>();
        for (int i = 0; i < job.candidates().size(); i++) {
            switch (prepare(job, i)) {
                case Prepared.Not(Verdict verdict) -> verdicts.add(verdict);
                case Prepared.Right(Ready ready) -> {
                    try (ready) {
                        listener.hear(new Message.Running(i));
                        verdicts.add(new Verdict.Times(time(ready.samples(), job.effort())));
                        listener.hear(new Message.Returned(i));
                    }
                }
            }
        }
        return verdicts;
    }

    private static List<Double> time(DeviceTimer.Samples samples, Job.Effort effort) {
        List<Double> seconds = new ArrayList<>();
        double fastest = Double.POSITIVE_INFINITY;
        long start = System.nanoTime();
        while (seconds.size() < effort.runs()) {
            seconds.add(samples.next());
            fastest = Math.min(fastest, seconds.getLast());
            double elapsed = (System.nanoTime() - start) * 1e-9;
            boolean hopeless = effort.bestSeconds() > 0 && fastest > HOPELESS * effort.bestSeconds();
            boolean enough = seconds.size() >= LEAST_SAMPLES || elapsed > LEAST_SAMPLES * effort.seconds();
            if (enough && (hopeless || elapsed > effort.seconds())) {
                break;
            }
        }
        return seconds;
    }

    /** In the order A B B A, so that a drift of the device's clocks touches all alike. */
    private List<Verdict> inTurns(Job job) throws IOException {
        List<Verdict> verdicts = new ArrayList<>();
        List<Ready> ready = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        List<List<Double>> seconds = new ArrayList<>();
        try {
            for (int i = 0; i < job.candidates().size(); i++) {
                switch (prepare(job, i)) {
                    case Prepared.Not(Verdict verdict) -> verdicts.add(verdict);
                    case Prepared.Right(Ready right) -> {
                        verdicts.add(new Verdict.Times(List.of()));
                        ready.add(right);
                        places.add(i);
                        seconds.add(new ArrayList<>());
                    }
                }
            }
            long start = System.nanoTime();
            double limit = job.effort().seconds() * ready.size();
            for (int round = 0; round < job.effort().runs(); round++) {
                // Two rounds at least, so that each candidate was first and last.
                if (round >= 2 && (System.nanoTime() - start) * 1e-9 > limit) {
                    break;
                }
                for (int i = 0; i < ready.size(); i++) {
                    int turn = round % 2 == 0 ? i : ready.size() - 1 - i;
                    listener.hear(new Message.Running(places.get(turn)));
                    seconds.get(turn).add(ready.get(turn).samples().next());
                    listener.hear(new Message.Returned(places.get(turn)));
                }
            }
        } finally {
            ready.forEach(Ready::close);
        }
        for (int i = 0; i < places.size(); i++) {
            verdicts.set(places.get(i), new Verdict.Times(seconds.get(i)));
        }
        return verdicts;
    }

    /** Loads a candidate, runs it once and checks what it did. */
    private Prepared prepare(Job job, int index) throws IOException {
        Job.Candidate candidate = job.candidates().get(index);
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            listener.hear(new Message.Running(index));
            DeviceKernel kernel = new DeviceKernel(driver, candidate);
            opened.addFirst(kernel::close);
            listener.hear(new Message.Returned(index));
            DeviceBuffers buffers =
                    new DeviceBuffers(driver, stream, candidate.arguments(), inputs.of(candidate.arguments()));
            opened.addFirst(buffers::close);
            buffers.poison();
            listener.hear(new Message.Running(index));
            kernel.run(buffers.addresses(0), stream);
            driver.synchronize(stream);
            listener.hear(new Message.Returned(index));
            Optional<Verdict.Wrong> problem = problem(candidate, buffers);
            if (problem.isPresent()) {
                return new Prepared.Not(problem.get());
            }
            listener.hear(new Message.Running(index));
            DeviceTimer.Samples samples = timer.samples(run -> kernel.run(buffers.addresses(run), stream));
            listener.hear(new Message.Returned(index));
            opened.clear();
            return new Prepared.Right(new Ready(kernel, buffers, samples));
        } catch (NativeMemoryException e) {
            return new Prepared.Not(new Verdict.NoMemory(String.valueOf(e.getMessage())));
        } catch (CudaException refused) {
            if (refused.isSticky()) {
                throw refused;
            }
            listener.hear(new Message.Returned(index));
            String reason = String.valueOf(refused.getMessage());
            return new Prepared.Not(
                    refused.error()
                                    .filter(error -> error == CudaError.OUT_OF_MEMORY)
                                    .isPresent()
                            ? new Verdict.NoMemory(reason)
                            : new Verdict.Refused(reason));
        } finally {
            Worker.close(opened);
        }
    }

    private Optional<Verdict.Wrong> problem(Job.Candidate candidate, DeviceBuffers buffers) {
        try (Arena arena = Arena.ofShared()) {
            Optional<Verdict.Wrong> damage = buffers.damage(arena);
            if (damage.isPresent()) {
                return damage;
            }
            int failed = buffers.status(arena);
            if (failed != 0) {
                boolean isKnown = failed >= 1 && failed <= candidate.checks().size();
                return Optional.of(new Verdict.Wrong(
                        "its check %d failed: %s"
                                .formatted(
                                        failed, isKnown ? candidate.checks().get(failed - 1) : "it has no such check"),
                        true));
            }
            return check.problem(candidate, buffers.outputs(arena)).map(reason -> new Verdict.Wrong(reason, true));
        }
    }

    @Override
    public void close() {
        inputs.close();
        check.close();
        timer.close();
        Release.of(() -> driver.destroy(stream));
    }
}
