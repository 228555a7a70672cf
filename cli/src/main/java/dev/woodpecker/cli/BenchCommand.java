package dev.woodpecker.cli;

import dev.woodpecker.cli.bench.BenchJson;
import dev.woodpecker.cli.bench.BenchModel;
import dev.woodpecker.cli.bench.BenchModels;
import dev.woodpecker.cli.bench.BenchRow;
import dev.woodpecker.cli.bench.BenchSettings;
import dev.woodpecker.cli.bench.BenchTable;
import dev.woodpecker.cli.bench.Machine;
import dev.woodpecker.cli.bench.ModelBench;
import dev.woodpecker.cli.bench.ScratchFolder;
import dev.woodpecker.cli.bench.StartUp;
import dev.woodpecker.cli.bench.Variant;
import dev.woodpecker.cli.layers.LayersBench;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wpk bench}: times models, beside another runtime, each system in a process of its own. */
@Command(
        name = "bench",
        description = {
            "Times models, beside another runtime if asked for: each system in a process of its own, in alternating",
            "blocks, all other processes stopped meanwhile. What a model's kernels take is shown by wpk explain."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all ran, with the same outputs", "1:a model failed, or outputs differ", "2:wrong usage"})
final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command = CommandSpec.create();

    @Parameters(
            arity = "0..*",
            paramLabel = "MODEL",
            description = "ONNX files, folders of them, and the word zoo for all models of wpk zoo.")
    private List<String> models = new ArrayList<>();

    @Option(names = "--against", description = "The runtime to time beside: ${COMPLETION-CANDIDATES}.")
    private RunCommand.Peer[] against = {};

    @Option(names = "--threads", split = ",", description = "Numbers of threads, each a row. Default: 1.")
    private List<Integer> threads = new ArrayList<>(List.of(1));

    /** For the help. */
    static final class VariantNames extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        VariantNames() {
            super(Variant.names());
        }
    }

    @Option(
            names = "--variants",
            split = ",",
            completionCandidates = VariantNames.class,
            description = "Columns: ${COMPLETION-CANDIDATES}; or all. Default: fp32.")
    private List<String> variants = new ArrayList<>(List.of("fp32"));

    @Option(names = "--blocks", description = "Blocks of each system. Default: ${DEFAULT-VALUE}.")
    private int blocks = 10;

    @Option(
            names = "--runs",
            description = "Runs that count in a block; short ones are more. Default: ${DEFAULT-VALUE}.")
    private int runs = 10;

    @Option(
            names = "--limit",
            paramLabel = "SECONDS",
            description = "What all blocks of a row may take; large models get fewer runs. Default: ${DEFAULT-VALUE}.")
    private double limitSeconds = 120;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            description = "Of each system before its first block. Default: ${DEFAULT-VALUE}.")
    private double warmUpSeconds = 2;

    @Option(
            names = "--dim",
            paramLabel = "NAME=EXTENT",
            description = "The extent of a dimension that models leave open; 1 where nothing says otherwise.")
    private Map<String, Integer> dimensions = new LinkedHashMap<>();

    @Option(names = "--tuned-records", paramLabel = "FILE", description = "The tuning records of the variant tuned.")
    private Optional<Path> tunedRecords = Optional.empty();

    @Option(
            names = "--tune-budget",
            paramLabel = "TIME",
            description = "Tunes each model before, for this long, into the file of --tuned-records.")
    private Optional<String> tuneBudget = Optional.empty();

    @Option(names = "--json", paramLabel = "FILE", description = "Writes all figures there, as JSON Lines.")
    private Optional<Path> json = Optional.empty();

    @Option(
            names = "--layers",
            arity = "0..1",
            fallbackValue = "",
            paramLabel = "FILE.csv",
            description = "Times convolutions one by one instead, beside oneDNN: those of a file, or those of the zoo's"
                    + " networks.")
    private Optional<String> layers = Optional.empty();

    @Option(
            names = "--start-up",
            description = {
                "Instead: from the start of a JVM to the first output, from a plan file and from the model that ONNX",
                "Runtime optimised and saved, in turns."
            })
    private boolean startUp;

    @Option(names = "--starts", description = "Of each program with --start-up. Default: ${DEFAULT-VALUE}.")
    private int starts = 20;

    @Option(
            names = "--aot-cache",
            description = "With --start-up: both JVMs take classes from a cache that is made ahead of time.")
    private boolean aotCache;

    @Override
    public Integer call() {
        if (layers.isPresent()) {
            return timeLayers(layers.get());
        }
        if (models.isEmpty()) {
            throw wrong("name a MODEL: ONNX files, folders of them, or the word zoo; or --layers");
        }
        return startUp ? timeStarts() : timeModels();
    }

    private Integer timeStarts() {
        PrintWriter out = command.commandLine().getOut();
        out.printf(
                "From the start of a JVM to the first output, medians of %d (95 %% interval)%s%n%n",
                starts, aotCache ? ", classes from caches made ahead of time" : "");
        out.println("| model | threads | plan file ms | ONNX Runtime, optimised model, ms | speed |");
        out.println("|---|--:|--:|--:|--:|");
        for (BenchModel model : models(known())) {
            for (int count : threads) {
                try (ScratchFolder folder = ScratchFolder.create()) {
                    StartUp.Result result = new StartUp(count, starts, aotCache, folder.path()).time(model);
                    out.printf(
                            Locale.ROOT,
                            "| %s | %d | %s | %s | %s |%n",
                            model.name(),
                            count,
                            result.ours().scaled(1e3),
                            result.theirs().scaled(1e3),
                            result.speed());
                }
            }
        }
        return ExitCode.OK;
    }

    private BenchModels known() {
        PrintWriter err = command.commandLine().getErr();
        Path cache = CacheDirectory.open(Environment.ofProcess()).directory();
        return new BenchModels(cache, ZooCommand.CALIBRATOR, err::println);
    }

    private Integer timeModels() {
        BenchSettings settings = settings();
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();
        Environment environment = Environment.ofProcess();
        List<BenchModel> chosen = models(known());
        try (ScratchFolder folder = ScratchFolder.create()) {
            ModelBench bench = new ModelBench(settings, folder.path(), err::println);
            Machine machine = Machine.measure(threads, KernelCompiler.of(environment), bench.idleBytes());
            BenchTable table = new BenchTable(machine, settings, out);
            table.printHeader();
            Optional<BenchJson> lines = json.map(file -> new BenchJson(file, machine));
            List<BenchRow> rows = new ArrayList<>();
            for (BenchModel model : chosen) {
                for (int count : threads) {
                    BenchRow row = bench.row(model, count);
                    lines.ifPresent(file -> file.add(row));
                    rows.add(row);
                }
            }
            table.print(rows);
            return rows.stream().allMatch(BenchRow::isRight) ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private int timeLayers(String file) {
        if (!models.isEmpty() || blocks < 1) {
            throw wrong("--layers is for no MODEL, and --blocks is at least 1");
        }
        OneDnn library = OneDnn.load(CacheDirectory.open(Environment.ofProcess()));
        LayersBench bench =
                new LayersBench(library, Options.defaults(), FmaPeak.measure(1).gigaflopsPerSecond(), blocks);
        try {
            bench.run(
                    file.isEmpty() ? Optional.empty() : Optional.of(Path.of(file)),
                    command.commandLine().getOut());
        } catch (IllegalArgumentException e) {
            throw wrong("--layers: " + e.getMessage());
        }
        return ExitCode.OK;
    }

    private List<BenchModel> models(BenchModels known) {
        try {
            return known.of(models);
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private BenchSettings settings() {
        if (blocks < 1 || runs < 1 || limitSeconds <= 0 || warmUpSeconds < 0) {
            throw wrong("--blocks, --runs and --limit are at least 1, and --warm-up is no less than 0");
        }
        threads.stream().filter(count -> count < 1).findFirst().ifPresent(count -> {
            throw wrong("--threads " + count + ": at least 1");
        });
        List<String> names = variants.equals(List.of("all")) ? Variant.names() : variants;
        List<Variant> chosen = names.stream()
                .map(name -> Variant.named(name)
                        .orElseThrow(() -> wrong("--variants " + name + "; there are: "
                                + String.join(", ", Variant.names()) + ", or all")))
                .toList();
        if (chosen.stream().anyMatch(Variant::isTunedForTheModel) && tunedRecords.isEmpty()) {
            throw wrong("the variant tuned needs --tuned-records: the file that its records are in, or are to go to");
        }
        return new BenchSettings(
                chosen,
                against.length > 0,
                blocks,
                runs,
                limitSeconds,
                warmUpSeconds,
                dimensions,
                tunedRecords,
                tuneBudget);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
