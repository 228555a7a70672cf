package dev.woodpecker.cli.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Tries cases in a process of its own, and keeps the model of each that goes wrong, as small as it could be made. The same
 * seed gives the same cases.
 */
public final class Fuzzing implements AutoCloseable {
    /** Files of this size have all that smaller ones have and are slower to read. */
    private static final long LARGEST_SEED_BYTES = 300_000;

    /** A damaged file of some kilobytes is read in milliseconds, the first of a process in some seconds. */
    private static final Duration LONGEST_IMPORT = Duration.ofSeconds(20);

    /** Its kernels are compiled. */
    private static final Duration LONGEST_GRAPH = Duration.ofSeconds(120);

    private final Path kept;
    private final Path scratch;
    private final FuzzProcess process;
    private final Consumer<String> progress;

    /**
     * @param kept where models that go wrong are written
     * @param scratch a folder that nobody needs afterwards
     * @param progress is told of what is found
     */
    public Fuzzing(Path kept, Path scratch, Consumer<String> progress) {
        this.kept = kept;
        this.scratch = scratch;
        this.process = new FuzzProcess(scratch);
        this.progress = progress;
    }

    /**
     * What went wrong.
     *
     * @param file the model
     */
    public record Finding(String name, String reason, Path file) {
        @Override
        public String toString() {
            return name + ": " + reason + "  (" + file + ")";
        }
    }

    /** Models below a folder that are small enough to be damaged by the thousand, in the order of their names. */
    public static List<Path> seeds(Path folder) {
        try (var files = Files.walk(folder)) {
            List<Path> found = new ArrayList<>();
            for (Path file : files.filter(name -> name.toString().endsWith(".onnx"))
                    .sorted()
                    .toList()) {
                if (Files.size(file) <= LARGEST_SEED_BYTES) {
                    found.add(file);
                }
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Damages one of {@code seeds}, and has it loaded: it is to load, or to be refused with a reason. */
    public List<Finding> importer(long seed, List<Path> seeds) {
        Path source = seeds.get(new SplittableRandom(seed).nextInt(seeds.size()));
        Path file = scratch.resolve("import.onnx");
        try {
            Files.write(file, new ByteMutations(seed).of(Files.readAllBytes(source)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot damage " + source + ": " + e.getMessage(), e);
        }
        String answer = process.ask("import " + file, LONGEST_IMPORT);
        return isOk(answer) ? List.of() : List.of(keep("import-" + seed, answer + " (from " + source + ")", file));
    }

    /** Compares a random graph with ONNX Runtime; what differs is cut down to as few nodes as still differ. */
    public List<Finding> graph(long seed) {
        Path file = scratch.resolve("graph.onnx");
        String answer = process.ask("graph " + seed + " 0 0 " + file, LONGEST_GRAPH);
        if (isOk(answer)) {
            return List.of();
        }
        String size = process.ask("size " + seed + " " + scratch.resolve("size.onnx"), LONGEST_GRAPH);
        int nodes = isOk(size) ? Integer.parseInt(size.split(" ")[1]) : 0;
        for (int count = 1; count < nodes; count++) {
            for (int start = 0; start + count <= nodes; start++) {
                String smaller = process.ask("graph " + seed + " " + start + " " + count + " " + file, LONGEST_GRAPH);
                if (!isOk(smaller)) {
                    return List.of(keep("graph-" + seed, smaller, file));
                }
            }
        }
        process.ask("graph " + seed + " 0 0 " + file, LONGEST_GRAPH);
        return List.of(keep("graph-" + seed, answer + "; " + size, file));
    }

    private static boolean isOk(String answer) {
        return answer.startsWith("ok");
    }

    private Finding keep(String name, String answer, Path file) {
        String reason = answer.substring("bad ".length());
        Path place = kept.resolve(name + ".onnx");
        try {
            Files.createDirectories(kept);
            Files.copy(file, place, StandardCopyOption.REPLACE_EXISTING);
            Files.writeString(kept.resolve(name + ".txt"), reason + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep " + place + ": " + e.getMessage(), e);
        }
        Finding finding = new Finding(name, reason, place);
        progress.accept(finding.toString());
        return finding;
    }

    @Override
    public void close() {
        process.close();
    }
}
