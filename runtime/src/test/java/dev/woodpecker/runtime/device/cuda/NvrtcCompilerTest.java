package dev.woodpecker.runtime.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ProgramRun;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a library with NVRTC's names that keeps what it is given; it stands in for the real one in what is passed. */
class NvrtcCompilerTest {
    private static final String TEXT = "extern \"C\" __global__ void k() {}\n";

    @TempDir
    private static Path home = Path.of("");

    private static Path library = Path.of("");

    @BeforeAll
    static void buildLibrary() throws IOException {
        Path source = home.resolve("nvrtc.c");
        try (InputStream in =
                Objects.requireNonNull(NvrtcCompilerTest.class.getResourceAsStream("nvrtc.c"), "nvrtc.c")) {
            Files.write(source, in.readAllBytes());
        }
        // The name under which an installation has it: the search shall find it.
        library = home.resolve("libnvrtc.so.13");
        var compiler = TestCompilers.selected();
        List<String> command = new ArrayList<>(List.of(
                compiler.executable().toString(),
                "-shared",
                "-fPIC",
                "-O1",
                "-ffreestanding",
                "-nostdlib",
                "-fno-stack-protector"));
        command.addAll(compiler.linkFlags());
        command.addAll(List.of("-o", library.toString(), source.toString()));
        ProgramRun run = ProgramRun.of(command, home);
        assertThat(run.succeeded()).as(run.output()).isTrue();
    }

    private static CacheDirectory cache() {
        return CacheDirectory.open(home.resolve("cache"));
    }

    private static NvrtcCompiler compiler() {
        return NvrtcCompiler.of(SymbolLookup.libraryLookup(library, Arena.global()), cache());
    }

    @Test
    void aTextGoesThroughWithItsOptionsAndItsResourcesComeBack() throws IOException {
        Cubin cubin = compiler().compile(new CudaSource("k", TEXT, Arithmetic.STRICT), CudaArchitecture.SM_90A);
        assertThat(Files.readString(cubin.file()))
                .isEqualTo("source.cu\n" + TEXT
                        + "\n--gpu-architecture=sm_90a\n--fmad=false\n--std=c++17\n--ptxas-options=--verbose");
        assertThat(cubin.resources()).containsExactly(new KernelResources("k", 12, 64, 0, 0, 0));
        assertThat(compiler().summary()).isEqualTo("NVRTC 13.7");
    }

    @Test
    void aRefusedTextIsKeptAndItsProgramDestroyed() {
        String wrong = "void k() {\nnonsense;\n}\n";
        for (int i = 0; i < 2; i++) {
            CompilationException failure = catchThrowableOfType(
                    CompilationException.class,
                    () -> compiler()
                            .compile(new CudaSource("wrong", wrong, Arithmetic.CONTRACTED), CudaArchitecture.SM_80));
            assertThat(failure.line()).isEqualTo(2);
            assertThat(failure.keptSource()).hasContent(wrong);
            assertThat(failure.compilerMessage()).contains("nonsense");
        }
    }

    @Test
    void itIsPreferredWhereItIsInstalled() {
        Environment installed = new Environment(Map.of("LD_LIBRARY_PATH", home.toString()));
        assertThat(CudaCompiler.discover(installed, cache())).isInstanceOf(NvrtcCompiler.class);
    }

    @Test
    void anotherLibraryIsNone() {
        assertThatThrownBy(() -> NvrtcCompiler.of(_ -> Optional.empty(), cache()))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("has no function nvrtcVersion")
                .hasMessageContaining("nvidia-cuda-nvrtc");
    }
}
