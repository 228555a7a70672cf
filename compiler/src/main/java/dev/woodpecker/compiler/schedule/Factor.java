package dev.woodpecker.compiler.schedule;

import java.util.List;
import java.util.Map;

/** A number in a step: fixed, or left open to a search. */
public sealed interface Factor {
    record Fixed(long value) implements Factor {}

    /** One of {@code domain}; the decisions of a trace say which. */
    record Choice(String name, List<Long> domain) implements Factor {
        public Choice {
            domain = List.copyOf(domain);
            if (domain.isEmpty()) {
                throw new IllegalArgumentException("choice " + name + " has an empty domain");
            }
        }
    }

    static Factor of(long value) {
        return new Fixed(value);
    }

    /** The number under these decisions. */
    default long resolve(Map<String, Long> decisions) {
        return switch (this) {
            case Fixed(long value) -> value;
            case Choice(String name, List<Long> domain) -> {
                Long decided = decisions.get(name);
                if (decided == null) {
                    throw new IllegalArgumentException(
                            "no decision for choice '" + name + "'; its domain is " + domain);
                }
                if (!domain.contains(decided)) {
                    throw new IllegalArgumentException(
                            "decision " + decided + " for choice '" + name + "' is not in its domain " + domain);
                }
                yield decided;
            }
        };
    }
}
