package dev.woodpecker.runtime.device.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.Fault.Kind;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.toolchain.CCompiler;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A matrix product on tensor cores, two warps and a pipeline of three stages: its text as printed computes the
 * reference, and each way of breaking it is found, with the line and what is wrong there.
 */
class SeededFaultsTest {
    private static final String BARRIER = "__syncthreads\\(\\);";

    @TempDir
    private static Path home = Path.of("");

    /**
     * The text with one thing wrong.
     *
     * @param after what the text becomes; the same as before where the seed does not fit it any more
     * @param message part of the message
     */
    private record Seed(String name, String after, Set<Kind> kinds, String message) {
        Seed(String name, String after, Kind kind, String message) {
            this(name, after, Set.of(kind), message);
        }
    }

    /** What a missing barrier shows as depends on who of the two is first. */
    private static final Set<Kind> UNORDERED = Set.of(Kind.RACE, Kind.PENDING_COPY, Kind.UNINITIALISED);

    private static final KernelSource SOURCE = source();
    private static final String TEXT = SOURCE.text();
    private static final int START = TEXT.indexOf("extern \"C\"");
    private static final Map<String, HostTensor> INPUTS = inputs();

    private static List<Seed> seeds() {
        List<Seed> seeds = new ArrayList<>();
        for (int i = 0; i < count(BARRIER); i++) {
            seeds.add(new Seed("without barrier " + i, without(BARRIER, i), UNORDERED, "_cache["));
        }
        for (int i = 0; i < count("cp_async_wait<\\d>();"); i++) {
            seeds.add(new Seed(
                    "without wait " + i, without("cp_async_wait<\\d>();", i), Kind.PENDING_COPY, "did not wait yet"));
        }
        seeds.add(new Seed(
                "a wait for one group less",
                with("cp_async_wait<1>", "cp_async_wait<2>"),
                Kind.PENDING_COPY,
                "shared"));
        seeds.add(new Seed("one row too many", with("< 45\\);", "< 46);"), Kind.OUT_OF_BOUNDS, "a has 4680 elements"));
        seeds.add(new Seed(
                "a tile too small", with("a_cache\\[1536", "a_cache[1528"), Kind.OUT_OF_BOUNDS, "a_cache[1528]"));
        seeds.add(new Seed(
                "a tile not loaded", with("if \\(\\w+ < 1\\)", "if (0)"), Kind.UNINITIALISED, "shared b_cache["));
        seeds.add(new Seed("one element further", with(" \\* 8,", " * 8 + 1,"), Kind.MISALIGNED, "16 bytes at once"));
        seeds.add(new Seed(
                "an input stored to", with("\\bout\\[", "((unsigned short *)a)["), Kind.READ_ONLY, "global a["));
        seeds.add(new Seed(
                "too short a register array",
                with("out_acc\\[[^]]*] = 0", "out_acc[threadIdx.x] = 0"),
                Kind.INDEX,
                "index "));
        seeds.add(new Seed(
                "a warp that leaves",
                with("float out_acc\\[8];", "if (threadIdx.y == 1) return; $0"),
                Kind.BARRIER_EXIT,
                "has left the kernel"));
        seeds.add(new Seed(
                "a barrier for each warp",
                with(BARRIER, "if (threadIdx.y == 0)\n$0\nelse\n$0"),
                Kind.BARRIER_LINES,
                "waits at another"));
        seeds.add(new Seed(
                "a lane that stays away",
                with("mma_m16n8k16_f32_f16", "if (threadIdx.x != 3) $0"),
                Kind.COLLECTIVE,
                "waits for its warp"));
        seeds.add(new Seed(
                "a result of another block",
                lastBrace("if (blockIdx.x == 1) out[0] += 1;"),
                Set.of(Kind.BLOCK_RACE, Kind.UNINITIALISED),
                "global out[0]"));
        return seeds;
    }

