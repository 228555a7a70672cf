package dev.woodpecker.compiler.emit;

import java.util.ArrayList;
import java.util.List;

/** Breaks long lines of C before operators and after commas, at the outermost parentheses where that is possible. */
final class Lines {
    private static final int LENGTH = 120;
    private static final int CONTINUATION = 8;
    private static final List<String> OPERATORS =
            List.of(" + ", " - ", " * ", " / ", " ? ", " : ", " && ", " || ", " | ", " & ", " ^ ");

    private Lines() {}

    /** {@code text}, which starts after {@code indent} columns, as one or more lines, the later ones indented further. */
    static List<String> broken(String text, int indent) {
        List<String> lines = new ArrayList<>();
        String rest = text;
        int used = indent;
        while (used + rest.length() > LENGTH) {
            int at = breakBefore(rest, LENGTH - used);
            if (at <= 0) {
                break;
            }
            lines.add(rest.substring(0, at).stripTrailing());
            rest = " ".repeat(CONTINUATION) + rest.substring(at).stripLeading();
        }
        lines.add(rest);
        return lines;
    }

    /** The last place within {@code width} at the least depth of parentheses; 0 where there is none. */
    private static int breakBefore(String text, int width) {
        int depth = 0;
        int best = 0;
        int bestDepth = Integer.MAX_VALUE;
        int end = text.contains(" /*") ? text.indexOf(" /*") : text.length();
        int start = text.length() - text.stripLeading().length();
        for (int i = start + 1; i < Math.min(end, width); i++) {
            char before = text.charAt(i - 1);
            if (before == '(' || before == '[' || before == '{') {
                depth++;
            } else if (before == ')' || before == ']' || before == '}') {
                depth--;
            }
            if (isBreak(text, i) && depth <= bestDepth) {
                best = i;
                bestDepth = depth;
            }
        }
        return best;
    }

    private static boolean isBreak(String text, int i) {
        return text.startsWith(", ", i - 1) || OPERATORS.stream().anyMatch(op -> text.startsWith(op, i));
    }
}
