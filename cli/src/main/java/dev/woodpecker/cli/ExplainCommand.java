package dev.woodpecker.cli;

import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Profile;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.tuner.PositiveCount;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wpk explain}: what a model became: its kernels, what each computes and how, and where the time goes. */
@Command(
        name = "explain",
        description =
                "Lists the kernels that a model, or a plan file, runs: what each computes, by which algorithm, whether"
                        + " its schedule was tuned, its time, and its share of what the machine can do at most.",
        mixinStandardHelpOptions = true)
final class ExplainCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelArguments arguments = new ModelArguments();

    @Option(
            names = "--runs",
            converter = PositiveCount.class,
            description = "How many runs times are the medians of. Default: ${DEFAULT-VALUE}.")
    private int runs = 10;

    @Option(
            names = "--layouts",
            description =
                    "Print instead what the choice of layouts counts with, beside what this model's kernels take.")
    private boolean layouts;

    @Override
    public void run() {
        if (runs < 1) {
            throw new ParameterException(spec.commandLine(), "--runs must be at least 1");
        }
        int threads = Math.max(1, arguments.threads());
        try (Model model = arguments.load(1);
                Session session = model.newSession()) {
            Map<String, NdArray> inputs = arguments.inputs(model);
            // The first run makes the plan and touches its memory.
            session.run(inputs);
            session.startProfile();
            for (int i = 0; i < runs; i++) {
                session.run(inputs);
            }
            if (layouts) {
                LayoutRates.of(model.tunable(inputs).kernels(), session.profile())
                        .print(spec.commandLine().getOut());
                return;
            }
            FmaPeak peak = model.gpu().isPresent() ? FmaPeak.UNKNOWN : FmaPeak.measure(threads);
            print(session.profile(), machine(model, threads), peak);
        }
    }

    /** Both times are of when the plan was made, by turns. */
    private static String text(Profile.Kernel.RunnerUp runnerUp) {
        if (runnerUp.seconds().isEmpty() || runnerUp.chosenSeconds().isEmpty()) {
            return "  (runner-up " + runnerUp.implementation() + ")";
        }
        return String.format(
                Locale.ROOT,
                "  (chosen at %.3f ms; runner-up %s: %.3f ms)",
                runnerUp.chosenSeconds().getAsDouble() * 1e3,
                runnerUp.implementation(),
                runnerUp.seconds().getAsDouble() * 1e3);
    }

    private static String machine(Model model, int threads) {
        return model.gpu().map(gpu -> "on " + gpu.summary()).orElse(threads + " thread" + (threads == 1 ? "" : "s"));
    }

    private void print(Profile profile, String machine, FmaPeak peak) {
        PrintWriter out = spec.commandLine().getOut();
        double whole = profile.secondsPerRun();
        out.printf(
                Locale.ROOT,
                "%s, %s: %d kernels, %.3f ms a run; %d more ran once, on weights%n",
                arguments.file().getFileName(),
                machine,
                profile.kernels().size(),
                whole * 1e3,
                profile.constantKernels());
        out.printf(Locale.ROOT, "%.2f MB between kernels, where values share memory%n", profile.arenaBytes() / 1e6);
        if (peak.gigaflopsPerSecond().isPresent()) {
            out.println(peak);
        }
        for (Profile.Kernel kernel : profile.kernels()) {
            out.printf(
                    Locale.ROOT,
                    "%9.3f ms %5.1f %% of the run %8.1f GFLOP/s %s  %-24s %-10s %s  %s%s%n",
                    kernel.medianSeconds() * 1e3,
                    whole == 0 ? 0 : 100 * kernel.medianSeconds() / whole,
                    kernel.gigaflopsPerSecond(),
                    peak.share(kernel.gigaflopsPerSecond()),
                    kernel.implementation(),
                    kernel.operator(),
                    kernel.shapes(),
                    kernel.name(),
                    kernel.runnerUp().map(ExplainCommand::text).orElse(""));
        }
    }
}
