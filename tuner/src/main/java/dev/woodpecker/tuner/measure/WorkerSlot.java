package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.Outcome.Failed;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where there is a worker whenever one is asked: one that was lost is replaced. */
final class WorkerSlot {
    private final Path directory;
    private final MeasureOptions options;
    private final WorkerProcess.Program program;
    private final List<WorkerProcess> worker = new ArrayList<>();

    WorkerSlot(Path directory, MeasureOptions options, WorkerProcess.Program program) {
        this.directory = directory;
        this.options = options;
        this.program = program;
    }

    /** Has a job done, within the time that the best candidate's leaves to another. */
    WorkerProcess.Reply ask(Job job, double bestSeconds) {
        if (!isAlive()) {
            stop();
            worker.add(WorkerProcess.start(directory, program));
        }
        // Timing a candidate is one stretch of generated code.
        double seconds = options.limitSeconds(bestSeconds) + 4 * options.seconds();
        WorkerProcess.Reply reply = worker.getFirst().ask(job, seconds, memoryLimit(job));
        if (reply instanceof WorkerProcess.Reply.Lost) {
            stop();
        }
        return reply;
    }

    /** What the job needs, with room for copies in other layouts, and what a candidate may take beyond that. */
    private long memoryLimit(Job job) {
        long bytes = 0;
        for (Job.Candidate candidate : job.candidates()) {
            for (Job.Argument argument : candidate.arguments()) {
                bytes += 3 * argument.arrangement().bytes();
            }
        }
        return WorkerBuffers.KEPT_BYTES + 4 * job.effort().coldBytes() + bytes + options.memoryBytes();
    }

    static Failed failed(WorkerProcess.Reply.Lost lost) {
        return new Failed(
                switch (lost.cause()) {
                    case CRASH, KILLED -> Failure.CRASH;
                    case TOO_LONG -> Failure.TIMEOUT;
                    case TOO_LARGE -> Failure.MEMORY;
                },
                lost.how());
    }

    static Outcome outcome(Job.Verdict verdict) {
        return switch (verdict) {
            case Job.Verdict.Times(List<Double> seconds) ->
                new Outcome.Timed(Distribution.of(
                        seconds.stream().mapToDouble(Double::doubleValue).toArray()));
            case Job.Verdict.Wrong(String reason, boolean _) -> new Failed(Failure.WRONG, reason);
            case Job.Verdict.NoMemory(String reason) -> new Failed(Failure.MEMORY, reason);
            case Job.Verdict.Refused(String reason) -> new Failed(Failure.REJECTED, reason);
        };
    }

    boolean isAlive() {
        return !worker.isEmpty() && worker.getFirst().isAlive();
    }

    List<Long> pid() {
        return worker.stream().map(WorkerProcess::pid).toList();
    }

    void stop() {
        worker.forEach(WorkerProcess::close);
        worker.clear();
    }
}
