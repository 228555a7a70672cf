package dev.woodpecker.compiler.interp;

import java.util.HashMap;
import java.util.Map;

/**
 * Who accesses memory. On a GPU a thread of a block; on a CPU each iteration of the parallel loop counts as a block of one
 * thread.
 *
 * @param thread its number in the block, x fastest
 * @param directions the directions in which it is one thread, a bit each; in others it stands for all
 */
record Worker(Block block, int thread, int directions) {
    Worker(Block block) {
        this(block, 0, 0);
    }

    /** The threads that share memory and barriers. */
    static final class Block {
        final int number;
        /** How many barriers the block has passed. */
        int epoch;
        /** By the memory that they lie in and their number there. */
        final Map<Memory, Map<Long, RingBarrier>> rings = new HashMap<>();
        /** What parts of the block that wait for each other do, while they do. */
        Roles roles = new Roles();

        Block(int number) {
            this.number = number;
        }
    }

    @Override
    public String toString() {
        return "thread " + thread + " of block " + block.number;
    }
}
