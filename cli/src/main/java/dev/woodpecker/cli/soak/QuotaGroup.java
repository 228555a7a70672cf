package dev.woodpecker.cli.soak;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** A control group that limits the processor time of a process, of version 2 or 1, and is removed after it. */
public final class QuotaGroup implements AutoCloseable {
    /** How often the system counts anew, as containers have it. */
    private static final long PERIOD_MICROSECONDS = 100_000;

    private static final Path MOUNT = Path.of("/sys/fs/cgroup");

    private final Path directory;

    private QuotaGroup(Path directory) {
        this.directory = directory;
    }

    /**
     * Makes the group.
     *
     * @param cores the limit
     * @throws IOException if this process may not, or the system has no such groups
     */
    public static QuotaGroup of(double cores) throws IOException {
        boolean isVersion2 = Files.exists(MOUNT.resolve("cgroup.controllers"));
        Path parent = isVersion2 ? MOUNT : MOUNT.resolve("cpu");
        Path directory = parent.resolve("wpk-" + ProcessHandle.current().pid());
        Files.createDirectory(directory);
        QuotaGroup group = new QuotaGroup(directory);
        try {
            long quota = Math.round(cores * PERIOD_MICROSECONDS);
            if (isVersion2) {
                Files.writeString(directory.resolve("cpu.max"), quota + " " + PERIOD_MICROSECONDS);
            } else {
                Files.writeString(directory.resolve("cpu.cfs_period_us"), Long.toString(PERIOD_MICROSECONDS));
                Files.writeString(directory.resolve("cpu.cfs_quota_us"), Long.toString(quota));
            }
            return group;
        } catch (IOException e) {
            group.close();
            throw e;
        }
    }

    /** What to do where a group cannot be made. */
    public static String remedy(double cores) {
        return String.format(
                Locale.ROOT,
                "Run the command as root, or without --quota under systemd-run --scope -p CPUQuota=%.0f%%, or in a"
                        + " container with --cpus %s",
                cores * 100,
                cores);
    }

    /**
     * Runs this program again inside the group, without some of its options and with others.
     *
     * @param told what it prints, line by line
     * @return its exit code; empty if the system does not tell how this program was called
     */
    public Optional<Integer> runAgain(List<String> without, List<String> with, Consumer<String> told)
            throws IOException, InterruptedException {
        ProcessHandle.Info self = ProcessHandle.current().info();
        if (self.command().isEmpty() || self.arguments().isEmpty()) {
            return Optional.empty();
        }
        // A process is a member from its first instruction on, and so are all its threads.
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\" && exec \"$@\"",
                directory.resolve("cgroup.procs").toString(),
                self.command().get()));
        List<String> arguments = List.of(self.arguments().get());
        for (String option : without) {
            arguments = without(option, arguments);
        }
        command.addAll(arguments);
        command.addAll(with);
        Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                told.accept(line);
            }
        }
        return Optional.of(process.waitFor());
    }

    static List<String> without(String option, List<String> arguments) {
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).equals(option)) {
                i++;
            } else if (!arguments.get(i).startsWith(option + "=")) {
                kept.add(arguments.get(i));
            }
        }
        return kept;
    }

    @Override
    public void close() {
        // It is empty, unless something else was put there: then it stays.
        directory.toFile().delete();
    }
}
