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
 * A matrix product on Hopper of which three blocks have four tiles, each five stretches of the reduction that go through
 * three buffers: who comes back for another tile goes on with the buffers and phases where the last one ended.
 */
class PersistentFaultsTest {
    private static final KernelSource SOURCE = SeededFault.persistent("MatMul a=256x320 b=320x256", 3);

    private static final Set<Kind> NOT_THERE = Set.of(Kind.UNINITIALISED, Kind.PENDING_COPY, Kind.RACE);
    private static final Set<Kind> OUT_OF_STEP =
            Set.of(Kind.RACE, Kind.PENDING_COPY, Kind.PENDING_PRODUCT, Kind.RING_MISUSE, Kind.RING_DEADLOCK);

    @TempDir
    private static Path home = Path.of("");

    private static final List<SeededFault> SEEDS = List.of(
            new SeededFault("as printed", "$", " ", Set.of(Kind.NONE), ""),
            new SeededFault(
                    "the phase of a tile's first buffer not carried over",
                    "turn \\* 5 / 3\\)\\)",
                    "0))",
                    NOT_THERE,
                    ""),
            new SeededFault(
                    "the phase of a full buffer not carried over",
                    "\\(turn \\* 5 \\+ k_o_now\\) / 3 % 2",
                    "k_o_now / 3 % 2",
                    OUT_OF_STEP,
                    "shared "),
            new SeededFault(
                    "the phase of an empty buffer not carried over",
                    "\\(\\(turn \\* 5 \\+ k_o\\) / 3 \\+ 1\\) % 2",
                    "(k_o / 3 + 1) % 2",
                    OUT_OF_STEP,
                    "shared "),
            new SeededFault(
                    "boxes to the buffers of the first tile",
                    "a_tile \\+ \\(turn \\* 5 \\+ k_o\\) % 3",
                    "a_tile + k_o % 3",
                    OUT_OF_STEP,
                    "shared "),
            new SeededFault(
                    "a tile's last buffer not given back",
                    "mbarrier_arrive\\(k_o_empty \\+ \\(turn \\* 5 \\+ 1\\) % 3\\);",
                    "",
                    Set.of(Kind.RING_DEADLOCK),
                    "waits for ever for a phase of parity"),
            new SeededFault(
                    "who copies ends after the first tile",
                    "(?s)(turn < )\\(3 - block\\) / 3 \\+ 1(; turn\\+\\+\\) \\{\\s+for \\(int k_o)",
                    "$11$2",
                    Set.of(Kind.RING_DEADLOCK),
                    "waits for ever for a phase of parity"),
            new SeededFault(
                    "the next tile's results stored in this one's place",
                    "\\(turn \\* 3 \\+ block\\) / 2 \\* 32768",
                    "block / 2 * 32768",
                    Set.of(),
                    ""));

    @TestFactory
    Stream<DynamicTest> eachIsFound() {
        return SeededFault.tests(SOURCE, SEEDS, home);
    }
}
