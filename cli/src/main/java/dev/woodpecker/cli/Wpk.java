package dev.woodpecker.cli;

import dev.woodpecker.tuner.FailureReport;
import dev.woodpecker.tuner.TunerMain;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/**
 * The command {@code wpk}. Results go to standard output, everything else to standard error. Exit codes are the same for
 * every command: 0 done (and, where something is checked, right), 1 failed or found wrong, 2 wrong usage.
 */
@Command(
        name = "wpk",
        description = "Compiles kernels written in Java to native code and runs ONNX models with them.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            RunCommand.class,
            BenchCommand.class,
            BuildCommand.class,
            SoakCommand.class,
            FuzzCommand.class,
            ExplainCommand.class,
            ConformanceCommand.class,
            EmitCommand.class,
            EmulateCommand.class,
            DoctorCommand.class,
            ZooCommand.class,
            DemoCommand.class,
            TunerMain.class,
            RecordsCommand.class,
            SpaceCommand.class,
            SearchCompareCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done; where something is checked, it is right",
            "1:failed, or found wrong",
            "2:wrong usage",
        },
        footer = {"", "Environment: WPK_DEBUG=1 prints stack traces and one line per kernel."})
public final class Wpk implements Runnable {

    private final CommandLine commandLine = new CommandLine(this);

    private Wpk() {}

    public static void main(String[] args) {
        // What is logged, as with WPK_DEBUG, stands alone on its lines.
        System.setProperty("java.util.logging.SimpleFormatter.format", "%5$s%6$s%n");
        System.exit(run(System.getenv(), writer(System.out), writer(System.err), args));
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, stream.charset());
    }

    /** Runs one command line and returns its exit code. */
    static int run(Map<String, String> environment, PrintWriter out, PrintWriter err, String... args) {
        var failures = new FailureReport(FailureReport.wantsStackTraces(environment));
        return new Wpk()
                .commandLine
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setExecutionExceptionHandler(failures)
                .setParameterExceptionHandler(failures)
                .execute(args);
    }

    /** Reached when no command is named. */
    @Override
    public void run() {
        throw new ParameterException(commandLine, "a command is missing");
    }
}
