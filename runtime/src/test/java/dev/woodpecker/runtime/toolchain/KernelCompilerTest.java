package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KernelCompilerTest {
    private static final String EVERY_COMPILER = "dev.woodpecker.runtime.toolchain.TestCompilers#present";

    @TempDir
    Path home;

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void sourcesOfAllKindsOfOptionsComeBackInTheirOrder(CCompiler compiler) {
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            for (CodeOptions.Effort effort : CodeOptions.Effort.values()) {
                CodeOptions options = new CodeOptions(effort, CodeOptions.Arithmetic.CONTRACTED);
                sources.add(new Source("k" + i, constant(100 * i + effort.ordinal()), List.of("f"), options));
            }
        }
        sources.add(sources.getFirst());
        List<SharedLibrary> libraries = kernels(compiler).compile(sources);
        assertThat(libraries).extracting(SharedLibrary::source).isEqualTo(sources);
        for (SharedLibrary library : libraries) {
            assertThat(constant(callF(library, 0))).isEqualTo(library.source().text());
        }
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void whatWasCompiledBeforeIsTakenFromTheCache(CCompiler compiler) throws IOException {
        Path first = kernels(compiler).compile(source(constant(7))).file();
        Object before = Files.getAttribute(first, "unix:ino");
        Path second = kernels(compiler).compile(source(constant(7))).file();
        assertThat(second).isEqualTo(first);
        assertThat(Files.getAttribute(second, "unix:ino")).isEqualTo(before);
        assertThat(kernels(compiler)
                        .compile(new Source("k", constant(7), List.of("f"), CodeOptions.strict()))
                        .file())
                .isNotEqualTo(first);
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void aDamagedLibraryIsNeverLoadedButCompiledAnew(CCompiler compiler) throws IOException {
        SharedLibrary library = kernels(compiler).compile(source(constant(7)));
        byte[] bytes = Files.readAllBytes(library.file());
        Files.write(library.file(), java.util.Arrays.copyOf(bytes, bytes.length / 2));
        SharedLibrary again = kernels(compiler).compile(source(constant(7)));
        assertThat(again.file()).isEqualTo(library.file());
        assertThat(Files.size(again.file())).isEqualTo(bytes.length);
        assertThat(callF(again, 0)).isEqualTo(7);
    }

    /** What the printer of kernels writes: types repeated alike, helper functions and tables that differ. */
    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void kernelsWithHelpersOfTheSameNamesShareAUnit(CCompiler compiler) throws IOException {
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            String text = """
                typedef __INT32_TYPE__ int32_t;
                typedef int32_t i32x4 __attribute__((vector_size(16)));
                typedef int32_t i32x4_unaligned __attribute__((vector_size(16), aligned(4), may_alias));
                static const int32_t table[4] = {%1$d, 20, 30, 40};
                static inline __attribute__((always_inline)) i32x4 load_i32x4(const int32_t *p) { \
                    return *(const i32x4_unaligned *)p + %1$d; }
                int32_t f(int32_t x) { return load_i32x4(table)[0] + x; }
                """.formatted(i);
            sources.add(new Source("k" + i, text, List.of("f"), CodeOptions.fast()));
        }
        KernelCompiler kernels = new KernelCompiler(
                compiler,
                CpuFeatures.parse("", new CpuCaches(0, 0, 0, 64), new CpuQuota(OptionalDouble.empty()), 1),
                CacheDirectory.open(home));
        List<SharedLibrary> libraries = kernels.compile(sources);
        Path unit = libraries.getFirst().file();
        for (int i = 0; i < 6; i++) {
            assertThat(callF(libraries.get(i), 100)).isEqualTo(100 + 2 * i);
            assertThat(Files.isSameFile(libraries.get(i).file(), unit)).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void sourcesWhoseOtherNamesClashAreCompiledAllTheSame(CCompiler compiler) {
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            sources.add(new Source(
                    "k" + i,
                    "struct same { int x[" + (i + 1) + "]; };\nint f(int x) { return sizeof(struct same) + x; }\n",
                    List.of("f"),
                    CodeOptions.fast()));
        }
        List<SharedLibrary> libraries = kernels(compiler).compile(sources);
        for (int i = 0; i < 4; i++) {
            assertThat(callF(libraries.get(i), 10)).isEqualTo(14 + 4 * i);
        }
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void aRefusedSourceIsKeptAndTheMessageLeadsToTheJavaLine(CCompiler compiler) throws IOException {
        String wrong = """
            int f(int x) {
                /* Convolution.java:12:34 */
                return x + nonsense;
            }
            """;
        List<Source> sources = List.of(source(constant(1)), new Source("conv 2d", wrong, List.of("f"), fast()));
        CompilationException failure = catchThrowableOfType(
                CompilationException.class, () -> kernels(compiler).compile(sources));
        assertThat(failure.sourceName()).isEqualTo("conv 2d");
        assertThat(Files.readAllLines(failure.keptSource()).get(failure.line() - 1))
                .contains("nonsense");
        assertThat(failure.keptSource().startsWith(home)).isTrue();
        assertThat(failure.compilerMessage()).contains("nonsense");
        assertThat(failure.javaOrigin()).hasValue("Convolution.java:12:34");
        assertThat(failure)
                .hasMessageContaining("cannot compile conv 2d: ")
                .hasMessageContaining(failure.keptSource() + ":" + failure.line())
                .hasMessageContaining("from Convolution.java:12:34")
                .hasMessageContaining(compiler.executable().toString());
        // The failure is no entry, and the sources beside it are none the worse.
        assertThat(entries()).hasSizeLessThanOrEqualTo(1);
        assertThat(callF(kernels(compiler).compile(sources.getFirst()), 0)).isEqualTo(1);
        assertThat(staging()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void memcpyIsFoundInTheProcessAndAMissingNameIsAnErrorAtLoading(CCompiler compiler) {
        String copies = """
            typedef struct { char bytes[5000]; } Block;
            void g(Block *to, const Block *from) { *to = *from; }
            int f(int x) { return x; }
            """;
        assertThat(callF(kernels(compiler).compile(source(copies)), 3)).isEqualTo(3);
        SharedLibrary lacking = kernels(compiler)
                .compile(source("int nowhere_to_be_found(int);\nint f(int x) { return nowhere_to_be_found(x); }\n"));
        assertThatThrownBy(() -> callF(lacking, 3)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void anUndeclaredFunctionIsAnErrorOfTheCompiler(CCompiler compiler) {
        assertThatThrownBy(() -> kernels(compiler).compile(source("int f(int x) { return expf_of(x); }\n")))
                .isInstanceOf(CompilationException.class)
                .hasMessageContaining("expf_of");
    }

    /** With -ffast-math both functions would compile to a constant, and denormals would be flushed process-wide. */
    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void nanInfinityAndDenormalsMeanWhatTheyMeanInJava(CCompiler compiler) {
        String text = """
            static float value(int bits) { union { int i; float f; } u; u.i = bits; return u.f; }
            static int bits(float value) { union { int i; float f; } u; u.f = value; return u.i; }
            int is_nan(int x) { float v = value(x); return v != v; }
            int halve(int x) { return bits(value(x) * 0.5f); }
            """;
        SharedLibrary library =
                kernels(compiler).compile(new Source("nan", text, List.of("is_nan", "halve"), CodeOptions.fast()));
        assertThat(call(library, "is_nan", Float.floatToRawIntBits(Float.NaN))).isEqualTo(1);
        assertThat(call(library, "is_nan", Float.floatToRawIntBits(Float.POSITIVE_INFINITY)))
                .isEqualTo(0);
        float denormal = Float.MIN_NORMAL / 4;
        assertThat(call(library, "halve", Float.floatToRawIntBits(denormal)))
                .isEqualTo(Float.floatToRawIntBits(denormal / 2));
        assertThat(denormal / 2).isPositive();
    }

    /** x * x - 1 for x = 1 + 2^-12: rounded twice it loses the lowest bit 2^-24, fused it keeps it. */
    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void strictArithmeticRoundsEachOperationAndContractedArithmeticFuses(CCompiler compiler) {
        String text = """
            int f(int bits) {
                union { int i; float f; } u;
                u.i = bits;
                u.f = u.f * u.f - 1.0f;
                return u.i;
            }
            """;
        float x = 1 + 0x1p-12f;
        int bits = Float.floatToRawIntBits(x);
        SharedLibrary strict = kernels(compiler).compile(new Source("s", text, List.of("f"), CodeOptions.strict()));
        assertThat(Float.intBitsToFloat(callF(strict, bits))).isEqualTo(x * x - 1);
        if (CpuFeatures.ofHost().has("fma")) {
            SharedLibrary fused = kernels(compiler).compile(new Source("c", text, List.of("f"), fast()));
            assertThat(Float.intBitsToFloat(callF(fused, bits))).isEqualTo(Math.fma(x, x, -1));
            assertThat(Math.fma(x, x, -1)).isNotEqualTo(x * x - 1);
        }
    }

    @ParameterizedTest
    @MethodSource(EVERY_COMPILER)
    void theSameSourceGivesTheSameBytes(CCompiler compiler) throws IOException {
        Path first = kernels(compiler).compile(source(constant(5))).file();
        KernelCompiler elsewhere =
                new KernelCompiler(compiler, CpuFeatures.ofHost(), CacheDirectory.open(home.resolve("elsewhere")));
        assertThat(elsewhere.compile(source(constant(5))).file()).hasSameBinaryContentAs(first);
    }

    @Test
    void twoProcessesThatCompileTheSameKernelsBothGetThem() throws Exception {
        assumeTrue(!TestCompilers.present().isEmpty());
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            processes.add(KernelCompilation.start(home));
        }
        for (Process process : processes) {
            String output =
                    new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isZero();
        }
        assertThat(entries()).hasSize(KernelCompilation.SOURCES);
        assertThat(staging()).isEmpty();
    }

    @Test
    void asFewUnitsAsThereAreCoresAndTheLongestTextsApart() {
        var sources = new java.util.LinkedHashMap<ContentKey, Source>();
        for (int length : new int[] {10, 500, 20, 400, 30}) {
            sources.put(ContentKey.of("k" + length), source("x".repeat(length)));
        }
        assertThat(TranslationUnit.share(sources, 2))
                .satisfiesExactly(
                        unit -> assertThat(unit.sources()).hasSize(1),
                        unit -> assertThat(unit.sources()).hasSize(4));
        assertThat(TranslationUnit.share(sources, 100)).hasSize(5);
        assertThat(TranslationUnit.share(sources, 1)).hasSize(1);
    }

    private KernelCompiler kernels(CCompiler compiler) {
        return new KernelCompiler(compiler, CpuFeatures.ofHost(), CacheDirectory.open(home));
    }

    private static CodeOptions fast() {
        return CodeOptions.fast();
    }

    private static Source source(String text) {
        return new Source("k", text, List.of("f"), fast());
    }

    private static String constant(int value) {
        return "int f(int x) { return x + " + value + "; }\n";
    }

    private static int callF(SharedLibrary library, int argument) {
        return call(library, "f", argument);
    }

    private static int call(SharedLibrary library, String symbol, int argument) {
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle function = Linker.nativeLinker()
                    .downcallHandle(
                            SymbolLookup.libraryLookup(library.file(), arena).findOrThrow(library.exported(symbol)),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            return (int) function.invokeExact(argument);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Path> entries() {
        return list(home.resolve("v1/kernels"), 2).stream()
                .filter(path -> path.getFileName().toString().length() == 64)
                .toList();
    }

    private List<Path> staging() {
        return list(home.resolve("v1/.staging"), 1);
    }

    private static List<Path> list(Path root, int depth) {
        try (Stream<Path> paths = Files.walk(root, depth)) {
            return paths.filter(path -> !path.equals(root)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
