package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.device.cpu.NativeLibraryException;
import dev.woodpecker.runtime.device.cpu.NativeMemoryException;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever loads and runs models catches one family of exceptions. */
class ExceptionHierarchyTest {
    @TempDir
    Path directory;

    private Path model() {
        Path file = directory.resolve("relu.onnx");
        new OnnxModelBuilder("relu", 17)
                .input("x", TensorType.of(DType.F32, 2))
                .node("Relu", List.of("x"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    @Test
    void whatTheMachineLacksIsOfTheFamily() {
        assertThat(List.of(
                        CompilationException.class,
                        ToolchainException.class,
                        NativeLibraryException.class,
                        NativeMemoryException.class))
                .allMatch(WoodpeckerException.class::isAssignableFrom);
        Options withoutCompiler = Options.defaults()
                .withCacheDirectory(directory.resolve("cache"))
                .withCompiler("/no/such/compiler");
        assertThatThrownBy(() -> Model.load(model(), withoutCompiler))
                .isInstanceOf(WoodpeckerException.class)
                .isInstanceOf(MachineException.class)
                .hasMessageContaining("/no/such/compiler");
    }

    @Test
    void filesThatAreNoModelsAndInputsThatDoNotFitAreOfTheFamily() throws IOException {
        Path text = Files.writeString(directory.resolve("text.onnx"), "no model");
        assertThatThrownBy(() -> Model.load(text, Options.defaults())).isInstanceOf(WoodpeckerException.class);
        try (Model model = Model.load(model(), Options.defaults());
                Session session = model.newSession()) {
            assertThatThrownBy(() -> session.run(Map.of("x", NdArray.allocate(DType.F32, 3))))
                    .isInstanceOf(WoodpeckerException.class);
            assertThatThrownBy(() -> session.run(Map.of())).isInstanceOf(WoodpeckerException.class);
        }
    }
}
