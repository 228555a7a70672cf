package dev.woodpecker.compiler.interp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What one thread sees: its variables, the memories in scope, and its asynchronous copies under way. */
final class Frame {
    final long[] integers;
    final double[] reals;
    final Memory[] memories;
    final Worker worker;
    /** Copies since the last commit, and the committed groups that are not waited for, oldest first. */
    List<Runnable> open = new ArrayList<>();

    final Deque<List<Runnable>> committed = new ArrayDeque<>();

    Frame(Slots slots, Worker worker) {
        this(new long[slots.variables()], new double[slots.variables()], new Memory[slots.memories()], worker);
    }

    private Frame(long[] integers, double[] reals, Memory[] memories, Worker worker) {
        this.integers = integers;
        this.reals = reals;
        this.memories = memories;
        this.worker = worker;
    }

    /** A copy for another thread. */
    Frame fork(Worker other) {
        return new Frame(integers.clone(), reals.clone(), memories.clone(), other);
    }
}
