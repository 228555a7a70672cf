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
 * A matrix product on Hopper whose operands one group of warps copies, box by box, to a ring of buffers, while two multiply:
 * each way of breaking what they tell each other is found.
 */
class RingFaultsTest {
    private static final KernelSource SOURCE = SeededFault.onHopper("MatMul a=128x512 b=512x128", 1);

    private static final Set<Kind> NOT_THERE = Set.of(Kind.UNINITIALISED, Kind.PENDING_COPY);
    private static final Set<Kind> IN_USE =
            Set.of(Kind.RACE, Kind.PENDING_COPY, Kind.PENDING_PRODUCT, Kind.RING_MISUSE);
    private static final Set<Kind> OUT_OF_STEP =
            Set.of(Kind.RACE, Kind.PENDING_COPY, Kind.PENDING_PRODUCT, Kind.RING_MISUSE, Kind.RING_DEADLOCK);
    private static final Set<Kind> FOR_EVER = Set.of(Kind.RING_DEADLOCK);

    @TempDir
    private static Path home = Path.of("");

    private static final List<SeededFault> SEEDS = List.of(
            new SeededFault("as printed", "$", " ", Set.of(Kind.NONE), ""),
            new SeededFault(
                    "the first buffer not waited for",
                    "while \\(!mbarrier_try_wait\\(k_o_full, 0\\)\\) \\{\\}",
                    "",
                    NOT_THERE,
                    "shared "),
            new SeededFault(
                    "later buffers not waited for",
                    "while \\(!mbarrier_try_wait\\(k_o_full \\+ [^{]*\\{\\}",
                    "",
                    NOT_THERE,
                    "shared "),
            new SeededFault(
                    "buffers filled before they are empty",
                    "while \\(!mbarrier_try_wait\\(k_o_empty [^{]*\\{\\}",
                    "",
                    IN_USE,
                    "shared "),
            new SeededFault(
                    "the other parity of a full buffer",
                    "k_o_now / 3 % 2",
                    "(k_o_now / 3 + 1) % 2",
                    NOT_THERE,
                    "shared "),
            new SeededFault(
                    "the other parity of an empty buffer",
                    "\\(k_o / 3 \\+ 1\\) % 2",
                    "k_o / 3 % 2",
                    FOR_EVER,
                    "waits for ever for a phase of parity"),
            new SeededFault(
                    "buffers never given back",
                    "mbarrier_arrive\\([^;]*;",
                    "",
                    FOR_EVER,
                    "waits for ever for a phase of parity"),
            new SeededFault(
                    "buffers given back by one warp of a group",
                    "thread % 32 < 1",
                    "thread % 128 < 1",
                    FOR_EVER,
                    "waits for ever for a phase of parity"),
            new SeededFault(
                    "buffers given back by each thread", "thread % 32 < 1", "thread < 128", OUT_OF_STEP, "shared "),
            new SeededFault(
                    "buffers given back before products are done",
                    "wgmma_wait_1\\(\\);",
                    "",
                    Set.of(Kind.PENDING_PRODUCT, Kind.RACE),
                    "shared "),
            new SeededFault("fewer bytes expected", "32768", "16384", NOT_THERE, "shared "),
            new SeededFault("more bytes expected", "32768", "32784", FOR_EVER, "which misses 0 arrivals and 16 bytes"),
            new SeededFault(
                    "a copy that arrives elsewhere",
                    "block_y \\* 128, k_o_full",
                    "block_y * 128, k_o_empty",
                    Set.of(Kind.RING_DEADLOCK, Kind.PENDING_COPY),
                    "shared "),
            new SeededFault(
                    "barriers not initialised",
                    "mbarrier_init\\(k_o_empty[^;]*;",
                    "",
                    Set.of(Kind.RING_MISUSE),
                    "which was not initialised"),
            new SeededFault(
                    "barriers used before all know of them",
                    "__syncthreads\\(\\);",
                    "",
                    Set.of(Kind.RING_MISUSE),
                    "the barrier shared "),
            new SeededFault(
                    "barriers of which copies do not know",
                    "fence_proxy_async\\(\\);",
                    "",
                    Set.of(Kind.RING_MISUSE),
                    "no fence for copies"),
            new SeededFault(
                    "a box to the next buffer",
                    "a_tile \\+ k_o % 3",
                    "a_tile + (k_o + 1) % 3",
                    Set.of(Kind.UNINITIALISED, Kind.PENDING_COPY, Kind.RACE),
                    "shared "),
            new SeededFault(
                    "a box to the second row",
                    "a_tile \\+ k_o % 3",
                    "a_tile + 64 + k_o % 3",
                    Set.of(Kind.MISALIGNED),
                    ""),
            new SeededFault(
                    "a box of another place", "k_o \\* 64, block_y \\* 128", "block_y * 128, k_o * 64", Set.of(), ""));

    @TestFactory
    Stream<DynamicTest> eachIsFound() {
        return SeededFault.tests(SOURCE, SEEDS, home);
    }
}
