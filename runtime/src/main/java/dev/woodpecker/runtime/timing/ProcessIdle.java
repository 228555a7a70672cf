package dev.woodpecker.runtime.timing;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for threads that spin after their work, as those of some libraries do for tens of milliseconds. */
final class ProcessIdle {
    private static final long WINDOW_NANOSECONDS = 5_000_000;
    private static final double IDLE_SHARE = 0.1;

    /** Linux's number of the clock. Java's own figure of a process's time moves in steps of 10 ms. */
    private static final int CLOCK_PROCESS_CPUTIME_ID = 2;

    private static final MethodHandle CLOCK_GETTIME = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    private ProcessIdle() {}

    /**
     * Returns when this process used less than a tenth of one core for 5 ms, or after {@code limit}.
     *
     * @return whether it became idle
     */
    static boolean await(Duration limit) {
        long until = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < until) {
            long start = System.nanoTime();
            long used = cpuNanoseconds();
            LockSupport.parkNanos(WINDOW_NANOSECONDS);
            double share = (double) (cpuNanoseconds() - used) / (System.nanoTime() - start);
            if (share < IDLE_SHARE) {
                return true;
            }
        }
        return false;
    }

    /** Processor time of all threads of this process. */
    private static long cpuNanoseconds() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment secondsAndNanoseconds = arena.allocate(ValueLayout.JAVA_LONG, 2);
            int failed = (int) CLOCK_GETTIME.invokeExact(CLOCK_PROCESS_CPUTIME_ID, secondsAndNanoseconds);
            if (failed != 0) {
                throw new IllegalStateException("clock_gettime refuses the clock of this process");
            }
            return secondsAndNanoseconds.getAtIndex(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L
                    + secondsAndNanoseconds.getAtIndex(ValueLayout.JAVA_LONG, 1);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("clock_gettime cannot be called", e);
        }
    }
}
