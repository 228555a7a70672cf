package dev.woodpecker.cli.fuzz;

import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.cli.compare.OutputComparison;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.WoodpeckerException;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * The process that cases are tried in: a crash is its end and nobody else's. It is asked by lines:
 *
 * <pre>
 * import FILE                  ok | bad REASON        the model is loaded; its refusals must be ours
 * graph SEED START COUNT FILE  ok | bad REASON        that part of the seed's graph, written to the file, is compared
 * size SEED FILE               ok NODES DESCRIPTION   how large the seed's graph is
 * </pre>
 */
public final class FuzzWorker {
    private FuzzWorker() {}

    /** Not to be called by hand: {@link FuzzProcess} does. */
    public static void main(String[] args) throws IOException {
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            answers.println(answer(line.split(" ")).replaceAll("\\s*\\R\\s*", "; "));
        }
    }

    private static String answer(String[] words) {
        try {
            return switch (words[0]) {
                case "import" -> imported(Path.of(words[1]));
                case "graph" -> {
                    Path file = Path.of(words[4]);
                    RandomGraph graph = RandomGraph.of(Long.parseLong(words[1]), file);
                    int count = Integer.parseInt(words[3]);
                    yield compared(count == 0 ? graph : graph.part(Integer.parseInt(words[2]), count), file);
                }
                case "size" -> {
                    RandomGraph graph = RandomGraph.of(Long.parseLong(words[1]), Path.of(words[2]));
                    yield "ok " + graph.size() + " " + graph;
                }
                default -> throw new IllegalArgumentException("no answer to '" + words[0] + "'");
            };
        } catch (RuntimeException | Error failure) {
            return "bad " + described(failure);
        }
    }

    private static String imported(Path file) {
        try (Model model = Model.load(file, Options.defaults().withThreads(1))) {
            return "ok " + model.inputs().size();
        } catch (WoodpeckerException refused) {
            String message = refused.getMessage();
            return message == null || message.isBlank()
                    ? "bad a refusal without a reason: " + described(refused)
                    : "ok refused";
        }
    }

    private static String compared(RandomGraph graph, Path file) {
        if (graph.size() == 0) {
            return "ok 0";
        }
        graph.write(file);
        Map<String, NdArray> inputs = graph.inputs();
        Map<String, NdArray> expected;
        try (OnnxRuntimePeer peer = OnnxRuntimePeer.open(file, 1)) {
            expected = peer.run(peer.prepare(inputs));
        }
        try (Model model = Model.load(file, Options.defaults().withThreads(1));
                Session session = model.newSession()) {
            Map<String, NdArray> outputs = session.run(inputs);
            return OutputComparison.wrong(OutputComparison.of(file, Numerics.FP32, outputs, expected))
                    .map(wrong -> "bad " + wrong)
                    .orElse("ok " + graph.size());
        }
    }

    private static String described(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        return failure + (trace.length == 0 ? "" : " at " + trace[0]);
    }
}
