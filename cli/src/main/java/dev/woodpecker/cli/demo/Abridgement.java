package dev.woodpecker.cli.demo;

import java.util.ArrayList;
import java.util.List;

/** Makes generated code short enough to read: unrolled statements are shown once, wide lines and long texts are cut. */
public final class Abridgement {
    private static final int WIDTH = 112;

    private Abridgement() {}

    /** At most {@code most} lines of a text, each indented by two columns; what is left out is said. */
    public static String of(String text, int most) {
        List<String> lines = withoutRepeats(text.stripTrailing().lines().toList());
        StringBuilder shown = new StringBuilder();
        lines.stream()
                .limit(most)
                .forEach(line -> shown.append("  ").append(cut(line)).append('\n'));
        if (lines.size() > most) {
            shown.append("  ... ").append(lines.size() - most).append(" more lines\n");
        }
        return shown.toString();
    }

    /** Of lines that differ in nothing but digits, as unrolling makes them, the first. */
    private static List<String> withoutRepeats(List<String> lines) {
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < lines.size(); ) {
            int end = i + 1;
            while (end < lines.size() && pattern(lines.get(end)).equals(pattern(lines.get(i)))) {
                end++;
            }
            kept.add(lines.get(i));
            if (end - i == 2) {
                kept.add(lines.get(i + 1));
            } else if (end - i > 2) {
                String indentation = lines.get(i).replaceAll("\\S.*", "");
                kept.add(indentation + "... and " + (end - i - 1) + " more like it");
            }
            i = end;
        }
        return kept;
    }

    /** A line without its numbers; a sum of a term more or less counts as alike. */
    private static String pattern(String line) {
        return line.replaceAll("\\d+", "0").replaceAll(" [+-] 0(?=[);\\]])", "");
    }

    private static String cut(String line) {
        return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 4) + " ...";
    }
}