    @TestFactory
    Stream<DynamicTest> eachIsFound() {
        return TestCompilers.present().stream().flatMap(compiler -> {
            List<Seed> seeds = seeds();
            Emulator emulator = emulator(compiler.getPayload());
            List<EmulatedKernel> kernels = emulator.load(seeds.stream()
                    .map(seed -> new CudaText(SOURCE.lowered(), seed.after()))
                    .toList());
            return Stream.iterate(0, i -> i < seeds.size(), i -> i + 1)
                    .map(i -> dynamicTest(
                            seeds.get(i).name() + ", " + compiler.getName(),
                            () -> requireFound(seeds.get(i), kernels.get(i))));
        });
    }

    private static void requireFound(Seed seed, EmulatedKernel kernel) {
        assertThat(seed.after()).isNotEqualTo(TEXT);
        for (long order : new long[] {EmulatedKernel.RISING, EmulatedKernel.FALLING, 7}) {
            Emulation ended = kernel.run(INPUTS, order, 1);
            assertThat(ended).isInstanceOfSatisfying(Emulation.Faulted.class, faulted -> {
                Fault fault = faulted.fault();
                assertThat(fault.message()).contains("in gemm", seed.message(), "remedy: ");
                assertThat(fault.kind()).as(fault.message()).isIn(seed.kinds());
                assertThat(fault.message()).containsPattern("line \\d+ of the text, from MatrixProduct.java:\\d+: \\S");
            });
        }
    }

    @ParameterizedTest
    @MethodSource("compilers")
    void whatDoesNotEndIsStopped(CCompiler compiler) {
        List<String> endless = List.of("for (;;) __syncthreads();", "for (volatile int i = 0; i < 1; i = 0) {}");
        try (Emulator emulator = emulator(compiler)) {
            List<EmulatedKernel> kernels = emulator.load(endless.stream()
                    .map(loop -> new CudaText(SOURCE.lowered(), lastBrace(loop)))
                    .toList());
            for (EmulatedKernel kernel : kernels) {
                assertThat(kernel.run(INPUTS, EmulatedKernel.RISING, 1))
                        .isInstanceOfSatisfying(
                                Emulation.Faulted.class,
                                faulted -> assertThat(faulted.fault().message())
                                        .contains("not finished within the time limit in gemm", "look for a loop"));
            }
        }
    }

    static List<Named<CCompiler>> compilers() {
        return TestCompilers.present();
    }

    @ParameterizedTest
    @MethodSource("compilers")
    void asPrintedItComputesTheReferenceInAnyOrderOfThreads(CCompiler compiler) {
        try (Emulator emulator = emulator(compiler)) {
            EmulatedKernel kernel = emulator.load(CudaText.of(SOURCE));
            for (long order : new long[] {EmulatedKernel.RISING, EmulatedKernel.FALLING, 2, 3}) {
                assertThat(kernel.run(INPUTS, order, 60)).isInstanceOfSatisfying(Emulation.Finished.class, finished -> {
                    assertThat(finished.outputs()).isEqualTo(Interpreter.run(SOURCE.program(), INPUTS));
                    assertThat(finished.counts().blocks()).isEqualTo(4);
                    assertThat(finished.counts().barriers()).isEqualTo(4 * 7);
                    assertThat(finished.counts().copiedBytes()).isPositive();
                });
            }
        }
    }

    /** Registers are each lane's own: nothing is wrong with such an access but the result. */
    @ParameterizedTest
    @MethodSource("compilers")
    void aSwappedFragmentRegisterGivesAWrongResult(CCompiler compiler) {
        String swapped = with(
                "ldmatrix_x4\\(a_cache_fragment, [^;]*;",
                "$0 { unsigned first = a_cache_fragment[1]; a_cache_fragment[1] = a_cache_fragment[2];"
                        + " a_cache_fragment[2] = first; }");
        try (Emulator emulator = emulator(compiler)) {
            Emulation ended =
                    emulator.load(new CudaText(SOURCE.lowered(), swapped)).run(INPUTS);
            assertThat(ended)
                    .isInstanceOfSatisfying(
                            Emulation.Finished.class,
                            finished -> assertThat(finished.outputs())
                                    .isNotEqualTo(Interpreter.run(SOURCE.program(), INPUTS)));
        }
    }

