package dev.woodpecker.tuner.search;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The searches by name. */
public final class Searches {
    private static final Map<String, Supplier<Search>> BY_NAME = new TreeMap<>(Map.of(
            "random", RandomSearch::new,
            "exhaustive", ExhaustiveSearch::new,
            "genetic", GeneticSearch::new));

    private Searches() {}

    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * The search of this name.
     *
     * @throws IllegalArgumentException naming those that there are, if it is none of them
     */
    public static Search named(String name) {
        Supplier<Search> search = BY_NAME.get(name);
        if (search == null) {
            throw new IllegalArgumentException(
                    "no search is called '" + name + "'; there are: " + String.join(", ", BY_NAME.keySet()));
        }
        return search.get();
    }
}
