package dev.woodpecker.tuner;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.records.MachineName;
import dev.woodpecker.runtime.records.RecordFile;
import dev.woodpecker.runtime.records.Records;
import dev.woodpecker.runtime.timing.MachinePeak;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.measure.FinalsMeasurer;
import dev.woodpecker.tuner.measure.MeasureOptions;
import dev.woodpecker.tuner.measure.WorkerMeasurer;
import dev.woodpecker.tuner.report.Emission;
import dev.woodpecker.tuner.report.PlainProgress;
import dev.woodpecker.tuner.report.Rates;
import dev.woodpecker.tuner.report.ResultJson;
import dev.woodpecker.tuner.report.ResultTable;
import dev.woodpecker.tuner.report.TableProgress;
import dev.woodpecker.tuner.run.Clock;
import dev.woodpecker.tuner.run.Progress;
import dev.woodpecker.tuner.run.RecordJournal;
import dev.woodpecker.tuner.run.TaskStatus;
import dev.woodpecker.tuner.run.TuningResult;
import dev.woodpecker.tuner.run.TuningRun;
import dev.woodpecker.tuner.run.TuningSettings;
import dev.woodpecker.tuner.search.Knowledge;
import dev.woodpecker.tuner.search.Search;
import dev.woodpecker.tuner.search.Searches;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tunes a model's kernels, or one: {@code wpk tune}, and a program of its own. */
@Command(
        name = "tune",
        description = "Looks for faster schedules of a model's kernels, or of one, and records what it measured.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done; no kernel is slower than before",
            "1:nothing could be tuned, or the results could not be kept",
            "2:wrong usage",
            "130:stopped by Ctrl-C; what was measured until then is kept"
        },
        footer = {
            "",
            "Examples:",
            "  wpk tune resnet50.onnx --budget 8m --threads 1",
            "  wpk tune MatMul --shape a=512x512 --shape b=512x512 --budget 30s",
            "  wpk tune bert.onnx --target cuda --budget 8m"
        })
public final class TunerMain implements Callable<Integer> {
    static final int STOPPED = 130;

    /** Candidates that are handed to the measurer at a time. */
    private static final int BATCH = 8;

    /** Kernels of a task that are compiled for a GPU: a second each, and those after them are unlikely to be better. */
    private static final int MOST_CUDA_COMPILATIONS = 24;

    /** Terminals of fewer lines are rare. */
    private static final int TERMINAL_LINES = 24;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private TaskArguments arguments = new TaskArguments();

