package dev.woodpecker.tuner;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Says what went wrong in one message: an error of ours carries its own text (what, where, what is allowed, what to do),
 * a file error gets one, and anything else is a defect of ours and is named as such. Stack traces only on request.
 */
public record FailureReport(boolean stackTraces) implements IExecutionExceptionHandler, IParameterExceptionHandler {

    private static final String OUR_PACKAGES = "dev.woodpecker.";

    /** Any level of {@code WPK_DEBUG} but 0 asks for stack traces. */
    public static boolean wantsStackTraces(Map<String, String> environment) {
        var level = environment.getOrDefault("WPK_DEBUG", "");
        return !level.isEmpty() && !level.equals("0");
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        print(command.getErr(), failure, explanation(failure));
        return ExitCode.SOFTWARE;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] args) {
        var command = failure.getCommandLine();
        var err = command.getErr();
        print(err, failure, message(failure));
        if (!UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return ExitCode.USAGE;
    }

    private void print(PrintWriter err, Exception failure, String message) {
        err.println("wpk: " + message);
        if (stackTraces) {
            failure.printStackTrace(err);
        }
    }

    private static String explanation(Exception failure) {
        if (failure.getClass().getName().startsWith(OUR_PACKAGES)) {
            return message(failure);
        }
        return switch (failure) {
            case UncheckedIOException unchecked
            when unchecked.getCause() instanceof FileSystemException file -> explanation(file);
            case UncheckedIOException bare
            when bare.getCause() instanceof IOException io && message(bare).equals(io.toString()) -> explanation(io);
            // What could not be read or written is in the message of who tried.
            case UncheckedIOException unchecked -> message(unchecked);
            case IOException io -> explanation(io);
            default -> "internal error: " + failure + " (WPK_DEBUG=1 prints the stack trace)";
        };
    }

    /** The file system's exceptions carry only the path as their message. */
    private static String explanation(IOException failure) {
        return switch (failure) {
            case NoSuchFileException missing -> "no such file or directory: " + missing.getFile();
            case FileNotFoundException missing -> message(missing);
            case AccessDeniedException denied -> "permission denied: " + denied.getFile();
            case FileAlreadyExistsException existing -> "exists already: " + existing.getFile();
            case NotDirectoryException file -> "not a directory: " + file.getFile();
            case FileSystemException file when file.getReason() != null -> file.getFile() + ": " + file.getReason();
            default -> "input or output failed: " + message(failure);
        };
    }

    private static String message(Exception failure) {
        return Objects.requireNonNullElseGet(failure.getMessage(), failure::toString);
    }
}
