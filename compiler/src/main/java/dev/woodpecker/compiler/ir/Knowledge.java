package dev.woodpecker.compiler.ir;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@link Bounds} knows, the latest first: a list that shares its end with that of the scope around. */
sealed interface Knowledge {
    Knowledge NOTHING = new Nothing();

    record Nothing() implements Knowledge {}

    /**
     * The values of a variable, and what divides them; {@code greatest} is the largest as an expression, where it is no
     * constant.
     */
    record Range(String name, Interval interval, long divisor, Optional<Polynomial> greatest, Knowledge before)
            implements Knowledge {}

    /** {@code notNegative >= 0}. */
    record Fact(Polynomial notNegative, Knowledge before) implements Knowledge {}

    /**
     * What a sum that may wrap, as one with a value that is loaded, comes to: of {@code i64(floor(x[k])) + r}, which was
     * compared with numbers, that it is from {@code 0} to {@code 4}.
     */
    record Window(Polynomial sum, Interval interval, Knowledge before) implements Knowledge {}

    /** What was known before the latest; {@link Nothing} of itself. */
    default Knowledge rest() {
        return switch (this) {
            case Nothing nothing -> nothing;
            case Range range -> range.before;
            case Fact fact -> fact.before;
            case Window window -> window.before;
        };
    }

    /** What is known of a variable. */
    default Optional<Range> range(String name) {
        for (Knowledge k = this; !(k instanceof Nothing); k = k.rest()) {
            if (k instanceof Range range && range.name.equals(name)) {
                return Optional.of(range);
            }
        }
        return Optional.empty();
    }

    /** Sums that are not negative. */
    default List<Polynomial> facts() {
        List<Polynomial> facts = new ArrayList<>();
        for (Knowledge k = this; !(k instanceof Nothing); k = k.rest()) {
            if (k instanceof Fact fact) {
                facts.add(fact.notNegative);
            }
        }
        return facts;
    }

    /** The narrowest of each sum. */
    default List<Window> windows() {
        Map<Polynomial, Window> windows = new LinkedHashMap<>();
        for (Knowledge k = this; !(k instanceof Nothing); k = k.rest()) {
            if (k instanceof Window window) {
                windows.putIfAbsent(window.sum, window);
            }
        }
        return List.copyOf(windows.values());
    }
}
