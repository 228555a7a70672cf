package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.runtime.device.emulator.Fault.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
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

    @TempDir
    private static Path home = Path.of("");

    private static final List<SeededFault> SEEDS = List.of(
            new SeededFault("as printed", "$", " ", Set.of(Kind.NONE), ""),
            new SeededFault(
                    "products not waited for",
                    "wgmma_wait_1\\(\\);",
                    "",
                    Set.of(Kind.PENDING_PRODUCT),
                    "which a product of a group of warps still reads"),
            new SeededFault(
                    "the last products not waited for",
                    "wgmma_wait_0\\(\\);",
                    "",
                    Set.of(Kind.PENDING_PRODUCT),
                    "sums of a product of a group of warps that it did not wait for"),
            new SeededFault(
                    "products of no group",
                    "wgmma_commit\\(\\);",
                    "",
                    Set.of(Kind.PENDING_PRODUCT),
                    "which a product of a group of warps still reads"),
            new SeededFault(
                    "sums used too early",
                    "wgmma_commit\\(\\);",
                    "$0 out_acc[5] += 1.0f;",
                    Set.of(Kind.PENDING_PRODUCT),
                    "sums of a product of a group of warps that it did not wait for"),
            new SeededFault(
                    "sums not fenced", "wgmma_fence\\(\\);", "", Set.of(Kind.UNFENCED), "did not fence its sums"),
            new SeededFault(
                    "copies not fenced",
                    "fence_proxy_async\\(\\);",
                    "",
                    Set.of(Kind.UNFENCED),
                    "wrote and did not fence for products"),
            new SeededFault(
                    "copies fenced before they are made",
                    "(cp_async_wait<\\d>\\(\\);)\\s*(fence_proxy_async\\(\\);)",
                    "$2 $1",
                    Set.of(Kind.UNFENCED),
                    "wrote and did not fence for products"),
            new SeededFault(
                    "a barrier missing",
                    "__syncthreads\\(\\);",
                    "",
                    Set.of(Kind.RACE, Kind.PENDING_COPY, Kind.UNINITIALISED, Kind.UNFENCED, Kind.PENDING_PRODUCT),
                    "shared "),
            new SeededFault(
                    "a lane that stays away",
                    "wgmma_m64n128k16_f32_f16_km",
                    "if (threadIdx.x != 77) $0",
                    Set.of(Kind.COLLECTIVE),
                    "waits for its warp"),
            new SeededFault(
                    "lanes that disagree where a tile is",
                    "k_i_o \\* 16,",
                    "k_i_o * 16 + threadIdx.x / 127 * 8,",
                    Set.of(Kind.COLLECTIVE),
                    "waits for its warp"),
            new SeededFault(
                    "a tile that starts with the second row",
                    "k_i_o \\* 16,",
                    "k_i_o * 16 + 64,",
                    Set.of(Kind.MISALIGNED),
                    "1024 bytes"),
            new SeededFault(
                    "pieces not twisted", "\\(\\(thread % 8\\) \\^ [^;]*?\\)\\) \\* 8", "thread % 8 * 8", Set.of(), ""),
            new SeededFault("columns of rows too near", "4096\\);", "2048);", Set.of(), ""),
            new SeededFault(
                    "two registers of the sums swapped",
                    "wgmma_wait_0\\(\\);",
                    "$0 { float first = out_acc[1]; out_acc[1] = out_acc[2]; out_acc[2] = first; }",
                    Set.of(),
                    ""));

    @TestFactory
    Stream<DynamicTest> eachIsFound() {
        return SeededFault.tests(SOURCE, SEEDS, home);
    }

    /** Two groups, each with 64 rows of a block of 128 x 128. */
    private static KernelSource source() {
        return SeededFault.onHopper("MatMul a=128x256 b=256x128", 0);
    }
}
