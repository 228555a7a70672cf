package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Origin;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of origins in short: a quoted word names the file of the ones after it, {@code 12:5,9,9} gives columns of one line,
 * {@code -} an unknown origin, and {@code x3} after either repeats it.
 */
final class OriginText {
    private static final int LINE_COLUMNS = 100;

    private OriginText() {}

    /** Lines of words, each line at most {@value #LINE_COLUMNS} columns; none when no origin is known. */
    static List<String> print(List<Origin> origins) {
        if (origins.stream().allMatch(Origin.NONE::equals)) {
            return List.of();
        }
        List<String> words = new ArrayList<>();
        String file = "";
        int line = -1;
        for (int i = 0; i < origins.size(); ) {
            Origin origin = origins.get(i);
            int count = 1;
            while (i + count < origins.size() && origins.get(i + count).equals(origin)) {
                count++;
            }
            i += count;
            String times = count == 1 ? "" : "x" + count;
            if (origin.equals(Origin.NONE)) {
                words.add("-" + times);
                line = -1;
                continue;
            }
            if (!origin.file().equals(file)) {
                file = origin.file();
                words.add(Quoted.quote(file));
                line = -1;
            }
            if (origin.line() == line) {
                words.addLast(words.removeLast() + "," + origin.column() + times);
            } else {
                line = origin.line();
                words.add(line + ":" + origin.column() + times);
            }
        }
        return filled(words);
    }

    private static List<String> filled(List<String> words) {
        List<String> lines = new ArrayList<>();
        for (String word : words) {
            if (!lines.isEmpty() && lines.getLast().length() + 1 + word.length() <= LINE_COLUMNS) {
                lines.addLast(lines.removeLast() + " " + word);
            } else {
                lines.add(word);
            }
        }
        return lines;
    }

    /** The origins that {@code words} stand for. */
    static List<Origin> parse(List<String> words) {
        List<Origin> origins = new ArrayList<>();
        String file = "";
        for (String word : words) {
            if (word.startsWith("\"")) {
                file = Quoted.unquote(word);
            } else if (word.startsWith("-")) {
                origins.addAll(repeated(Origin.NONE, word.substring(1)));
            } else {
                int colon = word.indexOf(':');
                int line = Integer.parseInt(word.substring(0, Math.max(colon, 0)));
                for (String column : word.substring(colon + 1).split(",")) {
                    int times = column.indexOf('x');
                    int digits = times < 0 ? column.length() : times;
                    Origin origin = new Origin(file, line, Integer.parseInt(column.substring(0, digits)));
                    origins.addAll(repeated(origin, column.substring(digits)));
                }
            }
        }
        return origins;
    }

    private static List<Origin> repeated(Origin origin, String times) {
        return java.util.Collections.nCopies(times.isEmpty() ? 1 : Integer.parseInt(times.substring(1)), origin);
    }
}
