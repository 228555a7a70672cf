package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.lower.LoweredKernel.Phase;
import dev.woodpecker.runtime.device.emulator.Fault.Kind;
import dev.woodpecker.runtime.device.emulator.Fault.Place;
import dev.woodpecker.runtime.device.emulator.LaunchRecord.Field;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What the emulator noted about a fault, in words and lines. */
record FaultReport(
        LaunchRecord launch, Phase phase, CudaText text, int number, EmulatedLibrary library, List<Region> regions) {
    /** In the order of emulator.cc. */
    private enum State {
        RUNNABLE,
        AT_BARRIER,
        AT_COLLECTIVE,
        DONE,
        AT_RING
    }

    Fault fault() {
        Kind kind = Kind.values()[(int) launch.get(Field.FAULT)];
        return new Fault(
                kind,
                phase.symbol(),
                List.of(
                        launch.get(Field.FAULT_BLOCK_X),
                        launch.get(Field.FAULT_BLOCK_Y),
                        launch.get(Field.FAULT_BLOCK_Z)),
                thread(launch.get(Field.THREAD)),
                what(kind),
                place(Field.LINE, Field.SITE),
                place(Field.OTHER_LINE, Field.OTHER_SITE));
    }

    private Optional<Place> place(Field line, Field site) {
        if (launch.get(line) > 0) {
            return Optional.of(EmulatedLibrary.place((int) launch.get(line), text.text()));
        }
        return launch.get(site) == 0 ? Optional.empty() : library.place(launch.get(site), number, text.text());
    }

    private List<Long> thread(long linear) {
        long x = phase.launch().block().get(0);
        long y = phase.launch().block().get(1);
        return List.of(linear % x, linear / x % y, linear / x / y);
    }

    private String other() {
        long other = launch.get(Field.OTHER_THREAD);
        return other < 0 ? "a thread" : "thread " + thread(other);
    }

    private String what(Kind kind) {
        boolean isWrite = launch.get(Field.IS_WRITE) != 0;
        String accesses = (isWrite ? "writes " : "reads ") + launch.get(Field.BYTES) + " bytes at " + target();
        return switch (kind) {
            case NONE -> "nothing";
            case OUT_OF_BOUNDS -> accesses + outside();
            case MISALIGNED ->
                "accesses " + launch.get(Field.BYTES) + " bytes at once at " + target()
                        + ", which is no multiple of as many";
            case READ_ONLY -> accesses + ", an input";
            case UNINITIALISED -> accesses + ", which nothing wrote before";
            case RACE ->
                accesses + ", which " + other() + (isWrite ? " accessed" : " wrote") + " with no barrier between";
            case BLOCK_RACE -> accesses + ", which a thread of another block accessed in the same launch";
            case PENDING_COPY -> accesses + ", to which " + other() + " copies asynchronously and did not wait yet";
            case BARRIER_EXIT -> "waits at a barrier, but " + other() + " has left the kernel";
            case BARRIER_LINES -> "waits at a barrier, but " + other() + " waits at another";
            case COLLECTIVE -> "waits for its warp, but " + other() + " " + elsewhere();
            case PARTIAL_WARP ->
                "meets an instruction of a whole warp, but the block has "
                        + phase.launch().block().stream().reduce(1, Math::multiplyExact) + " threads";
            case STACK -> "needs more stack than the emulator has";
            case STOPPED -> "still runs";
            case COPIES -> "starts a copy or a product while too many are on their way";
            case PENDING_PRODUCT ->
                switch ((int) launch.get(Field.DETAIL)) {
                    case 0 -> accesses + ", which a product of a group of warps still reads";
                    case 1 ->
                        (isWrite ? "writes" : "reads") + " sums of a product of a group of warps that it did not wait"
                                + " for";
                    default -> "leaves the kernel before a product of its group of warps is done";
                };
            case UNFENCED ->
                launch.get(Field.DETAIL) == 0
                        ? "starts a product, but a thread of its group of warps did not fence its sums"
                        : "multiplies " + target() + ", which " + other() + " wrote and did not fence for products";
            case INDEX -> "uses index " + launch.get(Field.DETAIL) + " of an array that is shorter";
            case RING_DEADLOCK ->
                "waits for ever for a phase of parity " + launch.get(Field.IS_WRITE) + " of " + target()
                        + ", which misses " + launch.get(Field.DETAIL) + " arrivals and " + launch.get(Field.BYTES)
                        + " bytes";
            case RING_MISUSE -> misuse();
            case COPY_PLACE -> (isWrite ? "copies to " : "copies or loads from ") + target() + " in other memory";
        };
    }

    private String misuse() {
        return switch ((int) launch.get(Field.DETAIL)) {
            case 0 -> "uses the barrier " + target() + ", which was not initialised";
            case 1 -> "initialises the barrier " + target() + " again";
            case 2 ->
                "uses the barrier " + target() + ", which another initialised with no barrier of the block, or no"
                        + " fence for copies, after that";
            case 3 -> "arrives at the barrier " + target() + ", at whose phase all have arrived";
            default ->
                "copies to " + target() + " a box of other axes than the instruction, or of rows other than 128 bytes";
        };
    }

    private String elsewhere() {
        return switch (State.values()[(int) launch.get(Field.DETAIL)]) {
            case RUNNABLE -> "is at another instruction";
            case AT_BARRIER -> "waits at a barrier";
            case AT_COLLECTIVE -> "is at another instruction of the warp";
            case DONE -> "has left the kernel";
            case AT_RING -> "waits at a barrier of a ring";
        };
    }

    private Optional<Region> nearest() {
        long address = launch.get(Field.ADDRESS);
        return regions.stream().min(Comparator.comparingLong(r -> r.distance(address)));
    }

    private String target() {
        long address = launch.get(Field.ADDRESS);
        return nearest()
                .filter(r -> r.distance(address) < 1L << 24)
                .map(r -> r.kind().text() + " " + r.element(address))
                .orElse("an address far from all buffers");
    }

    private String outside() {
        long address = launch.get(Field.ADDRESS);
        return nearest()
                .filter(r -> r.distance(address) < 1L << 24)
                .map(r -> "; " + r.name() + " has " + r.elements() + " elements")
                .orElse("");
    }
}
