package dev.woodpecker.tuner.run;

import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.runtime.records.RecordFile;
import dev.woodpecker.runtime.records.RecordKey;
import dev.woodpecker.runtime.records.Records;
import dev.woodpecker.runtime.records.TuningRecord;
import dev.woodpecker.runtime.records.TuningRecord.Status;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A journal in a file of records. The machine of an earlier run may have been faster or slower than it is now: its times say
 * which points to look at, and the finals time those again.
 */
public final class RecordJournal implements Journal {
    /** The nearest kernels on record that a search begins with. */
    private static final int SEEDS = 4;

    private final RecordFile file;
    private final Records known;
    private final boolean resumes;
    private final String device;
    private final int threads;
    private final String compiler;
    private final Map<TuningTask, RecordKey> keys = new IdentityHashMap<>();
    private final Map<TuningTask, Map<String, Outcome>> earlier = new IdentityHashMap<>();

    /**
     * @param file where outcomes are written
     * @param known what searches may begin with
     * @param resumes whether outcomes that are known are not measured again
     * @param device as {@link dev.woodpecker.runtime.records.MachineName} has it
     * @param compiler one line
     */
    public RecordJournal(RecordFile file, Records known, boolean resumes, String device, int threads, String compiler) {
        this.file = file;
        this.known = known;
        this.resumes = resumes;
        this.device = device;
        this.threads = threads;
        this.compiler = compiler;
    }

    @Override
    public synchronized Optional<Outcome> earlier(TuningTask task, Point point) {
        if (!resumes || !(point.result() instanceof SpacePoint.Scheduled scheduled)) {
            return Optional.empty();
        }
        Map<String, Outcome> outcomes = earlier.computeIfAbsent(task, this::outcomes);
        return Optional.ofNullable(outcomes.get(point.variant().name() + " " + TraceJson.print(scheduled.trace())));
    }

    /** By variant and trace; times of the search before those of finals, which are not comparable with others. */
    private Map<String, Outcome> outcomes(TuningTask task) {
        Map<String, Outcome> outcomes = new HashMap<>();
        for (TuningRecord record : known.all(key(task))) {
            if (record.trace().isPresent() && !record.isConfirmed()) {
                outcomes.put(record.variant() + " " + record.trace().get(), outcome(record));
            }
        }
        return outcomes;
    }

    private static Outcome outcome(TuningRecord record) {
        return record.seconds()
                .<Outcome>map(Outcome.Timed::new)
                .orElseGet(
                        () -> new Outcome.Failed(Failure.valueOf(record.status().name()), record.reason()));
    }

    /** Decisions that were good for this kernel, and for those nearest to it. */
    public synchronized List<Map<String, Long>> seeds(TuningTask task) {
        RecordKey key = key(task);
        List<TuningRecord> records =
                new ArrayList<>(known.best(key).stream().limit(1).toList());
        known.nearest(key, SEEDS).forEach(near -> records.add(near.record()));
        return records.stream()
                .flatMap(record -> decisions(task, record).stream())
                .toList();
    }

    private static Optional<Map<String, Long>> decisions(TuningTask task, TuningRecord record) {
        List<String> variants =
                task.variants().stream().map(variant -> variant.name()).toList();
        int variant = variants.indexOf(record.variant());
        if (variant < 0) {
            return Optional.empty();
        }
        try {
            Map<String, Long> decisions = new HashMap<>(record.schedule().decisions());
            decisions.put(SearchSpace.VARIANT, (long) variant);
            return Optional.of(decisions);
        } catch (IllegalArgumentException ofAnotherVersion) {
            return Optional.empty();
        }
    }

    @Override
    public void measured(TuningTask task, Point point, Outcome outcome) {
        switch (outcome) {
            case Outcome.Timed(Distribution seconds) -> file.append(timed(task, point, seconds, false));
            case Outcome.Failed(Failure failure, String reason) ->
                file.append(new TuningRecord(
                        key(task),
                        task.name(),
                        task.operator(),
                        point.variant().name(),
                        point.result() instanceof SpacePoint.Scheduled scheduled
                                ? Optional.of(TraceJson.print(scheduled.trace()))
                                : Optional.empty(),
                        Status.valueOf(failure.name()),
                        Optional.empty(),
                        false,
                        compiler,
                        now(),
                        reason));
        }
    }

    @Override
    public void confirmed(TuningTask task, Point point, Distribution seconds) {
        file.append(timed(task, point, seconds, true));
    }

    private TuningRecord timed(TuningTask task, Point point, Distribution seconds, boolean isConfirmed) {
        if (!(point.result() instanceof SpacePoint.Scheduled scheduled)) {
            throw new IllegalStateException("a point without a schedule has a time: " + point.result());
        }
        return TuningRecord.timed(
                key(task),
                task.name(),
                task.operator(),
                point.variant().name(),
                scheduled.trace(),
                seconds,
                isConfirmed,
                compiler,
                now());
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private synchronized RecordKey key(TuningTask task) {
        return keys.computeIfAbsent(task, t -> RecordKey.of(t.kernel(), t.numerics(), device, threads));
    }
}
