package dev.woodpecker.cli;

import dev.woodpecker.cli.soak.MemoryUse;
import dev.woodpecker.cli.soak.QuotaGroup;
import dev.woodpecker.cli.soak.Soak;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.tuner.PositiveCount;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wpk soak}: runs a model many times on many threads, and watches its answers and its memory. */
@Command(
        name = "soak",
        description =
                "Runs a model on several threads, with sessions opened and closed, and checks answers and memory.",
        mixinStandardHelpOptions = true)
final class SoakCommand implements Callable<Integer> {
    /** Different inputs, so that an answer of another run is noticed. */
    private static final int INPUTS = 4;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelFileArguments arguments = new ModelFileArguments();

    @Option(
            names = "--threads",
            converter = PositiveCount.class,
            description = "Threads that call the model, each in sessions of its own. Default: ${DEFAULT-VALUE}.")
    private int threads = 8;

    @Option(
            names = "--runs",
            converter = PositiveCount.class,
            description = "How many runs in all. Default: ${DEFAULT-VALUE}.")
    private int runs = 100_000;

    @Option(
            names = "--session-runs",
            converter = PositiveCount.class,
            description = "After how many runs a thread opens a new session. Default: ${DEFAULT-VALUE}.")
    private int sessionRuns = 100;

    @Option(
            names = "--quota",
            paramLabel = "CORES",
            description = "Runs in a control group that may use so much processor time, as 1.5.")
    private double quotaCores;

    @Override
    public Integer call() throws InterruptedException {
        if (quotaCores > 0) {
            return underQuota();
        }
        PrintWriter out = spec.commandLine().getOut();
        try (Model model = arguments.load(0)) {
            List<Map<String, NdArray>> inputs = new ArrayList<>();
            for (int i = 0; i < INPUTS; i++) {
                inputs.add(arguments.inputs(model, i));
            }
            Soak.Result result = new Soak(threads, runs, sessionRuns).of(model, inputs);
            print(result, out);
            return result.wrong() == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private int underQuota() throws InterruptedException {
        try (QuotaGroup group = QuotaGroup.of(quotaCores)) {
            return group.runAgainWithout("--quota")
                    .orElseThrow(() -> new IOException("the system does not tell how this program was called"));
        } catch (IOException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    "no control group can be had for --quota " + quotaCores + ": " + e + ". "
                            + QuotaGroup.remedy(quotaCores),
                    e);
        }
    }

    private void print(Soak.Result result, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%d runs in %d sessions on %d threads: %.1f s, %.0f runs/s, %.0f runs/s of a core; median %.3f ms, 99"
                        + " %% within %.3f ms, %.1f times the median%n",
                result.runs(),
                result.sessions(),
                threads,
                result.seconds(),
                result.runsPerSecond(),
                result.runs() / result.processorSeconds(),
                result.medianSeconds() * 1e3,
                result.p99Seconds() * 1e3,
                result.p99Seconds() / result.medianSeconds());
        print("after a tenth", result.settled(), out);
        print("after a half", result.middle(), out);
        print("at the end", result.end(), out);
        out.println(
                result.wrong() == 0
                        ? "every answer was bit by bit the first one"
                        : "WRONG: " + result.wrong() + " answers differ from the first");
    }

    private static void print(String when, MemoryUse use, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "  %-14s %7.1f MiB resident, %7.1f MiB of them held by the model and its sessions%n",
                when,
                use.residentBytes() / 1048576.0,
                use.nativeBytes() / 1048576.0);
    }
}
