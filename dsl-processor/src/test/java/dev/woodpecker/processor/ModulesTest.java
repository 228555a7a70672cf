package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels in a named module, which must say that it provides them. */
class ModulesTest {
    private static final String KERNEL = """
        @Kernel(op = "F")
        public static float f(float x) { return x; }
        """;

    @TempDir
    private Path folder;

    @Test
    void aModuleThatProvidesItsKernelsCompiles() {
        assertThat(compile("module m { exports p; provides dev.woodpecker.compiler.expr.KernelProvider with"
                        + " p.KKernels; }"))
                .isEmpty();
    }

    @Test
    void aMissingProvidesIsAnErrorThatShowsTheLine() {
        assertThat(compile("module m { exports p; }"))
                .singleElement()
                .asString()
                .startsWith("WPK-E032 module does not provide its kernels: module m lacks: "
                        + "provides dev.woodpecker.compiler.expr.KernelProvider with p.KKernels;");
    }

    /** The DSL is on the class path, so that the module is told to read that. */
    private List<String> compile(String module) {
        Project project = new Project(folder);
        return project.compile(
                List.of(project.writeFile("module-info.java", module), project.write("K", KERNEL)),
                "--add-reads",
                "m=ALL-UNNAMED");
    }
}
