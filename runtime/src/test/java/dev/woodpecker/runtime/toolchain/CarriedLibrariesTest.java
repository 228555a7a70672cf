package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was compiled where there is a compiler serves where there is none. */
class CarriedLibrariesTest {
    private static final Source ONE =
            new Source("one", "float one(float x) { return x + 1; }", List.of("one"), CodeOptions.fast());
    private static final Source TWO =
            new Source("two", "float two(float x) { return x + 2; }", List.of("two"), CodeOptions.fast());

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void carry() throws IOException {
        file = folder.resolve("libraries.zip");
        KernelCompiler here = KernelCompiler.of(Environment.ofProcess())
                .portable()
                .keptIn(CacheDirectory.open(folder.resolve("here")));
        CarriedLibraries.write(file, here.compile(List.of(ONE, TWO)));
    }

    private Environment withoutCompiler() {
        return new Environment(Map.of(
                "WPK_CC",
                "gcc",
                "PATH",
                "",
                "WPK_CACHE",
                folder.resolve("there").toString(),
                CarriedLibraries.VARIABLE,
                file.toString()));
    }

    @Test
    void theyAreFoundByTheirText() {
        List<SharedLibrary> found = KernelCompiler.of(withoutCompiler()).compile(List.of(TWO, ONE, TWO));
        assertThat(found).extracting(SharedLibrary::source).containsExactly(TWO, ONE, TWO);
        try (Arena arena = Arena.ofConfined()) {
            for (SharedLibrary library : found) {
                String symbol = library.source().symbols().getFirst();
                assertThat(SymbolLookup.libraryLookup(library.file(), arena).find(library.exported(symbol)))
                        .isPresent();
            }
        }
    }

    @Test
    void whatIsNotAmongThemWantsACompiler() {
        Source other = new Source("three", "float three(void) { return 3; }", List.of("three"), CodeOptions.fast());
        KernelCompiler compiler = KernelCompiler.of(withoutCompiler());
        assertThatThrownBy(() -> compiler.compile(List.of(ONE, other)))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("'three' is not among the libraries of " + file)
                .hasMessageContaining("no gcc on the PATH");
    }

    @Test
    void whatIsNoFileOfLibrariesIsSaidToBeNone() throws IOException {
        Files.writeString(file, "no zip");
        assertThatThrownBy(() -> KernelCompiler.of(withoutCompiler()))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("WPK_LIBRARIES=" + file + " is no file of libraries");
    }

    @Test
    void codeForAnyProcessorDependsOnNoMachine() {
        CpuFeatures any = CpuFeatures.ofHost().portable();
        assertThat(any.portable()).isEqualTo(any);
        assertThat(any.model()).startsWith("any ");
        assertThat(any.caches().l2Bytes()).isZero();
    }
}
