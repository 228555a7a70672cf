package dev.woodpecker.runtime.records;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.plan.Schedules;
import dev.woodpecker.runtime.plan.TunableKernel;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What records say of a model's kernels.
 *
 * @param device as {@link MachineName} has it
 */
public record RecordedSchedules(Records records, Numerics numerics, String device, int threads) implements Schedules {
    private static final System.Logger LOGGER = System.getLogger(RecordedSchedules.class.getName());

    /** Candidates that are tried for a kernel before its default is taken. */
    private static final int MOST = 3;

    @Override
    public List<Choice> of(TunableKernel kernel) {
        if (records.isEmpty()) {
            return List.of();
        }
        RecordKey key = RecordKey.of(kernel, numerics, device, threads);
        List<Choice> choices = new ArrayList<>();
        // Times of a search are good enough to go on searching by; what runs has won against the default side by side.
        for (TuningRecord record : records.best(key).stream()
                .filter(TuningRecord::isConfirmed)
                .limit(MOST)
                .toList()) {
            String source =
                    String.format(Locale.ROOT, "a record of %s, %.4g ms", record.date(), record.medianSeconds() * 1e3);
            try {
                choices.add(new Choice(record.variant(), record.schedule(), source));
            } catch (IllegalArgumentException wrong) {
                warn(kernel, source, wrong.getMessage());
            }
        }
        return choices;
    }

    @Override
    public void unfit(TunableKernel kernel, Choice choice, String reason) {
        warn(kernel, choice.source(), reason);
    }

    private static void warn(TunableKernel kernel, String source, @Nullable String reason) {
        LOGGER.log(
                Level.WARNING,
                "kernel " + kernel.name() + ": " + source + " does not fit and is passed over: " + reason
                        + "; tune it again or run wpk records prune");
    }
}
