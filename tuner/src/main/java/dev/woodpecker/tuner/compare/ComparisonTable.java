package dev.woodpecker.tuner.compare;

import dev.woodpecker.runtime.timing.Distribution;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** A comparison as a table in Markdown, which is as readable as text, and what it says about the bars. */
public record ComparisonTable(Comparison comparison) {
    private static final List<Integer> TRIALS = List.of(16, 64, 200);

    /** Searches within this factor of each other are equal. */
    private static final double TIE = 1.01;

    /** How near to a landscape's best the default search has to be, and after how many trials. */
    private static final double NEAR = 1.05;

    private static final int NEAR_TRIALS = 64;

    /** Best times relative to the landscape's best: the median over the seeds, and the quartiles. */
    public List<String> lines() {
        List<Integer> trials = trials();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("kernel", "points", "best", "search"));
        trials.forEach(count -> head.add("after " + count));
        rows.add(head);
        for (Landscape landscape : comparison.landscapes()) {
            for (String search : comparison.searches()) {
                boolean first = search.equals(comparison.searches().getFirst());
                List<String> row = new ArrayList<>();
                row.add(first ? landscape.kernel().name() : "");
                row.add(first ? String.valueOf(measured(landscape)) : "");
                row.add(first ? String.format(Locale.ROOT, "%.4g ms", landscape.bestSeconds() * 1e3) : "");
                row.add(search);
                Comparison.Result result = comparison.result(landscape, search);
                trials.forEach(count -> row.add(text(result.after(count))));
                rows.add(row);
            }
        }
        return aligned(rows);
    }

    private static long measured(Landscape landscape) {
        return landscape.entries().stream()
                .filter(entry -> Landscape.seconds(entry.outcome()) < Double.POSITIVE_INFINITY)
                .count();
    }

    private List<Integer> trials() {
        return TRIALS.stream().filter(count -> count <= comparison.trials()).toList();
    }

    private static String text(Distribution relative) {
        return String.format(Locale.ROOT, "%.3f (%.3f .. %.3f)", relative.median(), relative.q1(), relative.q3());
    }

    /** Rows of a table in columns of equal width, the first row its head. */
    static List<String> aligned(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = IntStream.range(0, columns)
                .map(c ->
                        rows.stream().mapToInt(row -> row.get(c).length()).max().orElse(0))
                .toArray();
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            lines.add(line(row, widths));
            if (lines.size() == 1) {
                lines.add(line(IntStream.of(widths).mapToObj("-"::repeat).toList(), widths));
            }
        }
        return lines;
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder("|");
        for (int c = 0; c < widths.length; c++) {
            line.append(' ')
                    .append(row.get(c))
                    .append(" ".repeat(widths[c] - row.get(c).length()))
                    .append(" |");
        }
        return line.toString();
    }

    /** What was to be shown, and whether it was. */
    public record Bar(String text, int reached, int wanted) {
        public boolean isReached() {
            return reached >= wanted;
        }

        @Override
        public String toString() {
            return "%s: %d (wanted: %d): %s".formatted(text, reached, wanted, isReached() ? "reached" : "not reached");
        }
    }

    /** The three bars of the comparison; fewer landscapes than six are asked for less. */
    public List<Bar> bars() {
        int kernels = comparison.landscapes().size();
        int nearTrials = Math.min(NEAR_TRIALS, comparison.trials());
        long near = comparison.landscapes().stream()
                .filter(landscape -> comparison
                                .result(landscape, "default")
                                .after(nearTrials)
                                .median()
                        <= NEAR)
                .count();
        return List.of(
                new Bar(
                        "kernels on which genetic search beats or ties random search after " + comparison.trials(),
                        ties("genetic"),
                        Math.max(1, kernels - 1)),
                new Bar(
                        "kernels on which reinforce beats or ties random search after " + comparison.trials(),
                        ties("reinforce"),
                        Math.max(1, kernels - 2)),
                new Bar("kernels on which default is within 5 % of the best after " + nearTrials, (int) near, kernels));
    }

    private int ties(String search) {
        return (int) comparison.landscapes().stream()
                .filter(landscape -> comparison
                                .result(landscape, search)
                                .after(comparison.trials())
                                .median()
                        <= TIE
                                * comparison
                                        .result(landscape, "random")
                                        .after(comparison.trials())
                                        .median())
                .count();
    }
}
