package dev.woodpecker.runtime.device.emulator;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is wrong with a kernel: found while it was executed, before anything came of it.
 *
 * @param symbol the CUDA kernel that was running
 * @param block its indices
 * @param thread its indices
 * @param what who did what to which element, in words
 * @param place where it happened
 * @param otherPlace where the other access or barrier is, if there are two
 */
public record Fault(
        Kind kind,
        String symbol,
        List<Long> block,
        List<Long> thread,
        String what,
        Optional<Place> place,
        Optional<Place> otherPlace) {
    /** Named as in emulator.cc, whose order this is. */
    public enum Kind {
        NONE("", ""),
        OUT_OF_BOUNDS("access out of bounds", "compare the index with the extents, and guard the tail of the tile"),
        MISALIGNED(
                "misaligned access",
                "use a narrower access, or pad rows so that each starts at a multiple of its bytes"),
        READ_ONLY("write to what is read-only", "write to an output or a workspace"),
        UNINITIALISED(
                "read of what was never written",
                "write the element first; what the block shares is not kept from one block to the next"),
        RACE("race", "put a barrier between the two, or let one thread make both"),
        PENDING_COPY(
                "access to the target of an asynchronous copy on its way",
                "wait for the copy's group (cp_async_wait) and then for the block (__syncthreads)"),
        BARRIER_EXIT(
                "divergent barrier", "let all threads of a block reach each barrier: guard the work, not the barrier"),
        BARRIER_LINES("divergent barrier", "let all threads of a block take the same branch around a barrier"),
        COLLECTIVE(
                "divergent instruction of a warp",
                "let all 32 lanes reach the same instruction: guard what they do with it instead"),
        PARTIAL_WARP(
                "instruction of a warp that is not whole",
                "launch blocks of a multiple of 32 threads, or of 128 for products of groups of warps"),
        STACK("stack overflow", "keep local arrays under 32 kB a thread"),
        STOPPED("not finished within the time limit", "look for a loop without an end, or allow more time"),
        COPIES("too many asynchronous copies or products on their way", "commit and wait more often"),
        INDEX("index out of bounds", "compare the index with the extent of the array"),
        COPY_PLACE(
                "wrong memory", "copy asynchronously from global to shared memory, load matrices from shared memory"),
        BLOCK_RACE("race between blocks", "let blocks write apart, and read in a later phase what others wrote"),
        PENDING_PRODUCT(
                "access to what a product on its way uses",
                "end its group (wgmma_commit) and wait for it (wgmma_wait_0) before its sums are used, its operands"
                        + " overwritten"),
        UNFENCED(
                "product without a fence",
                "wgmma_fence before the first product after sums were used; fence_proxy_async after shared memory was"
                        + " written, and a barrier"),
        RING_DEADLOCK(
                "deadlock at a barrier of a ring",
                "let as many threads arrive in each phase as its mbarrier_init says, expect the bytes that are copied,"
                        + " and wait for the parity of the phase"),
        RING_MISUSE(
                "wrong use of a barrier of a ring",
                "initialise it once, then fence_proxy_async and a barrier of the block; let no more arrive than it was"
                        + " initialised for");

        private final String title;
        private final String remedy;

        Kind(String title, String remedy) {
            this.title = title;
            this.remedy = remedy;
        }

        public String title() {
            return title;
        }

        /** What to do about it. */
        public String remedy() {
            return remedy;
        }
    }

    /**
     * A line of the emitted text.
     *
     * @param java file and line of the Java method that it was made from, as far as the text says
     */
    public record Place(int line, String text, Optional<String> java) {
        @Override
        public String toString() {
            return "line " + line + " of the text"
                    + java.map(origin -> ", from " + origin).orElse("") + ": " + text.strip();
        }
    }

    /** All of it, for people. */
    public String message() {
        StringBuilder message = new StringBuilder(kind.title())
                .append(" in ")
                .append(symbol)
                .append(": ")
                .append(what)
                .append("; thread ")
                .append(indices(thread))
                .append(" of block ")
                .append(indices(block));
        place.ifPresent(p -> message.append("\n  at ").append(p));
        otherPlace.ifPresent(p -> message.append("\n  and ").append(p));
        return message.append("\n  remedy: ").append(kind.remedy()).toString();
    }

    private static String indices(List<Long> indices) {
        return indices.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
    }
}
