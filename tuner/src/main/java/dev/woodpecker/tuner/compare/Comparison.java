package dev.woodpecker.tuner.compare;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.search.SearchEnded;
import dev.woodpecker.tuner.search.Searches;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * How searches fare on landscapes.
 *
 * @param results by kernel and search, in order
 */
public record Comparison(List<String> searches, int trials, int seeds, List<Result> results) {
    /** The searches that are compared, the one that the others have to beat first. */
    public static final List<String> SEARCHES = List.of("random", "genetic", "reinforce", "default");

    /**
     * One search on one landscape.
     *
     * @param relative for each seed the best time after each trial, relative to the landscape's best
     * @param winner the decisions that were fastest, of all seeds
     */
    public record Result(Landscape landscape, String search, List<List<Double>> relative, Map<String, Long> winner) {
        /** Over the seeds, after so many trials. */
        public Distribution after(int trials) {
            return Distribution.of(relative.stream()
                    .mapToDouble(curve -> curve.get(trials - 1))
                    .toArray());
        }
    }

    /** Runs each search with each seed on each landscape. */
    public static Comparison run(List<Landscape> landscapes, int trials, int seeds, Consumer<String> progress) {
        List<Result> results = new ArrayList<>();
        for (Landscape landscape : landscapes) {
            for (String search : SEARCHES) {
                progress.accept(landscape.kernel().name() + ": " + search);
                results.add(run(landscape, search, trials, seeds));
            }
        }
        return new Comparison(SEARCHES, trials, seeds, results);
    }

    private static Result run(Landscape landscape, String search, int trials, int seeds) {
        List<List<Double>> curves = new ArrayList<>();
        Map<Double, Map<String, Long>> winners = new LinkedHashMap<>();
        double best = landscape.bestSeconds();
        for (int seed = 1; seed <= seeds; seed++) {
            LandscapeTrials answers = new LandscapeTrials(landscape, trials);
            try {
                Searches.named(search, landscape.knowledge()).run(landscape, answers, new SplittableRandom(seed));
            } catch (SearchEnded budgetUsed) {
                assert answers.remaining() == 0 : "a search ended before its budget did";
            }
            curves.add(answers.best().stream().map(seconds -> seconds / best).toList());
            winners.put(answers.best().getLast(), answers.winner());
        }
        double fastest =
                winners.keySet().stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        return new Result(landscape, search, curves, winners.getOrDefault(fastest, Map.of()));
    }

    /** The landscapes, each once. */
    public List<Landscape> landscapes() {
        return results.stream().map(Result::landscape).distinct().toList();
    }

    public Result result(Landscape landscape, String search) {
        return results.stream()
                .filter(result ->
                        result.landscape() == landscape && result.search().equals(search))
                .findFirst()
                .orElseThrow();
    }
}
