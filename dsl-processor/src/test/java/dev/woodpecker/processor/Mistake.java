package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;

/**
 * A mistake in a kernel, and what is told about it.
 *
 * @param says what the message has to say
 * @param members of a class, with the mark {@code §} just before the place at which javac's caret must stand
 */
record Mistake(DiagnosticCode code, String says, String imports, String members) {
    private static final String MARK = "§";

    static Mistake in(DiagnosticCode code, String says, String members) {
        return new Mistake(code, says, Compiling.IMPORTS, members);
    }

    /** The source of class {@code p.K}. */
    String source() {
        return marked().replace(MARK, "");
    }

    /** Line and column of the mark, {@code 12:5}. */
    String place() {
        String before = marked().substring(0, marked().indexOf(MARK));
        return (before.chars().filter(c -> c == '\n').count() + 1) + ":" + (before.length() - before.lastIndexOf('\n'));
    }

    private String marked() {
        return "package p;\n" + imports + "public final class K {\n" + members + "}\n";
    }

    @Override
    public String toString() {
        return code.code() + " " + says;
    }
}