    /** For the help. */
    static final class SearchNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Searches.names().iterator();
        }
    }

    @Option(
            names = "--search",
            paramLabel = "NAME",
            completionCandidates = SearchNames.class,
            description = "How to look: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String search = Searches.DEFAULT;

    @Option(
            names = "--budget",
            paramLabel = "TIME",
            converter = BudgetSeconds.class,
            description = "Wall-clock time for all of it: 30s, 8m, 2h. Default: 5m.")
    private double budgetSeconds = 300;

    @Option(names = "--trials", description = "Candidates measured of a kernel, at most. Default: as time allows.")
    private int trials = Integer.MAX_VALUE;

    @Option(names = "--seed", description = "Of the search's random numbers. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(
            names = "--records",
            paramLabel = "FILE",
            description = "Where what is measured is kept. Default: $$WPK_RECORDS, or the cache's.")
    private Optional<Path> records = Optional.empty();

    @Option(names = "--resume", description = "Do not measure again what the records have of this machine.")
    private boolean resume;

    @Option(names = "--no-shipped-traces", description = "Begin without the schedules that come with the library.")
    private boolean noShippedTraces;

    @Option(names = "--jobs", description = "Candidates compiled at a time. Default: one a core.")
    private int jobs = 0;

    @Option(
            names = "--threads",
            converter = PositiveCount.class,
            description = "Threads that kernels are tuned for. Default: ${DEFAULT-VALUE}.")
    private int threads = 1;

    @Option(names = "--emit", paramLabel = "DIR", description = "Write the winners' sources there.")
    private Optional<Path> emit = Optional.empty();

    @Option(names = "--json", description = "Print the result as one JSON document.")
    private boolean json;

    public static void main(String[] args) {
        System.setProperty("java.util.logging.SimpleFormatter.format", "%5$s%6$s%n");
        FailureReport failures = new FailureReport(FailureReport.wantsStackTraces(System.getenv()));
        System.exit(new CommandLine(new TunerMain())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures)
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Clock clock = Clock.startingNow();
        Environment environment = Environment.ofProcess();
        int compilations = jobs == 0 ? CpuFeatures.ofHost().cores() : jobs;
        Target target = arguments.target();
        checkRunsHere(target);
        List<TuningTask> tasks = arguments.tasks();
        if (tasks.isEmpty()) {
            command.commandLine().getErr().println("wpk: " + arguments.subject() + " has no kernel to tune");
            return ExitCode.SOFTWARE;
        }
        if (arguments.device().isPresent()) {
            DeviceTuning device =
                    new DeviceTuning(arguments.device().get(), arguments.gpu().orElseThrow(), environment);
            Bench bench = new Bench(device.rates(), device.machine(), MachineName.GPU_THREADS, device.compiler());
            return tune(tasks, bench, device.measurer(compilations), clock, environment);
        }
        if (target.isCuda()) {
            int compiled = Math.min(trials, MOST_CUDA_COMPILATIONS);
            return new CudaTuning(budgetSeconds, compiled, seed, compilations, emit, json)
                    .run(
                            tasks,
                            clock,
                            command.commandLine().getOut(),
                            command.commandLine().getErr());
        }
        KernelCompiler compiler = withJobs(KernelCompiler.of(environment), environment, compilations);
        return tune(
                tasks, bench(compiler), new WorkerMeasurer(compiler, MeasureOptions.of(threads)), clock, environment);
    }

    /**
     * What times are taken on.
     *
     * @param machine as records name it
     * @param threads that kernels run on
     * @param compiler one line
     */
    private record Bench(Rates rates, String machine, int threads, String compiler) {}

    private Bench bench(KernelCompiler compiler) {
        String machine = arguments.machine();
        return new Bench(
                new Rates(new MachinePeak(compiler).gigaflopsPerSecond(threads), "measured FMA peak", machine),
                machine,
                threads,
                compiler.compiler().versionText().lines().findFirst().orElse("unknown"));
    }

    private int tune(List<TuningTask> tasks, Bench bench, FinalsMeasurer measurer, Clock clock, Environment environment)
            throws IOException, InterruptedException {
        Rates rates = bench.rates();
        RecordJournal journal = journal(bench, environment);
        try (measurer) {
            TuningSettings settings = new TuningSettings(
                    searches(journal), budgetSeconds, trials, seed, BATCH, rates.peakGigaflopsPerSecond() * 1e9);
            TuningRun run = new TuningRun(tasks, settings, measurer, journal, progress(rates), clock);
            try (StopOnShutdown _ = StopOnShutdown.of(run::stop)) {
                TuningResult result = run.run();
                report(result, rates);
                emit(result, bench.compiler());
                return exitCode(result);
            }
        }
    }

    private void checkRunsHere(Target target) {
        Target here = CpuTarget.of(CpuFeatures.ofHost());
        boolean isArm = here.name().contains("aarch64");
        if (!target.isCuda()
                && (target.vectorBytes() > here.vectorBytes() || target.name().contains("aarch64") != isArm)) {
            throw new ParameterException(
                    command.commandLine(),
                    "--target " + target.name() + ": nothing can be timed for it here; this machine is " + here.name());
        }
    }

    private static KernelCompiler withJobs(KernelCompiler compiler, Environment environment, int jobs) {
        CpuFeatures cpu = compiler.cpu();
        return new KernelCompiler(
                compiler.compiler(),
                new CpuFeatures(cpu.model(), cpu.flags(), cpu.caches(), cpu.quota(), jobs),
                CacheDirectory.open(environment));
    }

    private RecordJournal journal(Bench bench, Environment environment) {
        List<Path> files = new ArrayList<>(Records.files(environment));
        records.ifPresent(file -> {
            files.clear();
            files.add(file);
        });
        return new RecordJournal(
                new RecordFile(files.getFirst()),
                Records.of(files, !noShippedTraces),
                resume,
                bench.machine(),
                bench.threads(),
                bench.compiler());
    }

    /** What is learned from one task's candidates serves the others. */
    private Function<TuningTask, Search> searches(RecordJournal journal) {
        if (!Searches.names().contains(search)) {
            throw new ParameterException(
                    command.commandLine(),
                    "--search " + search + "; there are: " + String.join(", ", Searches.names()));
        }
        LearnedModel learned = new LearnedModel();
        return task -> Searches.named(search, Knowledge.of(task, learned, journal.seeds(task)));
    }

    /** Progress is for people: it goes to standard error, so that the result can go to a file. */
    private Progress progress(Rates rates) {
        PrintWriter err = command.commandLine().getErr();
        Console console = System.console();
        boolean isTerminal = console != null
                && console.isTerminal()
                && !System.getenv().getOrDefault("TERM", "dumb").equals("dumb");
        return isTerminal ? new TableProgress(err, rates, TERMINAL_LINES) : new PlainProgress(err, rates);
    }

    private void report(TuningResult result, Rates rates) {
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(new ResultJson(rates).print(result));
        } else {
            new ResultTable(rates).print(result, out);
        }
        out.flush();
    }

    private void emit(TuningResult result, String compiler) throws IOException {
        if (emit.isEmpty()) {
            return;
        }
        Emission emission = new Emission(emit.get(), compiler);
        for (TaskStatus task : result.tasks()) {
            if (task.best().isPresent()) {
                double seconds = task.best().get().seconds().median();
                emission.write(task.task(), task.best().get().point(), List.of(Emission.speed(task.task(), seconds)));
            }
        }
    }

    private static int exitCode(TuningResult result) {
        if (result.ending() == TuningResult.Ending.STOPPED) {
            return STOPPED;
        }
        boolean nothing = result.tasks().stream().allMatch(task -> task.best().isEmpty());
        return nothing || result.unkept() > 0 ? ExitCode.SOFTWARE : ExitCode.OK;
    }
}