    @ParameterizedTest
    @MethodSource("compilers")
    void aFrameBeyondTheStackIsRefusedByTheCompiler(CCompiler compiler) {
        String deep = with("float out_acc\\[8];", "volatile float deep[20000]; deep[threadIdx.x] = 1; $0");
        try (Emulator emulator = emulator(compiler)) {
            CudaText text = new CudaText(SOURCE.lowered(), deep);
            assertThatThrownBy(() -> emulator.load(text))
                    .isInstanceOf(CompilationException.class)
                    .hasMessageContaining("cannot compile gemm")
                    .hasMessageContaining("frame");
        }
    }

    @Test
    void onlyCudaIsEmulated() {
        KernelSource host = KernelSource.of(SOURCE.program(), Target.parse("cpu:x86-64-v3"), Numerics.FP32);
        assertThatThrownBy(() -> CudaText.of(host))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("was made for cpu:x86-64-v3")
                .hasMessageContaining("cuda:sm_80");
    }

    private static Emulator emulator(CCompiler compiler) {
        return new Emulator(compiler, CpuFeatures.ofHost(), CacheDirectory.open(home));
    }

    // ---- Ways to break a text

    private static int count(String pattern) {
        return (int) kernel(pattern).results().count();
    }

    /** Finds a pattern in what follows the prelude. */
    private static Matcher kernel(String pattern) {
        return Pattern.compile(pattern).matcher(TEXT.substring(START));
    }

    private static String without(String pattern, int number) {
        Matcher matcher = kernel(pattern);
        for (int i = 0; i <= number; i++) {
            assertThat(matcher.find()).isTrue();
        }
        return TEXT.substring(0, START + matcher.start()) + TEXT.substring(START + matcher.end());
    }

    /** The first place that fits, replaced; {@code $0} is what was there. */
    private static String with(String pattern, String replacement) {
        return TEXT.substring(0, START) + kernel(pattern).replaceFirst(replacement);
    }

    private static String lastBrace(String before) {
        int at = TEXT.lastIndexOf('}');
        return TEXT.substring(0, at) + before + "\n" + TEXT.substring(at);
    }

    // ---- The kernel

    private static KernelSource source() {
        KernelSpec gemm = KernelLibrary.ofClassPath().kernels("Gemm").getFirst().spec();
        Binding binding = Binding.of("gemm")
                .tensor("a", DType.F16, 45, 104)
                .tensor("b", DType.F16, 27, 104)
                .tensor("c", DType.F16, 27)
                .real("alpha", 0.5)
                .real("beta", 2)
                .integer("transA", 0)
                .integer("transB", 1);
        return KernelSource.of(
                Specializer.specialize(gemm, binding),
                TraceJson.parse(resource("../cuda/gemm_two_warps.json")),
                Target.parse("cuda:sm_80"),
                Numerics.FP16);
    }

    private static Map<String, HostTensor> inputs() {
        Random random = new Random(3);
        return Map.of("a", small(random, 45, 104), "b", small(random, 27, 104), "c", small(random, 27));
    }

    /** Small whole numbers, so that sums are exact in any order. */
    private static HostTensor small(Random random, int... shape) {
        long[] extents = Arrays.stream(shape).asLongStream().toArray();
        double[] values = random.ints(HostTensor.zeros(DType.F16, extents).elements(), -4, 5)
                .asDoubleStream()
                .toArray();
        return HostTensor.ofReals(DType.F16, values, extents);
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(SeededFaultsTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
