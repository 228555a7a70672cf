package dev.woodpecker.cli;

import dev.woodpecker.cli.bench.ScratchFolder;
import dev.woodpecker.cli.fuzz.Fuzzing;
import dev.woodpecker.tuner.BudgetSeconds;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wpk fuzz}: damaged model files, and random graphs beside ONNX Runtime. */
@Command(
        name = "fuzz",
        description = {
            "Loads damaged model files, and runs random graphs beside ONNX Runtime, in a process of its own.",
            "What goes wrong is kept as a model with as few nodes as still go wrong. The same seed tries the same"
                    + " cases."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:nothing went wrong", "1:something did", "2:wrong usage"})
final class FuzzCommand implements Callable<Integer> {
    /** Loading takes a millisecond, a graph's kernels a second to compile. */
    private static final int IMPORTS_A_GRAPH = 50;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Option(names = "--seed", description = "Of the first case. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(names = "--count", description = "Random graphs; each comes with " + IMPORTS_A_GRAPH + " damaged files.")
    private Optional<Integer> count = Optional.empty();

    @Option(
            names = "--budget",
            paramLabel = "TIME",
            converter = BudgetSeconds.class,
            description = "Instead of a count, how long to look: 30s, 10m, 2h. Default: 1m.")
    private double budgetSeconds = 60;

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = "Models to damage. Default: none are, and graphs alone are tried.")
    private Optional<Path> models = Optional.empty();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Where models go that go wrong. Default: ${DEFAULT-VALUE}.")
    private Path kept = Path.of("fuzz-findings");

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        List<Path> seeds = models.map(this::seeds).orElse(List.of());
        long until = System.nanoTime() + (long) (budgetSeconds * 1e9);
        long found = 0;
        int graphs = 0;
        long imports = 0;
        try (ScratchFolder scratch = ScratchFolder.create();
                Fuzzing fuzzing = new Fuzzing(kept, scratch.path(), out::println)) {
            while (goesOn(graphs, until)) {
                found += fuzzing.graph(seed + graphs).size();
                for (int i = 0; i < IMPORTS_A_GRAPH && !seeds.isEmpty(); i++) {
                    found += fuzzing.importer(seed + imports++, seeds).size();
                }
                graphs++;
            }
        }
        out.printf("%d graphs, %d damaged files, seeds from %d: %d went wrong%n", graphs, imports, seed, found);
        return found == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private boolean goesOn(int graphs, long until) {
        return count.map(wanted -> graphs < wanted).orElseGet(() -> System.nanoTime() < until);
    }

    private List<Path> seeds(Path folder) {
        List<Path> found = Files.isDirectory(folder) ? Fuzzing.seeds(folder) : List.of();
        if (found.isEmpty()) {
            throw new ParameterException(command.commandLine(), "--models " + folder + ": no ONNX file is below it");
        }
        return found;
    }
}
