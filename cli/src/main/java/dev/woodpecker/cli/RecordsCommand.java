package dev.woodpecker.cli;

import dev.woodpecker.runtime.records.RecordFile;
import dev.woodpecker.runtime.records.RecordKey;
import dev.woodpecker.runtime.records.Records;
import dev.woodpecker.runtime.records.TuningRecord;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.PositiveCount;
import dev.woodpecker.tuner.TaskArguments;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wpk records}: what was measured of kernels. */
@Command(
        name = "records",
        description = "Lists, joins and cleans tuning records, and explains which of them a model takes.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RecordsCommand.ListRecords.class,
            RecordsCommand.Merge.class,
            RecordsCommand.Prune.class,
            RecordsCommand.Explain.class
        })
final class RecordsCommand implements Runnable {
    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(command.commandLine(), "a command is missing: list, merge, prune or explain");
    }

    /** The best record of each key, in the order in which keys first come. */
    private static List<TuningRecord> best(List<TuningRecord> records) {
        Records all = Records.of(records);
        Set<RecordKey> keys = new LinkedHashSet<>();
        records.forEach(record -> keys.add(record.key()));
        List<TuningRecord> best = new ArrayList<>();
        keys.forEach(key -> all.best(key).stream().findFirst().ifPresent(best::add));
        return best;
    }

    @Command(name = "list", description = "Lists the best record of each kernel.", mixinStandardHelpOptions = true)
    static final class ListRecords implements Runnable {
        @Spec
        private CommandSpec command = CommandSpec.create();

        @Mixin
        private RecordsOptions options = new RecordsOptions();

        @Option(names = "--all", description = "List all records, failures too.")
        private boolean all;

        @Override
        public void run() {
            PrintWriter out = command.commandLine().getOut();
            for (Path file : options.files()) {
                List<TuningRecord> records = new RecordFile(file).read();
                List<TuningRecord> listed = all ? records : best(records);
                out.printf(
                        Locale.ROOT,
                        "%s: %d record%s of %d kernel%s%n",
                        file,
                        records.size(),
                        records.size() == 1 ? "" : "s",
                        best(records).size(),
                        best(records).size() == 1 ? "" : "s");
                listed.stream()
                        .sorted(Comparator.comparing(TuningRecord::name).thenComparing(TuningRecord.BEST_FIRST))
                        .forEach(record -> out.println(line(record)));
            }
            out.flush();
        }

        private static String line(TuningRecord record) {
            RecordKey key = record.key();
            String time = record.seconds()
                    .map(ListRecords::milliseconds)
                    .orElseGet(() -> record.status().name().toLowerCase(Locale.ROOT) + ": " + record.reason());
            return String.format(
                    Locale.ROOT,
                    "  %-30s %s  %-10s %s, %s thread%s, %s, %s",
                    time,
                    record.name(),
                    record.variant(),
                    key.numerics(),
                    key.threads(),
                    key.threads() == 1 ? "" : "s",
                    key.device(),
                    record.date());
        }

        private static String milliseconds(Distribution seconds) {
            return String.format(
                    Locale.ROOT,
                    "%.4f ms (%.4f .. %.4f)",
                    seconds.median() * 1e3,
                    seconds.q1() * 1e3,
                    seconds.q3() * 1e3);
        }
    }

    @Command(
            name = "merge",
            description = "Writes all records of some files into one, each once.",
            mixinStandardHelpOptions = true)
    static final class Merge implements Runnable {
        @Spec
        private CommandSpec command = CommandSpec.create();

        @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files of records.")
        private List<Path> files = new ArrayList<>();

        @Option(
                names = {"-o", "--output"},
                paramLabel = "FILE",
                required = true,
                description = "Where to; may be one of the files.")
        private Path output = Path.of("");

        @Override
        public void run() {
            Set<TuningRecord> records = new LinkedHashSet<>();
            for (Path file : files) {
                if (!Files.isRegularFile(file)) {
                    throw new ParameterException(command.commandLine(), "there is no file " + file);
                }
                records.addAll(new RecordFile(file).read());
            }
            new RecordFile(output).replace(List.copyOf(records));
            command.commandLine().getOut().println(output + ": " + records.size() + " records");
        }
    }

    @Command(
            name = "prune",
            description = "Keeps the best record of each kernel and drops the others, and those that failed.",
            mixinStandardHelpOptions = true)
    static final class Prune implements Runnable {
        @Spec
        private CommandSpec command = CommandSpec.create();

        @Mixin
        private RecordsOptions options = new RecordsOptions();

        @Override
        public void run() {
            for (Path path : options.files()) {
                RecordFile file = new RecordFile(path);
                List<TuningRecord> before = file.read();
                List<TuningRecord> kept = best(before);
                if (Files.exists(path)) {
                    file.replace(kept);
                }
                command.commandLine()
                        .getOut()
                        .println(path + ": " + kept.size() + " of " + before.size() + " records kept");
            }
        }
    }

    @Command(
            name = "explain",
            description =
                    "Says for each kernel of a model, or for one, which record it takes; if none, which is nearest"
                            + " and in what it differs.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:every kernel has a record", "1:some have none", "2:wrong usage"})
    static final class Explain implements Callable<Integer> {
        @Spec
        private CommandSpec command = CommandSpec.create();

        @Mixin
        private TaskArguments arguments = new TaskArguments();

        @Mixin
        private RecordsOptions options = new RecordsOptions();

        @Option(
                names = "--threads",
                converter = PositiveCount.class,
                description = "Threads that the model is run with. Default: ${DEFAULT-VALUE}.")
        private int threads = 1;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = command.commandLine().getOut();
            Records records = options.records();
            String device = arguments.machine();
            boolean complete = true;
            Map<RecordKey, TuningTask> tasks = new LinkedHashMap<>();
            for (TuningTask task : arguments.tasks()) {
                tasks.put(RecordKey.of(task.kernel(), task.numerics(), device, threads), task);
            }
            for (Map.Entry<RecordKey, TuningTask> entry : tasks.entrySet()) {
                List<TuningRecord> best = records.best(entry.getKey());
                complete &= !best.isEmpty();
                out.println(entry.getValue().name());
                if (best.isEmpty()) {
                    out.println("  no record" + nearest(records, entry.getKey()));
                } else {
                    TuningRecord record = best.getFirst();
                    out.printf(
                            Locale.ROOT,
                            "  %s, %.4f ms, %s%s%n",
                            record.variant(),
                            record.medianSeconds() * 1e3,
                            record.date(),
                            record.isConfirmed() ? "" : ", a time of the search that no final confirmed");
                }
            }
            out.flush();
            return complete ? ExitCode.OK : ExitCode.SOFTWARE;
        }

        private static String nearest(Records records, RecordKey key) {
            return records.nearest(key, 1).stream()
                    .findFirst()
                    .map(near -> "; the nearest, " + near.record().name() + ", differs in "
                            + String.join("; ", key.differences(near.record().key())))
                    .orElse(", nor one of such a kernel in other shapes");
        }
    }
}
