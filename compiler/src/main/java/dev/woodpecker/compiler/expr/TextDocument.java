package dev.woodpecker.compiler.expr;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Text with places where a line may break: a group is written on one line if it fits, else all its own breaks become line
 * breaks (Wadler, "A prettier printer", 1998).
 */
sealed interface TextDocument {
    record Text(String text) implements TextDocument {}

    /** A line break, or {@code flat} in a group that fits. */
    record Break(String flat) implements TextDocument {}

    /** A line break always; a group around it does not fit. */
    record Newline() implements TextDocument {}

    record Sequence(List<TextDocument> parts) implements TextDocument {}

    /** Lines that begin within {@code body} are indented by four more columns. */
    record Indent(TextDocument body) implements TextDocument {}

    record Group(TextDocument body) implements TextDocument {}

    int INDENT_COLUMNS = 4;

    static TextDocument text(String text) {
        return new Text(text);
    }

    static TextDocument sequence(TextDocument... parts) {
        return new Sequence(Arrays.asList(parts));
    }

    static TextDocument group(TextDocument... parts) {
        return new Group(sequence(parts));
    }

    static TextDocument indent(TextDocument... parts) {
        return new Indent(sequence(parts));
    }

    /** {@code parts} with {@code separator} between them. */
    static TextDocument join(List<TextDocument> parts, TextDocument separator) {
        List<TextDocument> joined = new ArrayList<>();
        for (TextDocument part : parts) {
            if (!joined.isEmpty()) {
                joined.add(separator);
            }
            joined.add(part);
        }
        return new Sequence(joined);
    }

    /** A comma-separated list in delimiters, indented when it does not fit on the line. */
    static TextDocument list(String open, List<TextDocument> parts, String close) {
        TextDocument comma = sequence(text(","), new Break(" "));
        return group(text(open), indent(new Break(""), join(parts, comma)), new Break(""), text(close));
    }

    /** The text, lines no longer than {@code columns} where that is possible; without spaces at the end of lines. */
    default String render(int columns) {
        StringBuilder out = new StringBuilder();
        int column = 0;
        Deque<Pending> pending = new ArrayDeque<>();
        pending.push(new Pending(this, 0, false));
        while (!pending.isEmpty()) {
            Pending next = pending.pop();
            switch (next.document) {
                case Text(String text) -> {
                    out.append(text);
                    column += text.length();
                }
                case Break(String flat)
                when next.flat -> {
                    out.append(flat);
                    column += flat.length();
                }
                case Break _, Newline _ -> {
                    while (!out.isEmpty() && out.charAt(out.length() - 1) == ' ') {
                        out.setLength(out.length() - 1);
                    }
                    out.append('\n').repeat(' ', next.indent);
                    column = next.indent;
                }
                case Sequence(var parts) -> {
                    for (TextDocument part : parts.reversed()) {
                        pending.push(next.with(part));
                    }
                }
                case Indent(var body) -> pending.push(new Pending(body, next.indent + INDENT_COLUMNS, next.flat));
                case Group(var body) -> {
                    boolean flat = next.flat || Fitting.fits(body, columns - column, pending);
                    pending.push(new Pending(body, next.indent, flat));
                }
            }
        }
        return out.toString();
    }

    /** What is still to be written. */
    record Pending(TextDocument document, int indent, boolean flat) {
        Pending with(TextDocument part) {
            return new Pending(part, indent, flat);
        }
    }

    /** Whether a group can be written on the rest of the line, with what follows it up to the next line break. */
    final class Fitting {
        private int columnsLeft;
        private boolean lineEnded;

        private Fitting(int columnsLeft) {
            this.columnsLeft = columnsLeft;
        }

        static boolean fits(TextDocument group, int columnsLeft, Deque<Pending> after) {
            Fitting fitting = new Fitting(columnsLeft);
            if (!fitting.take(group, true)) {
                return false;
            }
            for (Pending next : after) {
                if (fitting.lineEnded) {
                    break;
                }
                if (!fitting.take(next.document, next.flat)) {
                    return false;
                }
            }
            return true;
        }

        private boolean take(TextDocument document, boolean flat) {
            if (lineEnded) {
                return true;
            }
            return switch (document) {
                case Text(String text) -> (columnsLeft -= text.length()) >= 0;
                case Break(String text) when flat -> (columnsLeft -= text.length()) >= 0;
                case Break _ -> lineEnded = true;
                case Newline _ -> {
                    lineEnded = true;
                    yield !flat;
                }
                case Sequence(var parts) -> {
                    for (TextDocument part : parts) {
                        if (!take(part, flat)) {
                            yield false;
                        }
                    }
                    yield true;
                }
                case Indent(var body) -> take(body, flat);
                case Group(var body) -> take(body, flat);
            };
        }
    }
}
