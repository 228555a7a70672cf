package dev.woodpecker.cli;

import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.cli.compare.OutputComparison;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Profile;
import dev.woodpecker.runtime.Session;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wpk run}: runs a model once and says what comes out, and whether it is what another runtime computes. */
@Command(
        name = "run",
        description = "Runs a model, on random inputs if none are given, and checks its outputs.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    /** Whom the outputs are compared with. */
    enum Peer {
        ONNXRUNTIME
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelArguments arguments = new ModelArguments();

    @Option(names = "--check", description = "Compares the outputs with those of: ${COMPLETION-CANDIDATES}.")
    private Peer[] check = {};

    @Option(names = "--profile", description = "Prints the time of every kernel, from ten more runs.")
    private boolean profile;

    @Option(
            names = "--trace",
            paramLabel = "FILE.json",
            description = "Writes when every kernel ran, in ten more runs, for chrome://tracing or Perfetto.")
    private Optional<Path> trace = Optional.empty();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (Model model = arguments.load(0);
                Session session = model.newSession()) {
            Map<String, NdArray> inputs = arguments.inputs(model);
            inputs.forEach((name, array) -> out.println("input  " + name + ": " + describe(array)));
            Map<String, NdArray> outputs = session.run(inputs);
            boolean right = check.length == 0 ? print(outputs, out) : compare(inputs, outputs, out);
            if (profile || trace.isPresent()) {
                session.startProfile();
                for (int i = 0; i < 10; i++) {
                    session.run(inputs);
                }
                print(session.profile(), out);
            }
            return right ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private void print(Profile measured, PrintWriter out) {
        if (profile) {
            measured.kernels().forEach(out::println);
        }
        trace.ifPresent(file -> {
            try {
                Files.writeString(file, measured.chromeTrace());
            } catch (IOException e) {
                throw new UncheckedIOException("the trace cannot be written to " + file, e);
            }
        });
    }

    private static boolean print(Map<String, NdArray> outputs, PrintWriter out) {
        outputs.forEach((name, array) -> out.println("output " + name + ": " + array));
        return true;
    }

    private boolean compare(Map<String, NdArray> inputs, Map<String, NdArray> outputs, PrintWriter out) {
        boolean right = true;
        Path model = arguments.onnxFile("--check");
        try (OnnxRuntimePeer peer = OnnxRuntimePeer.open(model, Math.max(1, arguments.threads()))) {
            Map<String, NdArray> expected = peer.run(peer.prepare(inputs));
            for (OutputComparison comparison : OutputComparison.of(model, arguments.numerics(), outputs, expected)) {
                NdArray output = Objects.requireNonNull(outputs.get(comparison.output()));
                out.println(comparison + "  " + describe(output));
                right &= comparison.isRight();
            }
        }
        return right;
    }

    private static String describe(NdArray array) {
        return NdArray.describe(array.type(), array.shape());
    }
}
