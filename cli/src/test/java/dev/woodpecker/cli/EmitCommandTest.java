package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.KernelProvider;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmitCommandTest {
    private static final String SMALL = "--shape x=1x4x6x6 --shape w=8x4x3x3 ";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder = Path.of("");

    /** Runs {@code wpk emit} with arguments separated by spaces. */
    private int emit(String arguments) {
        List<String> all = new ArrayList<>(List.of("emit"));
        all.addAll(Arrays.asList(arguments.trim().split(" +")));
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    }

    private String text(String arguments) {
        out.getBuffer().setLength(0);
        assertThat(emit(arguments)).as(err.toString()).isZero();
        return out.toString();
    }

    @Test
    void theSourceOfAConvolutionNeedsNeitherDilationsNorGroupNorBias() {
        String text = text("Conv --shape x=1x64x56x56 --shape w=64x64x3x3 --attr strides=1,1 --attr pads=1,1,1,1"
                + " --target cpu");
        assertThat(text)
                .contains("int32_t conv2d")
                .contains("// conv2d for cpu:")
                .contains("231.2 MFLOP");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void cudaSourceComesWithItsLaunchAndWhatItTakes() {
        assertThat(text("Conv " + SMALL + "--target cuda:sm_80"))
                .contains("__global__")
                .containsPattern(
                        "// conv2d: \\d+x\\d+x\\d+ blocks of \\d+x\\d+x\\d+ threads, \\d+ registers a thread, no"
                                + " spills");
    }

    /** What a model's node without these attributes has: strides of 1, all axes, the last axis. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        MaxPool    | --shape x=1x3x8x8 --attr kernelShape=2,2   | --attr strides=1,1 --attr pads=0,0,0,0 --attr dilations=1,1 --attr ceilMode=0
        ReduceMean | --shape x=2x3x4                            | --attr axes=0,1,2 --attr keepdims=1
        ReduceMean | --shape x=2x3x4 --attr axes=-1             | --attr axes=2
        Softmax    | --shape x=2x3x4                            | --attr axis=2
        Transpose  | --shape x=2x3x4                            | --attr perm=2,1,0
        LeakyRelu  | --shape x=2x8                              | --attr alpha=0.01
        """)
    void attributesLeftOutHaveTheirDefaults(String kernel, String given, String defaults) {
        String show = " --show program";
        String reduced = given.replaceAll("--attr axes=-1", "");
        assertThat(text(kernel + " " + given + show)).isEqualTo(text(kernel + " " + reduced + " " + defaults + show));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        Cnov                                                    | no operator or kernel is called 'Cnov'; near it: Conv;
        Conv --shape x=1x4x6x6                                  | also needs w=2x3
        Conv --shape x=1x4x6x6 --shape y=3                      | 'y=3': no parameter has this name; parameters are x, w, b, strides
        Conv --shape x=1x4x6 --shape w=8x4x3x3                  | a window of 2 axes on an input with 1 spatial axes
        Conv --shape x=1x4x6x6 --shape w=8x4x3x3 --attr strides=1       | strides = [1]; supported: 2 values of 1 or more
        Conv --shape x=1x4x6x6 --shape w=8x4x3x3 --variant fft          | Conv has no variant 'fft'; it has depthwise, direct
        Winograd.tilesOf4 --shape x=1x4x6x6 --shape w=8x4x5x5           | this variant requires w.size(2) == 3 && w.size(3) == 3
        Conv --shape x=1x4x6x6 --shape w=8x4x3x3 --target cuda:sm_1     | unknown target 'cuda:sm_1'; known: cpu:aarch64
        Conv --shape x=1x4x6x6 --shape w=8x4x3x3 --numerics int8        | --numerics int8: generated code is strict or fp32
        Conv --shape x=1x4x6x6 --shape w=8x4x3x3 --show tree            | --show tree; known: spec, program, trace, loops, source, all
        Conv --shape x=1x4x6x6 --shape w=8x4x3x3 --class-path nowhere   | --class-path: there is no nowhere
        --shape x=1                                                     | a kernel is missing
        """)
    void aMistakeIsOneLineAndWrongUsage(String arguments, String message) {
        assertThat(emit(arguments)).isEqualTo(2);
        assertThat(err.toString().lines())
                .hasSize(2)
                .first()
                .asString()
                .startsWith("wpk: ")
                .contains(message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void whatEachKernelOfAnOperatorRefusesIsALine() {
        assertThat(emit("Conv --shape x=1x3x8x8 --shape w=4x5x3x3")).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("wpk: none of the ")
                .contains(": this variant requires group == x.size(1)")
                .contains(": this variant requires x.size(1) == w.size(1) * group && w.size(0) % group == 0");
    }

    @Test
    void everyFormOnTheWayCanBeShown() {
        assertThat(text("Conv " + SMALL + "--show all").lines().filter(line -> line.startsWith("// --- ")))
                .hasSize(5);
        assertThat(text("Conv " + SMALL + "--show spec"))
                .startsWith("tensor kernel dev.woodpecker.kernels.Convolution.conv2d");
        assertThat(text("Conv " + SMALL + "--show program")).startsWith("program conv2d");
        assertThat(text("Conv " + SMALL + "--show loops")).startsWith("for ");
    }

    @Test
    void aTraceThatWasShownCanBeReplayed() throws IOException {
        Path trace = folder.resolve("trace.json");
        assertThat(emit("Conv " + SMALL + "--show trace -o " + trace)).isZero();
        assertThat(text("Conv " + SMALL + "--trace " + trace)).isEqualTo(text("Conv " + SMALL));

        Files.writeString(trace, Files.readString(trace).replace("\"loop\":\"", "\"loop\":\"no."));
        assertThat(emit("Conv " + SMALL + "--trace " + trace)).isEqualTo(2);
        assertThat(err.toString())
                .contains("--trace " + trace + ": kernel conv2d: step ")
                .contains("does not fit");
    }

    @Test
    void aKernelOfTheUsersIsFoundOnTheClassPath() throws IOException {
        Path source = folder.resolve("Twice.java");
        Files.writeString(source, """
            import dev.woodpecker.compiler.expr.KernelProvider;
            import dev.woodpecker.compiler.expr.KernelText;
            import java.util.List;

            public final class Twice implements KernelProvider {
                public List<CompiledKernel> kernels() {
                    return List.of(new CompiledKernel(KernelText.parse(
                        "elementwise kernel com.acme.Twice.twice operator \\"com.acme::Twice\\" variant \\"\\""
                                + " input float x output \\"out\\" { x * 2f }"),
                        arguments -> 2 * (float) arguments[0]));
                }
            }
            """);
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-cp", compilerClasses(), source.toString());
        assertThat(status).isZero();
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve("dev.woodpecker.compiler.expr.KernelProvider"), "Twice\n");

        for (String name : List.of("com.acme::Twice", "Twice", "twice", "Twice.twice", "com.acme.Twice.twice")) {
            assertThat(text(name + " --shape x=3x5 --class-path " + folder)).contains("twice(void *const *buffers");
        }
    }

    private static String compilerClasses() {
        return KernelProvider.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
    }

    @Test
    void theListHasEveryKernelWithItsParameters() {
        assertThat(text("--list").lines())
                .anySatisfy(line -> assertThat(line)
                        .matches("Conv \\(direct\\) +Convolution.conv2d\\(Tensor x, Tensor w, Tensor b, int\\[]"
                                + " strides, .*\\)"));
    }
}
