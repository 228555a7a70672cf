package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import java.util.List;

/** Where a {@link Chooser} has led to in a {@link ScheduleSpace}. */
public sealed interface SpacePoint {
    /** What was chosen, in order. */
    List<Decision> decisions();

    /** A schedule. */
    record Scheduled(List<Decision> decisions, Trace trace) implements SpacePoint {
        public Scheduled {
            decisions = List.copyOf(decisions);
        }
    }

    /** Decisions that do not go together, with the reason. */
    record Rejected(List<Decision> decisions, String reason) implements SpacePoint {
        public Rejected {
            decisions = List.copyOf(decisions);
        }
    }
}
