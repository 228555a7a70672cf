package dev.woodpecker.compiler.diagnostic;

import dev.woodpecker.compiler.ir.Origin;

/**
 * One thing that is wrong with a kernel.
 *
 * @param detail what is wrong here: {@code "x has 4 axes and is read with 3 indices"}
 */
public record Diagnostic(DiagnosticCode code, Origin origin, String detail) {
    /** The code and what is wrong; then, on a line of its own, what to do. */
    public String message() {
        return code.code() + " " + code.title() + ": " + detail + "\n  " + code.remedy();
    }

    /** The message after its place, for tools that show no source line. */
    public String messageWithPlace() {
        return origin.isKnown() ? origin + ": " + message() : message();
    }
}
