package dev.woodpecker.runtime.toolchain;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One finished run of a compiler.
 *
 * @param exitStatus as the shell counts: above 128 a signal ended it
 * @param output standard output and error in the order they were written
 */
public record ProgramRun(List<String> command, int exitStatus, String output) {
    /** Longer than the slowest kernel ever seen by far; a compiler that hangs must not hang the caller. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /**
     * Runs {@code command} in {@code directory}, which also takes the compiler's own temporary files.
     *
     * @throws IOException when the program cannot be started
     */
    public static ProgramRun of(List<String> command, Path directory) throws IOException {
        Path log = Files.createTempFile(directory, "compiler-", ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(Redirect.from(new File("/dev/null")))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("TMPDIR", directory.toString());
        Process process = builder.start();
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new ToolchainException(
                        "stopped after " + LIMIT.toMinutes() + " minutes: " + String.join(" ", command));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ToolchainException("interrupted while compiling", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        String output = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        Files.delete(log);
        return new ProgramRun(command, process.exitValue(), output);
    }

    /** The same in a directory that is made for it and removed. */
    static ProgramRun of(List<String> command) throws IOException {
        Path directory = Files.createTempDirectory("woodpecker-run-");
        try {
            return of(command, directory);
        } finally {
            CacheRoot.deleteTree(directory);
        }
    }

    public boolean succeeded() {
        return exitStatus == 0;
    }
}
