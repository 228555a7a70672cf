package dev.woodpecker.cli.bench;

import dev.woodpecker.tuner.TunerMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code wpk tune} for a model, in a process of its own.
 *
 * @param budget as {@code --budget} takes it
 * @param records where what it finds is kept
 */
record ModelTuning(String budget, Path records, Map<String, Integer> extents) {
    /** Returns how many seconds it took. */
    double run(PreparedModel model, int threads) {
        List<String> arguments = new ArrayList<>(List.of(
                model.file().toString(),
                "--budget",
                budget,
                "--threads",
                Integer.toString(threads),
                "--records",
                records.toString()));
        extents.forEach((name, extent) -> arguments.addAll(List.of("--dim", name + "=" + extent)));
        long start = System.nanoTime();
        try {
            Process process = JavaProcess.of(TunerMain.class.getName(), List.of(), arguments)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Thread killer = new Thread(process::destroyForcibly);
            Runtime.getRuntime().addShutdownHook(killer);
            try {
                int code = process.waitFor();
                if (code != 0) {
                    throw new WorkerException("wpk tune ended with exit code " + code);
                }
            } finally {
                process.destroyForcibly();
                Runtime.getRuntime().removeShutdownHook(killer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("no process can be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WorkerException("interrupted", e);
        }
        return (System.nanoTime() - start) * 1e-9;
    }
}
