package dev.woodpecker.cli;

import ai.onnxruntime.OnnxTensor;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Profile;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.runtime.timing.Interleaving;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wpk bench}: times a model, beside another runtime in alternating blocks, and lists its convolutions. */
@Command(
        name = "bench",
        description =
                "Times a model, beside another runtime if asked for, and lists its convolutions and matrix products.",
        mixinStandardHelpOptions = true)
final class BenchCommand implements Runnable {
    private static final int RUNS_IN_A_BLOCK = 5;

    /** Apart from those that are timed as wholes. */
    private static final int PROFILED_RUNS = 10;

    /** Threads of the other runtime may work on after a run; nothing is timed before the process is idle. */
    private static final Duration SETTLING = Duration.ofMillis(500);

    private static final Duration WARM_UP = Duration.ofMillis(1500);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelArguments arguments = new ModelArguments();

    @Option(names = "--against", description = "The runtime to time beside: ${COMPLETION-CANDIDATES}.")
    private RunCommand.Peer[] against = {};

    @Option(names = "--runs", description = "How many runs of each count. Default: ${DEFAULT-VALUE}.")
    private int runs = 20;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        int threads = Math.max(1, arguments.threads());
        try (Model model = arguments.load(1);
                Session session = model.newSession()) {
            Map<String, NdArray> inputs = arguments.inputs(model);
            Map<String, NdArray> outputs = session.run(inputs);
            List<Distribution> times = time(session, inputs, outputs, threads);
            print(times, threads, out);
            session.startProfile();
            for (int i = 0; i < PROFILED_RUNS; i++) {
                session.run(inputs, outputs);
            }
            printProducts(session.profile(), threads, out);
        }
    }

    private List<Distribution> time(
            Session session, Map<String, NdArray> inputs, Map<String, NdArray> outputs, int threads) {
        int blocks = Math.max(1, Math.ceilDiv(runs, RUNS_IN_A_BLOCK));
        Interleaving interleaving = new Interleaving(blocks, RUNS_IN_A_BLOCK, SETTLING);
        Runnable ours = () -> session.run(inputs, outputs);
        warmUp(ours);
        if (against.length == 0) {
            return List.of(interleaving.time(ours));
        }
        try (OnnxRuntimePeer peer = OnnxRuntimePeer.open(arguments.onnxFile("--against"), threads)) {
            Map<String, OnnxTensor> prepared = peer.prepare(inputs);
            List<Runnable> both = new ArrayList<>(List.of(ours));
            both.add(() -> peer.runOnly(prepared));
            warmUp(both.get(1));
            return interleaving.time(both);
        }
    }

    /** Java is compiled while it runs, and both runtimes settle in their memory: some runs before those that count. */
    private static void warmUp(Runnable alternative) {
        long until = System.nanoTime() + WARM_UP.toNanos();
        do {
            alternative.run();
        } while (System.nanoTime() < until);
    }

    private void print(List<Distribution> times, int threads, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%s, %d thread%s, median of %d runs (quartiles)%n",
                arguments.file().getFileName(),
                threads,
                threads == 1 ? "" : "s",
                times.getFirst().count());
        print("Woodpecker", times.getFirst(), out);
        if (times.size() > 1) {
            print("ONNX Runtime", times.get(1), out);
            out.printf(
                    Locale.ROOT,
                    "speed relative to ONNX Runtime: %.2f%n",
                    times.get(1).median() / times.getFirst().median());
        }
    }

    private static void print(String name, Distribution time, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "  %-14s %9.3f ms  (%.3f .. %.3f)%n",
                name,
                time.median() * 1e3,
                time.q1() * 1e3,
                time.q3() * 1e3);
    }

    /** The kernels that multiply and add, each with its share of what the machine could do at most. */
    private static void printProducts(Profile profile, int threads, PrintWriter out) {
        FmaPeak peak = FmaPeak.measure(threads);
        out.println(peak);
        double others = 0;
        long multiplyAdds = 0;
        for (Profile.Kernel kernel : profile.kernels()) {
            if (kernel.multiplyAdds() == 0) {
                others += kernel.medianSeconds();
                continue;
            }
            multiplyAdds += kernel.multiplyAdds();
            out.printf(
                    Locale.ROOT,
                    "%9.3f ms %8.1f GFLOP/s %s  %-8s %s  %s%n",
                    kernel.medianSeconds() * 1e3,
                    kernel.gigaflopsPerSecond(),
                    peak.share(kernel.gigaflopsPerSecond()),
                    kernel.operator(),
                    kernel.shapes(),
                    kernel.name());
        }
        out.printf(
                Locale.ROOT,
                "%9.3f ms in all other kernels; %.1f million multiply-adds in all%n",
                others * 1e3,
                multiplyAdds * 1e-6);
    }
}
