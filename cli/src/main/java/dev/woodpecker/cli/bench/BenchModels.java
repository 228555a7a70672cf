package dev.woodpecker.cli.bench;

import dev.woodpecker.cli.zoo.Bert;
import dev.woodpecker.cli.zoo.Calibrator;
import dev.woodpecker.cli.zoo.Zoo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The models that arguments name: files, folders, and {@value #ZOO}. Those that are made are kept, and made once. */
public final class BenchModels {
    /** Stands for all models of the zoo. */
    public static final String ZOO = "zoo";

    /** What ONNX's authors call a model whose large weights they have replaced by {@code ConstantOfShape}. */
    private static final String STRUCTURE = "light_";

    private static final long SEED = 1;

    /** The transformers of the zoo: a small one, and BERT as published. */
    private static final Map<String, Bert> TRANSFORMERS = new LinkedHashMap<>();

    static {
        TRANSFORMERS.put("bert_5x384", new Bert(5, 384, 12, 128));
        TRANSFORMERS.put("bert_base", Bert.BASE);
    }

    private final Path made;
    private final Zoo zoo;
    private final Consumer<String> progress;

    /**
     * @param cache a folder that what is made is kept in
     * @param progress is told of what takes time
     */
    public BenchModels(Path cache, Calibrator calibrator, Consumer<String> progress) {
        this.made = cache.resolve("zoo").resolve("seed-" + SEED);
        this.zoo = new Zoo(SEED, 1, calibrator);
        this.progress = progress;
    }

    /** Makes a file that is not there yet. */
    private interface Writer {
        void write(Path file);
    }

    /**
     * The models in the order of the arguments, folders' by name.
     *
     * @throws IllegalArgumentException if an argument is none of the three
     */
    public List<BenchModel> of(List<String> arguments) {
        List<BenchModel> models = new ArrayList<>();
        for (String argument : arguments) {
            Path path = Path.of(argument);
            if (Files.isDirectory(path)) {
                filesBelow(path).forEach(file -> models.add(model(file)));
            } else if (Files.isRegularFile(path)) {
                models.add(model(path));
            } else if (argument.equals(ZOO)) {
                models.addAll(wholeZoo());
            } else {
                throw new IllegalArgumentException(
                        "'" + argument + "' is neither a file, nor a folder, nor the word " + ZOO);
            }
        }
        return models;
    }

    private static List<Path> filesBelow(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".onnx"))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder + ": " + e.getMessage(), e);
        }
    }

    private BenchModel model(Path file) {
        String name = Optional.ofNullable(file.getFileName()).orElse(file).toString();
        String stem = name.endsWith(".onnx") ? name.substring(0, name.length() - ".onnx".length()) : name;
        return stem.startsWith(STRUCTURE)
                ? kept(stem, target -> zoo.fill(file, target))
                : new BenchModel(stem, file.toAbsolutePath().normalize());
    }

    private List<BenchModel> wholeZoo() {
        List<BenchModel> models = new ArrayList<>();
        Zoo.imageNetworks().forEach(name -> models.add(kept(name, file -> zoo.write(name, file))));
        TRANSFORMERS.forEach((name, bert) -> models.add(kept(name, file -> zoo.write(bert, file))));
        return models;
    }

    private BenchModel kept(String name, Writer writer) {
        Path file = made.resolve(name + ".onnx");
        if (!Files.isRegularFile(file)) {
            progress.accept("making " + file);
            try {
                Files.createDirectories(made);
                Path aside = Files.createTempFile(made, name, ".part");
                try {
                    writer.write(aside);
                    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    Files.deleteIfExists(aside);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("cannot keep " + file + ": " + e.getMessage(), e);
            }
        }
        return new BenchModel(name, file);
    }
}
