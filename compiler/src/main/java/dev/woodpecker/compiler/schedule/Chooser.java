package dev.woodpecker.compiler.schedule;

import java.util.Comparator;
import java.util.Map;

/**
 * Decides at each {@link ChoicePoint} that a rule comes to. What is chosen at one point may decide which points follow and
 * what their domains are, so a chooser is asked in order and answers from the domain.
 */
@FunctionalInterface
public interface Chooser {
    /** One of the point's domain. */
    long choose(ChoicePoint point);

    /** The analytic choice everywhere. */
    static Chooser preferred() {
        return ChoicePoint::preferred;
    }

    /**
     * What {@code decisions} says; the nearest of the domain where it says something else, the preferred where it says
     * nothing. Decisions that were made for one kernel so become a start for another.
     */
    static Chooser of(Map<String, Long> decisions) {
        return point -> {
            Long wanted = decisions.get(point.name());
            return wanted == null
                    ? point.preferred()
                    : point.domain().stream()
                            .min(Comparator.comparingLong(value -> Math.abs(value - wanted)))
                            .orElseThrow();
        };
    }
}
