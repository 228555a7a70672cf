package dev.woodpecker.compiler.schedule;

import java.util.List;

/**
 * A place where a rule has several ways to go on.
 *
 * @param name says what is chosen, {@code tile.rows}; unique within the points of one kernel
 * @param domain what may be chosen, in ascending or another meaningful order: neighbours are alike
 * @param preferred what the analysis takes when nothing was measured, one of {@code domain}
 */
public record ChoicePoint(String name, List<Long> domain, long preferred) {
    public ChoicePoint {
        domain = List.copyOf(domain);
        if (!domain.contains(preferred)) {
            throw new IllegalArgumentException(
                    "choice " + name + ": the preferred " + preferred + " is not in its domain " + domain);
        }
    }
}
