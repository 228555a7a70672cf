package dev.woodpecker.runtime.device.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.Fault.Kind;
import dev.woodpecker.runtime.kernel.KernelCalls;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * A matrix product of two groups of warps on Hopper, asynchronous from copy to sum: each way of breaking its order is found,
 * and what is wrong with where operands and results lie shows in the result.
 */
class WarpgroupFaultsTest {
    private static final KernelSource SOURCE = source();
    private static final Map<String, HostTensor> INPUTS = KernelCalls.smallIntegers(SOURCE.program(), -3, 4, 5);
    private static final Map<String, HostTensor> EXPECTED = Interpreter.run(SOURCE.program(), INPUTS);
    private static final String TEXT = SOURCE.text();
    private static final int START = TEXT.indexOf("extern \"C\"");

    @TempDir
    private static Path home = Path.of("");

    /** The first place that fits, replaced; with {@code kinds} empty, nothing is found but another result. */
    private record Seed(String name, String pattern, String replacement, Set<Kind> kinds, String message) {
        String text() {
            String broken = TEXT.substring(0, START) + TEXT.substring(START).replaceFirst(pattern, replacement);
            assertThat(broken.equals(TEXT)).as(name).isFalse();
            return broken;
        }
    }

    private static final List<Seed> SEEDS = List.of(
            new Seed("as printed", "$", " ", Set.of(Kind.NONE), ""),
            new Seed(
                    "products not waited for",
                    "wgmma_wait_1\\(\\);",
                    "",
                    Set.of(Kind.PENDING_PRODUCT),
                    "which a product of a group of warps still reads"),
            new Seed(
                    "the last products not waited for",
                    "wgmma_wait_0\\(\\);",
                    "",
                    Set.of(Kind.PENDING_PRODUCT),
                    "sums of a product of a group of warps that it did not wait for"),
            new Seed(
                    "products of no group",
                    "wgmma_commit\\(\\);",
                    "",
                    Set.of(Kind.PENDING_PRODUCT),
                    "which a product of a group of warps still reads"),
            new Seed(
                    "sums used too early",
                    "wgmma_commit\\(\\);",
                    "$0 out_acc[5] += 1.0f;",
                    Set.of(Kind.PENDING_PRODUCT),
                    "sums of a product of a group of warps that it did not wait for"),
            new Seed("sums not fenced", "wgmma_fence\\(\\);", "", Set.of(Kind.UNFENCED), "did not fence its sums"),
            new Seed(
                    "copies not fenced",
                    "fence_proxy_async\\(\\);",
                    "",
                    Set.of(Kind.UNFENCED),
                    "wrote and did not fence for products"),
            new Seed(
                    "copies fenced before they are made",
                    "(cp_async_wait<\\d>\\(\\);)\\s*(fence_proxy_async\\(\\);)",
                    "$2 $1",
                    Set.of(Kind.UNFENCED),
                    "wrote and did not fence for products"),
            new Seed(
                    "a barrier missing",
                    "__syncthreads\\(\\);",
                    "",
                    Set.of(Kind.RACE, Kind.PENDING_COPY, Kind.UNINITIALISED, Kind.UNFENCED, Kind.PENDING_PRODUCT),
                    "shared "),
            new Seed(
                    "a lane that stays away",
                    "wgmma_m64n128k16_f32_f16_km",
                    "if (threadIdx.x != 77) $0",
                    Set.of(Kind.COLLECTIVE),
                    "waits for its warp"),
            new Seed(
                    "lanes that disagree where a tile is",
                    "k_i_o \\* 16,",
                    "k_i_o * 16 + threadIdx.x / 127 * 8,",
                    Set.of(Kind.COLLECTIVE),
                    "waits for its warp"),
            new Seed(
                    "a tile that starts with the second row",
                    "k_i_o \\* 16,",
                    "k_i_o * 16 + 64,",
                    Set.of(Kind.MISALIGNED),
                    "1024 bytes"),
            new Seed(
                    "pieces not twisted", "\\(\\(thread % 8\\) \\^ [^;]*?\\)\\) \\* 8", "thread % 8 * 8", Set.of(), ""),
            new Seed("columns of rows too near", "4096\\);", "2048);", Set.of(), ""),
            new Seed(
                    "two registers of the sums swapped",
                    "wgmma_wait_0\\(\\);",
                    "$0 { float first = out_acc[1]; out_acc[1] = out_acc[2]; out_acc[2] = first; }",
                    Set.of(),
                    ""));

    @TestFactory
    Stream<DynamicTest> eachIsFound() {
        Emulator emulator = new Emulator(
                TestCompilers.present().getFirst().getPayload(), CpuFeatures.ofHost(), CacheDirectory.open(home));
        List<EmulatedKernel> kernels = emulator.load(SEEDS.stream()
                .map(seed -> new CudaText(SOURCE.lowered(), seed.text()))
                .toList());
        return IntStream.range(0, SEEDS.size())
                .mapToObj(i -> dynamicTest(SEEDS.get(i).name(), () -> check(SEEDS.get(i), kernels.get(i))));
    }

    private static void check(Seed seed, EmulatedKernel kernel) {
        for (long order : new long[] {EmulatedKernel.RISING, EmulatedKernel.FALLING, 7}) {
            Emulation ended = kernel.run(INPUTS, order, 10);
            if (ended instanceof Emulation.Faulted(Fault fault)) {
                assertThat(fault.kind()).as(fault.message()).isIn(seed.kinds());
                assertThat(fault.message()).contains(seed.message(), "remedy: ");
                assertThat(fault.message()).containsPattern("line \\d+ of the text, from MatrixProduct.java:\\d+: \\S");
            } else {
                boolean isRight = ((Emulation.Finished) ended).outputs().equals(EXPECTED);
                assertThat(isRight).isEqualTo(seed.kinds().contains(Kind.NONE));
                assertThat(seed.kinds()).isSubsetOf(Kind.NONE);
            }
        }
    }

    /** Two groups, each with 64 rows of a block of 128 x 128. */
    private static KernelSource source() {
        TensorProgram program = KernelCalls.program("MatMul a=128x256 b=256x128", "product", DType.F16);
        Target target = Target.parse("cuda:sm_90a");
        Map<String, Long> wanted =
                Map.of("warpgroup", 1L, "split", 1L, "block.rows", 128L, "block.columns", 128L, "stages", 3L);
        SpacePoint point = new ScheduleSpace(program, target, Numerics.FP16, Map.of(), Set.of())
                .point(p -> wanted.getOrDefault(p.name().substring(p.name().indexOf('.') + 1), p.preferred()));
        return KernelSource.of(program, ((SpacePoint.Scheduled) point).trace(), target, Numerics.FP16);
    }
}
