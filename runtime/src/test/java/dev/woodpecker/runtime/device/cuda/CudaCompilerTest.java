package dev.woodpecker.runtime.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.runtime.toolchain.BundledLlvm;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CudaCompilerTest {
    private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

    @TempDir
    static Path home;

    /** Every compiler present with every architecture; what is missing is said on standard output. */
    static List<Arguments> compilersAndArchitectures() {
        List<Arguments> all = new ArrayList<>();
        for (String kind : List.of("bundled", "nvcc")) {
            Optional<CudaCompiler> compiler = kind.equals("nvcc") ? nvcc() : bundled();
            if (compiler.isEmpty()) {
                System.out.println("SKIPPED with " + kind + ": it is not here");
            }
            for (CudaArchitecture architecture : List.of(CudaArchitecture.SM_80, CudaArchitecture.SM_90A)) {
                compiler.ifPresent(present -> all.add(Arguments.of(present, architecture)));
            }
        }
        assumeTrue(!all.isEmpty(), "SKIPPED: neither org.bytedeco:llvm and org.jcuda, nor an nvcc on the PATH");
        return all;
    }

    @ParameterizedTest
    @MethodSource("compilersAndArchitectures")
    void simtKernelsCompileAndTellTheirResources(CudaCompiler compiler, CudaArchitecture architecture)
            throws IOException {
        Cubin cubin = compiler.compile(sample("basics.cu"), architecture);
        assertThat(Files.readAllBytes(cubin.file())).startsWith(ELF);
        assertThat(cubin.resources())
                .extracting(KernelResources::kernel)
                .containsExactlyInAnyOrder("saxpy", "transposed", "softmax_row");
        assertThat(cubin.resources()).allSatisfy(kernel -> {
            assertThat(kernel.registers()).isBetween(8, 64);
            assertThat(kernel.spills()).isFalse();
        });
        assertThat(cubin.resources("transposed").sharedBytes()).isBetween(32L * 33 * 4, 32L * 33 * 4 + 1024);
    }

    @ParameterizedTest
    @MethodSource("compilersAndArchitectures")
    void asynchronousCopiesAndTensorCoresCompile(CudaCompiler compiler, CudaArchitecture architecture)
            throws IOException {
        Cubin cubin = compiler.compile(sample("tensor_core.cu"), architecture);
        assertThat(Files.readAllBytes(cubin.file())).startsWith(ELF);
        assertThat(cubin.resources("mma_16x8x16").sharedBytes()).isGreaterThanOrEqualTo(768);
        if (compiler instanceof ClangCudaCompiler clang) {
            assertThat(clang.ptx(sample("tensor_core.cu"), architecture))
                    .contains(".target " + architecture.name(), ".version 8.0")
                    .contains("cp.async.cg.shared.global", "ldmatrix.sync", "mma.sync.aligned.m16n8k16");
        }
    }

    @ParameterizedTest
    @MethodSource("compilersAndArchitectures")
    void theCacheKeepsWhatWasCompiled(CudaCompiler compiler, CudaArchitecture architecture) throws IOException {
        Cubin first = compiler.compile(sample("basics.cu"), architecture);
        Object inode = Files.getAttribute(first.file(), "unix:ino");
        Cubin again = compiler.compile(sample("basics.cu"), architecture);
        assertThat(again).isEqualTo(first);
        assertThat(Files.getAttribute(again.file(), "unix:ino")).isEqualTo(inode);
    }

    @ParameterizedTest
    @MethodSource("compilersAndArchitectures")
    void aRefusedTextIsKeptAndLeadsToTheJavaLine(CudaCompiler compiler, CudaArchitecture architecture) {
        String text = """
            extern "C" __global__ void k(float *y) {
                /* Convolution.java:12:34 */
                y[0] = nonsense;
            }
            """;
        CompilationException failure = catchThrowableOfType(
                CompilationException.class,
                () -> compiler.compile(new CudaSource("wrong", text, Arithmetic.CONTRACTED), architecture));
        assertThat(failure.line()).isEqualTo(3);
        assertThat(failure.keptSource()).hasContent(text);
        assertThat(failure.javaOrigin()).hasValue("Convolution.java:12:34");
        assertThat(failure.compilerMessage()).contains("nonsense");
    }

    @Test
    void aRefusedInstructionIsAnErrorOfTheAssemblerInThePtxThatIsKept() throws IOException {
        ClangCudaCompiler compiler = clang();
        String text = "extern \"C\" __global__ void k() { asm volatile(\"frobnicate.sync;\"); }\n";
        CompilationException failure = catchThrowableOfType(
                CompilationException.class,
                () -> compiler.compile(new CudaSource("wrong", text, Arithmetic.CONTRACTED), CudaArchitecture.SM_80));
        assertThat(failure.keptSource().toString()).endsWith(".ptx");
        assertThat(Files.readAllLines(failure.keptSource()).get(failure.line() - 1))
                .contains("frobnicate");
    }

    @Test
    void strictArithmeticIsNotContracted() {
        ClangCudaCompiler compiler = clang();
        String text = "extern \"C\" __global__ void k(float *y) { y[0] = y[1] * y[2] + y[3]; }\n";
        assertThat(compiler.ptx(new CudaSource("k", text, Arithmetic.CONTRACTED), CudaArchitecture.SM_80))
                .contains("fma.rn.f32");
        assertThat(compiler.ptx(new CudaSource("k", text, Arithmetic.STRICT), CudaArchitecture.SM_80))
                .doesNotContain("fma.rn.f32")
                .contains("mul.rn.f32", "add.rn.f32");
    }

    /** nvcc and clang must mean the same: division and square root are correctly rounded, denormals kept. */
    @Test
    void divisionAndSquareRootAreCorrectlyRounded() {
        ClangCudaCompiler compiler = clang();
        String text = "extern \"C\" __global__ void k(float *y) { y[0] = sqrtf(y[1] / y[2]); }\n";
        assertThat(compiler.ptx(new CudaSource("k", text, Arithmetic.CONTRACTED), CudaArchitecture.SM_80))
                .contains("div.rn.f32", "sqrt.rn.f32")
                .doesNotContain(".ftz", ".approx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sm80", "sm_8", "sm_90b", "cuda:sm_80", ""})
    void architecturesHaveNvidiasNames(String wrong) {
        assertThat(CudaArchitecture.parse("sm_90a").name()).isEqualTo("sm_90a");
        assertThatThrownBy(() -> CudaArchitecture.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anNvccThatIsNamedMustBeOne(@TempDir Path directory) throws IOException {
        Path strange = Files.writeString(directory.resolve("nvcc"), "#!/bin/sh\necho hello\n");
        Environment environment = new Environment(Map.of("WPK_NVCC", strange.toString()));
        CacheDirectory cache = CacheDirectory.open(home);
        assertThatThrownBy(() -> CudaCompiler.discover(environment, cache))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("is not an executable file");
        assertThat(strange.toFile().setExecutable(true)).isTrue();
        assertThatThrownBy(() -> CudaCompiler.discover(environment, cache))
                .isInstanceOf(ToolchainException.class)
                .hasMessageContaining("is no nvcc");
    }

    @Test
    void theLogOfTheAssemblerIsReadWithSpillsAndSharedMemory() {
        String log = """
            ptxas info    : 0 bytes gmem
            ptxas info    : Compiling entry function 'k' for 'sm_80'
            ptxas info    : Function properties for k
                40 bytes stack frame, 36 bytes spill stores, 28 bytes spill loads
            ptxas info    : Used 255 registers, used 1 barriers, 49152 bytes smem, 380 bytes cmem[0]
            ptxas info    : Compiling entry function 'small' for 'sm_80'
            ptxas info    : Function properties for small
                0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
            ptxas info    : Used 8 registers, 360 bytes cmem[0]
            """;
        assertThat(KernelResources.parse(log))
                .containsExactly(
                        new KernelResources("k", 255, 49152, 40, 36, 28), new KernelResources("small", 8, 0, 0, 0, 0));
    }

    private static Optional<CudaCompiler> bundled() {
        // The compiler is extracted once a machine; what it makes here goes to a cache of this test's own.
        return JCudaLibrary.PTX_COMPILER.isPresent()
                ? BundledLlvm.find(TestCompilers.sharedCache())
                        .map(clang -> new ClangCudaCompiler(clang, CacheDirectory.open(home)))
                : Optional.empty();
    }

    private static ClangCudaCompiler clang() {
        Optional<CudaCompiler> compiler = bundled();
        assumeTrue(compiler.isPresent(), "SKIPPED: org.bytedeco:llvm or org.jcuda is not on the class path");
        return (ClangCudaCompiler) compiler.orElseThrow();
    }

    private static Optional<CudaCompiler> nvcc() {
        return CudaCompiler.nvcc(Environment.ofProcess(), CacheDirectory.open(home));
    }

    private static CudaSource sample(String name) {
        try (InputStream in = Objects.requireNonNull(CudaCompilerTest.class.getResourceAsStream(name), name)) {
            return new CudaSource(name, new String(in.readAllBytes(), StandardCharsets.UTF_8), Arithmetic.CONTRACTED);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
