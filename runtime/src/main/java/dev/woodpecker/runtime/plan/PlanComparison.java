package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.cpu.Cancellation;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Times each invocation of two plans of the same graph in place: both run whole, in the same memory, by turns. So each
 * kernel finds its inputs where the one before left them, and its weights as cold as they are in the model.
 */
final class PlanComparison {
    /** Whole runs of each plan that are timed, after one that is not. */
    private static final int FEWEST_ROUNDS = 5;

    private static final int MOST_ROUNDS = 15;
    private static final long BUDGET_NANOSECONDS = 3_000_000_000L;
    private static final long SEED = 20_250_101;

    private final ExecutablePlan first;
    private final ExecutablePlan second;
    private final WorkerPool pool;

    private PlanComparison(ExecutablePlan first, ExecutablePlan second, WorkerPool pool) {
        this.first = first;
        this.second = second;
        this.pool = pool;
    }

    /** Medians of an invocation's times in both plans, in seconds. */
    record Times(double first, double second) {}

    /**
     * The times of all invocations, in order.
     *
     * @throws dev.woodpecker.runtime.OperatorException if a kernel refuses numbers that were made up
     */
    static List<Times> of(ExecutablePlan first, ExecutablePlan second, WorkerPool pool) {
        return new PlanComparison(first, second, pool).times();
    }

    private List<Times> times() {
        int count = first.invocations().size();
        long[][] ofFirst = new long[MOST_ROUNDS][count];
        long[][] ofSecond = new long[MOST_ROUNDS][count];
        int rounds = 0;
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = PlanRun.allocate(arena, first);
            PlanRun one = new PlanRun(first, pool, arena, memory);
            PlanRun other = new PlanRun(second, pool, arena, memory);
            List<NdArray> inputs = arrays(first.inputs());
            List<NdArray> outputs = arrays(first.outputs());
            run(one, inputs, outputs, new long[count]);
            run(other, inputs, outputs, new long[count]);
            long start = System.nanoTime();
            while (rounds < MOST_ROUNDS && (rounds < FEWEST_ROUNDS || System.nanoTime() - start < BUDGET_NANOSECONDS)) {
                // A B, B A, A B: neither always comes after the other.
                boolean turned = rounds % 2 == 1;
                run(turned ? other : one, inputs, outputs, turned ? ofSecond[rounds] : ofFirst[rounds]);
                run(turned ? one : other, inputs, outputs, turned ? ofFirst[rounds] : ofSecond[rounds]);
                rounds++;
            }
        }
        List<Times> times = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            times.add(new Times(median(ofFirst, rounds, i), median(ofSecond, rounds, i)));
        }
        return times;
    }

    private static void run(PlanRun run, List<NdArray> inputs, List<NdArray> outputs, long[] nanoseconds) {
        int[] next = {0};
        run.run(
                inputs,
                outputs,
                Optional.of((PlanRun.Observer) (what, start, took) -> nanoseconds[next[0]++] = took),
                Cancellation.NEVER);
    }

    private static double median(long[][] nanoseconds, int rounds, int invocation) {
        long[] sorted = new long[rounds];
        for (int i = 0; i < rounds; i++) {
            sorted[i] = nanoseconds[i][invocation];
        }
        Arrays.sort(sorted);
        return sorted[rounds / 2] * 1e-9;
    }

    /** Floats around 0; of other types zeros, which index every tensor. */
    private static List<NdArray> arrays(List<ExecutablePlan.Value> values) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<NdArray> arrays = new ArrayList<>();
        for (ExecutablePlan.Value value : values) {
            NdArray array = NdArray.allocate(
                    value.type().element(), value.type().shape().extents());
            if (value.type().element() == dev.woodpecker.compiler.ir.DType.F32) {
                MemorySegment memory = array.memory();
                for (long at = 0; at < memory.byteSize(); at += Float.BYTES) {
                    memory.set(ValueLayout.JAVA_FLOAT, at, (float) random.nextDouble(-1, 1));
                }
            }
            arrays.add(array);
        }
        return arrays;
    }
}
