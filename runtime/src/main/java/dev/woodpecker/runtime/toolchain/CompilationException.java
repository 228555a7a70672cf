package dev.woodpecker.runtime.toolchain;

import dev.woodpecker.runtime.MachineException;
import java.nio.file.Path;
import java.util.Optional;

/** A compiler refused generated source: a defect of the generator, so everything needed to find it is in the message. */
public final class CompilationException extends MachineException {
    private static final long serialVersionUID = 1;

    private final String sourceName;
    private final transient Path keptSource;
    private final int line;
    private final String compilerMessage;
    private final transient Optional<String> javaOrigin;

    /**
     * The failure of {@code run}.
     *
     * @param keptText the text of {@code keptSource}, in which the Java origin is looked for
     */
    public CompilationException(String sourceName, Path keptSource, String keptText, ProgramRun run) {
        this(sourceName, keptSource, run, CompilerMessage.firstError(run.output()), keptText);
    }

    private CompilationException(
            String sourceName, Path keptSource, ProgramRun run, CompilerMessage error, String keptText) {
        super(describe(sourceName, keptSource, run, error, CompilerMessage.javaOrigin(keptText, error.line())));
        this.sourceName = sourceName;
        this.keptSource = keptSource;
        this.line = error.line();
        this.compilerMessage = error.text();
        this.javaOrigin = CompilerMessage.javaOrigin(keptText, error.line());
    }

    private static String describe(
            String sourceName, Path keptSource, ProgramRun run, CompilerMessage error, Optional<String> javaOrigin) {
        StringBuilder text = new StringBuilder();
        text.append("cannot compile ").append(sourceName).append(": ").append(error.text());
        text.append("\n  at ").append(keptSource).append(':').append(error.line());
        javaOrigin.ifPresent(origin -> text.append("\n  from ").append(origin));
        text.append("\n  by ").append(String.join(" ", run.command()));
        text.append("\n  exit status ").append(run.exitStatus()).append(", output:\n");
        run.output()
                .lines()
                .limit(40)
                .forEach(line -> text.append("    ").append(line).append('\n'));
        return text.toString();
    }

    /** The name of the source that was being compiled. */
    public String sourceName() {
        return sourceName;
    }

    /** The very text that the compiler saw. */
    public Path keptSource() {
        return keptSource;
    }

    /** The line of the first error in {@link #keptSource()}, from 1; 0 when the compiler named none. */
    public int line() {
        return line;
    }

    /** The first error in the compiler's words. */
    public String compilerMessage() {
        return compilerMessage;
    }

    /** {@code File.java:line:column} of the Java code that the line was generated from, when the text tells. */
    public Optional<String> javaOrigin() {
        return javaOrigin;
    }
}
