package dev.woodpecker.cli;

import com.google.gson.GsonBuilder;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.Finding;
import dev.woodpecker.runtime.toolchain.ToolchainReport;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wpk doctor}: what this machine has of what Woodpecker can use, and what to do about the rest. */
@Command(
        name = "doctor",
        description = "Says what was found on this machine, and the remedy for what is missing.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:models can be run on the processor", "1:they cannot"})
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command = CommandSpec.create();

    @Option(names = "--json", description = "Print the findings as a JSON array.")
    private boolean json;

    @Override
    public Integer call() {
        ToolchainReport report = ToolchainReport.of(Environment.ofProcess());
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(new GsonBuilder()
                    .setPrettyPrinting()
                    .disableHtmlEscaping()
                    .create()
                    .toJson(report.findings()));
        } else {
            print(report, out);
        }
        return report.canRunModels() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static void print(ToolchainReport report, PrintWriter out) {
        int width = report.findings().stream()
                .mapToInt(finding -> finding.subject().length())
                .max()
                .orElse(1);
        for (Finding finding : report.findings()) {
            String mark = switch (finding.status()) {
                case FOUND -> "found";
                case ABSENT -> "absent";
                case PROBLEM -> "PROBLEM";
            };
            out.printf(Locale.ROOT, "%-8s %-" + width + "s  %s%n", mark, finding.subject(), finding.detail());
            if (!finding.remedy().isEmpty()) {
                out.printf(Locale.ROOT, "%-8s %-" + width + "s  -> %s%n", "", "", finding.remedy());
            }
        }
        out.println();
        out.println(
                report.canRunModels()
                        ? "Models can be run on this machine's processor."
                        : "Models cannot be run on this machine before the problems above are solved.");
    }
}
