package dev.woodpecker.cli;

import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.cli.soak.MemoryUse;
import dev.woodpecker.cli.soak.QuotaGroup;
import dev.woodpecker.cli.soak.Soak;
import dev.woodpecker.cli.soak.SoakedModel;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    private static final String IN = "--in";

    /** What the process of a system prints of itself. */
    private static final Pattern RUNS_OF_A_CORE = Pattern.compile("([0-9.]+) runs/s of a core");

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

    @Option(
            names = "--against",
            description =
                    "With --quota: the same runs in this runtime afterwards, in a process of its own under the same"
                            + " quota, one thread a run: ${COMPLETION-CANDIDATES}.")
    private RunCommand.Peer[] against = {};

    @Option(names = IN, hidden = true, description = "The runtime to run in, for --against.")
    private RunCommand.Peer[] in = {};

    @Override
    public Integer call() throws InterruptedException {
        if (quotaCores > 0) {
            return underQuota();
        }
        if (against.length > 0) {
            throw new ParameterException(spec.commandLine(), "--against is for runs under a quota: add --quota 1.5");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (Model model = arguments.load(0)) {
            List<Map<String, NdArray>> inputs = new ArrayList<>();
            for (int i = 0; i < INPUTS; i++) {
                inputs.add(arguments.inputs(model, i));
            }
            Soak.Result result;
            if (in.length > 0) {
                try (OnnxRuntimePeer peer = OnnxRuntimePeer.open(arguments.onnxFile("--against"), 1)) {
                    result = soak(SoakedModel.OnnxRuntime.of(peer, inputs));
                }
            } else {
                result = soak(new SoakedModel.Woodpecker(model, inputs));
            }
            print(result, out);
            return result.wrong() == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private Soak.Result soak(SoakedModel model) throws InterruptedException {
        return new Soak(threads, runs, sessionRuns).of(model);
    }

    private int underQuota() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        List<Double> runsOfACore = new ArrayList<>();
        int code = underQuota("Woodpecker", List.of(), runsOfACore);
        if (against.length > 0 && code == ExitCode.OK) {
            code = underQuota("ONNX Runtime", List.of(IN, "ONNXRUNTIME"), runsOfACore);
        }
        if (runsOfACore.size() == 2) {
            out.printf(
                    Locale.ROOT,
                    "runs for a second of a core: %.2f times those of ONNX Runtime%n",
                    runsOfACore.getFirst() / runsOfACore.getLast());
        }
        return code;
    }

    private int underQuota(String system, List<String> options, List<Double> runsOfACore) throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        out.println(system + ":");
        try (QuotaGroup group = QuotaGroup.of(quotaCores)) {
            return group.runAgain(List.of("--quota", "--against"), options, line -> {
                        out.println("  " + line);
                        out.flush();
                        Matcher figure = RUNS_OF_A_CORE.matcher(line);
                        if (figure.find()) {
                            runsOfACore.add(Double.parseDouble(figure.group(1)));
                        }
                    })
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
                result.runsPerProcessorSecond(),
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
