package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a program does that runs a plan file once, seen by the classes that it loads: these, and not the milliseconds of a
 * machine that does other things too, tell whether a start is short.
 */
class PlanStartTest {
    /** Now 1,450 of Java's own and 130 of this project's; method handles for native calls would add 400. */
    private static final int MOST_CLASSES = 1_800;

    /** Now 25; written with streams the same code had 110, of half a millisecond each. */
    private static final int MOST_LAMBDAS = 40;

    /** Enough that values between kernels come from the operating system by themselves. */
    private static final int EDGE = 700;

    @TempDir
    private Path directory = Path.of("");

    /** The program: loads the plan and runs it. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            Options options =
                    Options.defaults().withThreads(1).trustPlan(arguments[1]).withCacheDirectory(Path.of(arguments[2]));
            try (Model model = Model.load(Path.of(arguments[0]), options);
                    Session session = model.newSession()) {
                NdArray x = NdArray.allocate(DType.F32, 1, 4, EDGE, EDGE);
                x.set(0, 5);
                System.out.println(session.run(Map.of("x", x)));
            }
        }
    }

    @Test
    void neitherMakesMethodHandlesNorLoadsWhatBuildsPlans() throws IOException, InterruptedException {
        Path file = directory.resolve("pool.onnx");
        new OnnxModelBuilder("pool", 17)
                .input("x", TensorType.of(DType.F32, 1, 4, EDGE, EDGE))
                .initializer("w", RandomArrays.of(1, 4, 4, 3, 3))
                .node("Conv", List.of("x", "w"), "c", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .node("Conv", List.of("c", "w"), "d", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .node("GlobalMaxPool", List.of("d"), "y", Map.of())
                .output("y")
                .write(file);
        Path plan = directory.resolve("pool.wpk");
        Options options = Options.defaults().withThreads(1).withCacheDirectory(directory.resolve("cache"));
        String digest = PlanBuild.of(file, options).write(plan).digest();
        Path classes = directory.resolve("classes");
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-Xlog:class+load:file=" + classes + ":none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName(),
                        plan.toString(),
                        digest,
                        directory.resolve("cache").toString())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(program.getInputStream().readAllBytes())).contains("y=");
        assertThat(program.waitFor()).isZero();
        List<String> loaded = Files.readAllLines(classes).stream()
                .map(line -> line.split(" ", 2)[0])
                .toList();
        assertThat(loaded)
                .hasSizeLessThan(MOST_CLASSES)
                .contains("dev.woodpecker.runtime.device.cpu.NativeCalls")
                .doesNotContain(
                        "jdk.internal.foreign.abi.DowncallLinker",
                        "dev.woodpecker.runtime.onnx.OnnxImporter",
                        "dev.woodpecker.runtime.plan.Planner",
                        "com.google.gson.Gson");
        assertThat(loaded)
                .filteredOn(name -> name.startsWith("dev.woodpecker") && name.contains("$$Lambda"))
                .hasSizeLessThan(MOST_LAMBDAS);
    }
}
