package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator library itself goes through the processor. */
class LibraryTest {
    @TempDir
    private Path folder;

    @Test
    void everyKernelOfTheLibraryIsReadAndItsTextParsesBack() throws IOException {
        Path sources = Path.of(System.getProperty("woodpecker.root", ".."), "kernels/src/main/java");
        assumeThat(sources).as("the kernels module, by -Dwoodpecker.root").isDirectory();
        Project project = new Project(folder);
        try (Stream<Path> files = Files.walk(sources)) {
            List<Path> java = files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
            assertThat(project.compile(java)).isEmpty();
        }
        try (Stream<Path> texts = Files.list(project.classes().resolve("META-INF/woodpecker"))) {
            List<Path> kernels =
                    texts.filter(file -> file.toString().endsWith(".kernel")).toList();
            assertThat(kernels).hasSizeGreaterThan(150);
            for (Path kernel : kernels) {
                String text = Files.readString(kernel);
                KernelSpec spec = KernelText.parse(text);
                assertThat(KernelText.print(spec)).isEqualTo(text);
                assertThat(project.classes().resolve(KernelText.resourcePath(spec.name())))
                        .isEqualTo(kernel);
            }
        }
    }
}
