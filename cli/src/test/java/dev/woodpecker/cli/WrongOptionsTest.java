package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.toolchain.CudaReadiness;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options that cannot be: each is refused by its name, with what is allowed, and nothing is run. */
class WrongOptionsTest {
    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeModel() {
        new OnnxModelBuilder("model", 17)
                .input(
                        "x",
                        new TensorType(
                                DType.F32, new Shape(List.of(new Dimension.Symbolic("rows"), new Dimension.Known(3)))))
                .node("Relu", List.of("x"), "y", Map.of())
                .output("y")
                .write(directory.resolve("model.onnx"));
    }

    private int wpk(String... args) {
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run MODEL --threads -3 | '-3' is not a number of threads from 0 to 9999",
                "run MODEL --dim columns=4 | --dim columns: the model has no such dimension; those that it leaves"
                        + " open: rows",
                "run MODEL --dim rows=-4 | --dim rows=-4: at least 0",
                "build MODEL -o p.wpk --threads two | 'two' is not a number of threads from 0 to 9999",
                "soak MODEL --threads 0 | '0' is not a number from 1 to 999999999",
                "soak MODEL --runs -4 | '-4' is not a number from 1 to 999999999",
                "soak MODEL --session-runs 0 | '0' is not a number from 1 to 999999999",
                "tune MODEL --threads 0 | '0' is not a number from 1 to 999999999",
                "explain MODEL --runs 0 | '0' is not a number from 1 to 999999999",
                "run MODEL --numerics fp16 | --numerics: numerics fp16 are for a GPU, and the target is the processor",
                "run MODEL --target cuda --vendors onednn | --vendors: oneDNN is for processors, and the target is"
                        + " cuda",
                "run MODEL --target gpu | --target: 'gpu' is no target to run on; allowed: cuda, cuda:1",
                "run MODEL --records nothing.jsonl | --records: there is no file nothing.jsonl",
            })
    void anOptionThatCannotBeIsRefused(String commandLine, String message) {
        String[] args = commandLine
                .strip()
                .replace("MODEL", directory.resolve("model.onnx").toString())
                .split(" ");
        assertThat(wpk(args)).isEqualTo(2);
        assertThat(err.toString()).contains(message.strip()).contains("Try 'wpk " + args[0] + " --help'.");
        assertThat(out.toString()).isEmpty();
    }

    /** Nothing runs on the processor instead, and {@code wpk doctor} has the same words. */
    @Test
    void aGpuThatIsNotThereIsOneMessageWithItsRemedy() {
        if (!(CudaReadiness.ofProcess() instanceof CudaReadiness.Lacking(String what, String remedy))) {
            Assumptions.abort("SKIPPED: this machine has a GPU");
            return;
        }
        assertThat(wpk("run", directory.resolve("model.onnx").toString(), "--target", "cuda"))
                .isEqualTo(1);
        assertThat(err.toString())
                .isEqualTo("wpk: cannot run on CUDA: " + what + ". Remedy: " + remedy
                        + ". Without a target, models run on the processor\n");
        assertThat(out.toString()).isEmpty();
        wpk("doctor");
        assertThat(out.toString()).contains(what, remedy);
    }

    @Test
    void aFolderInAFilesPlaceIsNamed() {
        assertThat(wpk("run", directory.toString())).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("wpk: cannot read " + directory + ": Is a directory\n");
    }

    @Test
    void aPlanFileInAFolderThatIsNotThereNamesTheFolder() {
        Path folder = directory.resolve("missing");
        assertThat(wpk(
                        "build",
                        directory.resolve("model.onnx").toString(),
                        "-o",
                        folder.resolve("p.wpk").toString()))
                .isEqualTo(1);
        assertThat(err.toString()).isEqualTo("wpk: no such file or directory: " + folder + "\n");
    }
}
