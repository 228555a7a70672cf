package dev.woodpecker.cli;

import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.records.Records;
import dev.woodpecker.runtime.toolchain.Environment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which tuning records count. */
final class RecordsOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Option(
            names = "--records",
            paramLabel = "FILE",
            description =
                    "A file of tuning records; may be given several times. Default: those of WPK_RECORDS, else the"
                            + " cache's.")
    private List<Path> files = new ArrayList<>();

    @Option(names = "--no-shipped-traces", description = "Leave out the records that come with the kernels.")
    private boolean withoutShipped;

    Options in(Options options) {
        Options chosen = files.isEmpty() ? options : options.withRecords(given().toArray(Path[]::new));
        return withoutShipped ? chosen.withoutShippedRecords() : chosen;
    }

    /** The files that are asked for, or those where records are kept. */
    List<Path> files() {
        return files.isEmpty() ? Records.filesToRead(Environment.ofProcess()) : given();
    }

    Records records() {
        return Records.of(files(), !withoutShipped);
    }

    /** A file that is named by hand and is not there is a mistake. */
    private List<Path> given() {
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw new ParameterException(command.commandLine(), "--records: there is no file " + file);
            }
        }
        return files;
    }
}
