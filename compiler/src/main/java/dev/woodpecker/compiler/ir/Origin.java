package dev.woodpecker.compiler.ir;

/** A place in the Java source that a construct came from; {@code line} and {@code column} count from 1, 0 is unknown. */
public record Origin(String file, int line, int column) {
    /** The origin of what the compiler made itself. */
    public static final Origin NONE = new Origin("", 0, 0);

    public boolean isKnown() {
        return line > 0;
    }

    @Override
    public String toString() {
        return isKnown() ? file + ":" + line + ":" + column : "-";
    }
}
