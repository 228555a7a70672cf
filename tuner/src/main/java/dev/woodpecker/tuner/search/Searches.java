package dev.woodpecker.tuner.search;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The searches by name. */
public final class Searches {
    /** The name of the search that is taken where none is asked for. */
    public static final String DEFAULT = "default";

    private static final Map<String, Function<Knowledge, Search>> BY_NAME = new TreeMap<>(Map.of(
            "random",
            _ -> new RandomSearch(),
            "exhaustive",
            _ -> new ExhaustiveSearch(),
            "genetic",
            _ -> new GeneticSearch(),
            "reinforce",
            ReinforceSearch::new,
            DEFAULT,
            DefaultSearch::new));

    private Searches() {}

    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * The search of this name.
     *
     * @throws IllegalArgumentException naming those that there are, if it is none of them
     */
    public static Search named(String name, Knowledge knowledge) {
        Function<Knowledge, Search> search = BY_NAME.get(name);
        if (search == null) {
            throw new IllegalArgumentException(
                    "no search is called '" + name + "'; there are: " + String.join(", ", BY_NAME.keySet()));
        }
        return search.apply(knowledge);
    }
}
