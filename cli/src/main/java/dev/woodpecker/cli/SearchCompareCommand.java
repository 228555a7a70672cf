package dev.woodpecker.cli;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.tuner.PositiveCount;
import dev.woodpecker.tuner.compare.Comparison;
import dev.woodpecker.tuner.compare.ComparisonKernel;
import dev.woodpecker.tuner.compare.ComparisonPlot;
import dev.woodpecker.tuner.compare.ComparisonTable;
import dev.woodpecker.tuner.compare.Landscape;
import dev.woodpecker.tuner.compare.LandscapeFile;
import dev.woodpecker.tuner.compare.LandscapeRecording;
import dev.woodpecker.tuner.compare.LiveWinners;
import dev.woodpecker.tuner.compare.ModelExperiment;
import dev.woodpecker.tuner.compare.PolicyTraining;
import dev.woodpecker.tuner.measure.MeasureOptions;
import dev.woodpecker.tuner.measure.WorkerMeasurer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wpk search-compare}: the tuner's searches against each other, on times that were measured once. */
@Command(
        name = "search-compare",
        description = {
            "Compares the tuner's searches on kernels whose schedules were all measured once: a table in Markdown, and"
                    + " a plot.",
            "With --record, measures them; this takes about half an hour with the default number of points."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:a search is not as good as it should be, or nothing could be measured",
            "2:wrong usage"
        })
final class SearchCompareCommand implements Callable<Integer> {
    private static final int MOST_POINTS = 1000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--record", description = "Measure the landscapes on this machine, and write them to the file.")
    private boolean record;

    @Option(names = "--landscapes", paramLabel = "FILE", description = "Default: ${DEFAULT-VALUE}.")
    private Path landscapes = Path.of("benchmarks/landscapes.jsonl");

    @Option(
            names = "--points",
            description = "Points of a kernel to measure at most, up to 1000. Default: ${DEFAULT-VALUE}.")
    private int points = 500;

    @Option(names = "--kernels", split = ",", paramLabel = "NAME", description = "Some of the kernels. Default: all.")
    private List<String> kernels = List.of();

    @Option(
            names = "--threads",
            converter = PositiveCount.class,
            description = "Threads that kernels run on. Default: ${DEFAULT-VALUE}.")
    private int threads = 1;

    @Option(
            names = "--trials",
            converter = PositiveCount.class,
            description = "Points that a search may try. Default: ${DEFAULT-VALUE}.")
    private int trials = 200;

    @Option(
            names = "--seeds",
            converter = PositiveCount.class,
            description = "How often each search is repeated. Default: ${DEFAULT-VALUE}.")
    private int seeds = 5;

    @Option(names = "--plot", paramLabel = "FILE", description = "Where to draw the plot, as SVG.")
    private Optional<Path> plot = Optional.empty();

    @Option(names = "--live", description = "Time the winners again, each beside the default schedule.")
    private boolean live;

    @Option(
            names = "--pretrain",
            paramLabel = "FILE",
            description =
                    "Train the policy of reinforce against the analytic model, write its weights, and do no more.")
    private Optional<Path> pretrain = Optional.empty();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter progress = spec.commandLine().getErr();
        if (points < 1 || points > MOST_POINTS || trials < 1 || seeds < 1 || threads < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--points is 1 to %d, and --trials, --seeds and --threads are 1 at least".formatted(MOST_POINTS));
        }
        if (pretrain.isPresent()) {
            Files.writeString(
                    pretrain.get(), PolicyTraining.run(progress::println).text());
            return 0;
        }
        List<ComparisonKernel> chosen = chosen();
        if (record) {
            record(chosen, progress);
        } else if (!Files.exists(landscapes)) {
            throw new ParameterException(
                    spec.commandLine(), "there is no " + landscapes + "; measure one with --record");
        }
        List<Landscape> known = LandscapeFile.read(landscapes).stream()
                .filter(landscape -> chosen.stream()
                        .anyMatch(kernel ->
                                kernel.name().equals(landscape.kernel().name())))
                .toList();
        if (known.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), landscapes + " has none of these kernels; measure them with --record");
        }
        Comparison comparison = Comparison.run(known, trials, seeds, progress::println);
        print(comparison, out);
        if (plot.isPresent()) {
            Files.writeString(plot.get(), new ComparisonPlot(comparison).svg());
        }
        if (live) {
            live(comparison, out);
        }
        boolean reached = new ComparisonTable(comparison).bars().stream().allMatch(ComparisonTable.Bar::isReached);
        return reached ? 0 : 1;
    }

    private List<ComparisonKernel> chosen() {
        List<String> names =
                ComparisonKernel.ALL.stream().map(ComparisonKernel::name).toList();
        if (!names.containsAll(kernels)) {
            throw new ParameterException(spec.commandLine(), "--kernels are of these: " + String.join(", ", names));
        }
        return ComparisonKernel.ALL.stream()
                .filter(kernel -> kernels.isEmpty() || kernels.contains(kernel.name()))
                .toList();
    }

    private void record(List<ComparisonKernel> chosen, PrintWriter progress) throws IOException {
        KernelCompiler compiler = KernelCompiler.of(Environment.ofProcess());
        Target target = CpuTarget.of(compiler.cpu());
        String machine = "%s, %d KiB and %d KiB of cache a core, %s, %d thread%s"
                .formatted(
                        compiler.cpu().model(),
                        target.fastBytes() >> 10,
                        target.nearBytes() >> 10,
                        compiler.compiler().summary(),
                        threads,
                        threads == 1 ? "" : "s");
        List<String> lines = new ArrayList<>();
        try (WorkerMeasurer measurer = new WorkerMeasurer(compiler, MeasureOptions.of(threads))) {
            for (ComparisonKernel kernel : chosen) {
                Landscape landscape =
                        LandscapeRecording.record(kernel, target, machine, points, measurer, progress::println);
                lines.addAll(LandscapeFile.lines(landscape));
                // Kernel by kernel, so that what is measured is not lost with a later kernel.
                Files.write(landscapes, lines);
            }
        }
    }

    private static void print(Comparison comparison, PrintWriter out) {
        ComparisonTable table = new ComparisonTable(comparison);
        comparison.landscapes().stream()
                .map(Landscape::machine)
                .distinct()
                .forEach(machine -> out.println("Measured on: " + machine + "."));
        out.printf(
                "Best time relative to the landscape's best, median of %d seeds (quartiles):%n%n", comparison.seeds());
        table.lines().forEach(out::println);
        out.println();
        table.bars().forEach(bar -> out.println("- " + bar));
        out.printf("%nRank correlation of the models with measured times:%n%n");
        ModelExperiment.lines(comparison.landscapes()).forEach(out::println);
        out.flush();
    }

    private void live(Comparison comparison, PrintWriter out) {
        KernelCompiler compiler = KernelCompiler.of(Environment.ofProcess());
        Target target = CpuTarget.of(compiler.cpu());
        try (WorkerMeasurer measurer = new WorkerMeasurer(compiler, MeasureOptions.of(threads))) {
            out.printf("%nThe winners, timed again in turns with the default schedule:%n%n");
            LiveWinners.lines(comparison, target, measurer::finals).forEach(out::println);
        }
        out.flush();
    }
}
