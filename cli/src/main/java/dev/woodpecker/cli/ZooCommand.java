package dev.woodpecker.cli;

import dev.woodpecker.cli.zoo.Bert;
import dev.woodpecker.cli.zoo.Calibrator;
import dev.woodpecker.cli.zoo.ModelCost;
import dev.woodpecker.cli.zoo.Zoo;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.Options;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wpk zoo}: standard architectures as ONNX files, with seeded weights. */
@Command(
        name = "zoo",
        description = {
            "Writes standard architectures as ONNX files with seeded weights (He-normal).",
            "Batch-norm statistics come from one seeded image, so that activations keep their scale."
        },
        mixinStandardHelpOptions = true)
final class ZooCommand implements Callable<Integer> {
    private static final String BERT = "bert";

    /** The networks whose statistics are found by running them. */
    static final Calibrator CALIBRATOR = (file, inputs) -> {
        try (Model model = Model.load(file, Options.defaults());
                var session = model.newSession()) {
            return session.run(inputs);
        }
    };

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description = "resnet18, resnet50, vgg19, mobilenetv2 or bert; all of them if none is named.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--from",
            paramLabel = "FILE",
            description = {
                "Instead: the graph of this model, with seeded weights for those that are ConstantOfShape there."
            })
    private @Nullable Path structure;

    @Option(
            names = "--quantize",
            description = {
                "Quantised as ONNX Runtime does it: image networks statically (QDQ: unsigned bytes for values, signed",
                "ones with a scale for each filter for weights), as NAME-qdq.onnx; bert dynamically",
                "(DynamicQuantizeLinear, MatMulInteger), as bert-int8.onnx."
            })
    private boolean quantize;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Where files go (default: ${DEFAULT-VALUE}).")
    private Path directory = Path.of(".");

    @Option(names = "--seed", description = "Of weights and image (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--batch", description = "The first extent of inputs (default: ${DEFAULT-VALUE}).")
    private int batch = 1;

    @Option(names = "--layers", description = "bert: encoder layers (default: ${DEFAULT-VALUE}).")
    private int layers = Bert.BASE.layers();

    @Option(names = "--hidden", description = "bert: features of a token (default: ${DEFAULT-VALUE}).")
    private int hidden = Bert.BASE.hidden();

    @Option(names = "--heads", description = "bert: attention heads (default: ${DEFAULT-VALUE}).")
    private int heads = Bert.BASE.heads();

    @Option(names = "--sequence", description = "bert: tokens (default: ${DEFAULT-VALUE}).")
    private int sequence = Bert.BASE.sequence();

    @Override
    public Integer call() {
        if (batch < 1) {
            throw new ParameterException(command.commandLine(), "--batch " + batch + ": at least 1");
        }
        Zoo zoo = new Zoo(seed, batch, CALIBRATOR);
        PrintWriter out = command.commandLine().getOut();
        create(directory);
        Optional<Path> from = Optional.ofNullable(structure);
        if (from.isPresent()) {
            if (quantize) {
                throw new ParameterException(command.commandLine(), "--quantize takes a network's name, not --from");
            }
            if (!names.isEmpty()) {
                throw new ParameterException(command.commandLine(), "--from takes no network's name: " + names);
            }
            Path file = directory.resolve(filledName(from.get()));
            out.printf("%s: %d weights filled%n", file, zoo.fill(from.get(), file));
            return ExitCode.OK;
        }
        List<String> known = new ArrayList<>(Zoo.imageNetworks());
        known.add(BERT);
        names.stream().filter(n -> !known.contains(n)).findFirst().ifPresent(n -> {
            throw new ParameterException(
                    command.commandLine(), "no network '" + n + "' in the zoo; there are " + String.join(", ", known));
        });
        for (String name : names.isEmpty() ? known : names) {
            Path file = directory.resolve(name + suffix(name));
            ModelCost cost = name.equals(BERT)
                    ? quantize ? zoo.writeQuantized(bert(), file) : zoo.write(bert(), file)
                    : quantize ? zoo.writeQuantized(name, file) : zoo.write(name, file);
            out.printf(
                    Locale.ROOT,
                    "%s: %.2f million parameters, %.3f billion multiply-adds%n",
                    file,
                    cost.parameters() / 1e6,
                    cost.multiplyAdds() / 1e9);
        }
        return ExitCode.OK;
    }

    private String suffix(String name) {
        return !quantize ? ".onnx" : name.equals(BERT) ? "-int8.onnx" : "-qdq.onnx";
    }

    private Bert bert() {
        try {
            return new Bert(layers, hidden, heads, sequence);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** {@code light_resnet50.onnx} becomes {@code resnet50.onnx}; others get a suffix, so that nothing is overwritten. */
    private static String filledName(Path structure) {
        String name = String.valueOf(structure.getFileName());
        return name.startsWith("light_") ? name.substring("light_".length()) : name.replace(".onnx", "_seeded.onnx");
    }

    private static void create(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
