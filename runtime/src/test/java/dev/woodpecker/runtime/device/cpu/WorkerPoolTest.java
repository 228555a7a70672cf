package dev.woodpecker.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.runtime.ConfigurationException;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class WorkerPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyIndexIsDoneOnceWhateverTheSizeOfPoolAndRange(int size) {
        try (WorkerPool pool = new WorkerPool(size)) {
            for (int extent : new int[] {0, 1, 2, 3, 7, 48, 49, 1000, 12_345}) {
                for (int repeat = 0; repeat < 50; repeat++) {
                    AtomicIntegerArray done = new AtomicIntegerArray(extent);
                    pool.run(extent, 0, (begin, end, scratch) -> {
                        for (long i = begin; i < end; i++) {
                            done.incrementAndGet((int) i);
                        }
                        return 0;
                    });
                    for (int i = 0; i < extent; i++) {
                        assertThat(done.get(i)).isEqualTo(1);
                    }
                }
            }
        }
    }

    @Test
    void allWorkersWorkAtTheSameTime() {
        try (WorkerPool pool = new WorkerPool(3)) {
            CountDownLatch together = new CountDownLatch(3);
            pool.run(3, 0, (begin, end, scratch) -> {
                together.countDown();
                return awaitInTask(together) ? 0 : 1;
            });
            assertThat(together.getCount()).isZero();
        }
    }

    @Test
    void aRangeOfAnyLengthIsFourToEightChunksAWorker() {
        try (WorkerPool pool = new WorkerPool(4)) {
            AtomicInteger chunks = new AtomicInteger();
            pool.run(100_000, 0, (begin, end, scratch) -> {
                chunks.incrementAndGet();
                return 0;
            });
            assertThat(chunks.get()).isBetween(4 * 4, 8 * 4);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void theFailedCheckOfTheLowestPartIsTheResult(int size) {
        try (WorkerPool pool = new WorkerPool(size)) {
            for (int repeat = 0; repeat < 300; repeat++) {
                int result = pool.run(1000, 0, (begin, end, scratch) -> {
                    for (long i = begin; i < end; i++) {
                        if (i >= 400) {
                            return (int) i;
                        }
                    }
                    return 0;
                });
                assertThat(result).isEqualTo(400);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void whatTheLowestPartThrowsReachesTheCallerAndThePoolGoesOn(int size) {
        try (WorkerPool pool = new WorkerPool(size)) {
            for (int repeat = 0; repeat < 50; repeat++) {
                assertThatThrownBy(() -> pool.run(1000, 0, (begin, end, scratch) -> {
                            if (end > 500) {
                                throw new IllegalArgumentException("at " + Math.max(begin, 500));
                            }
                            return 0;
                        }))
                        .isInstanceOf(IllegalArgumentException.class);
                AtomicLong sum = new AtomicLong();
                pool.run(10, 0, (begin, end, scratch) -> {
                    sum.addAndGet(end - begin);
                    return 0;
                });
                assertThat(sum.get()).isEqualTo(10);
            }
        }
    }

    @Test
    void aTaskThatUsesThePoolDoesThatPartAloneWithScratchOfItsOwn() {
        try (WorkerPool pool = new WorkerPool(3)) {
            AtomicLong sum = new AtomicLong();
            pool.run(100, 64, (begin, end, outer) -> {
                outer.set(ValueLayout.JAVA_LONG, 0, begin);
                Thread thread = Thread.currentThread();
                pool.run(10, 64, (innerBegin, innerEnd, inner) -> {
                    inner.set(ValueLayout.JAVA_LONG, 0, -1);
                    sum.addAndGet((innerEnd - innerBegin) * (end - begin));
                    return Thread.currentThread() == thread ? 0 : 1;
                });
                return outer.get(ValueLayout.JAVA_LONG, 0) == begin ? 0 : 1;
            });
            assertThat(sum.get()).isEqualTo(1000);
        }
    }

    @Test
    void severalCallersShareAPool() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(2)) {
            AtomicLong sum = new AtomicLong();
            List<Thread> callers = new ArrayList<>();
            for (int caller = 0; caller < 4; caller++) {
                callers.add((caller % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual()).start(() -> {
                    for (int repeat = 0; repeat < 500; repeat++) {
                        pool.run(37, 128, (begin, end, scratch) -> {
                            sum.addAndGet(end - begin);
                            return 0;
                        });
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(sum.get()).isEqualTo(4L * 500 * 37);
        }
    }

    @Test
    void scratchIsAlignedOfTheSizeAskedForAndNobodyElses() {
        try (WorkerPool pool = new WorkerPool(4)) {
            for (long bytes : new long[] {1, 64, 5000, 70_000, 9 << 20, 16}) {
                Set<Long> inUse = ConcurrentHashMap.newKeySet();
                int result = pool.run(200, bytes, (begin, end, scratch) -> {
                    boolean right = scratch.byteSize() >= bytes
                            && scratch.address() % NativeMemory.ALIGNMENT == 0
                            && inUse.add(scratch.address());
                    scratch.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) 1);
                    return right && inUse.remove(scratch.address()) ? 0 : 1;
                });
                assertThat(result).isZero();
            }
        }
    }

    @Test
    void scratchThatCannotBeHadIsAnError() {
        try (WorkerPool pool = new WorkerPool(2)) {
            assertThatThrownBy(() -> pool.run(100, 1L << 50, (begin, end, scratch) -> 0))
                    .isInstanceOf(NativeMemoryException.class)
                    .hasMessageContaining("1.0 PB for a worker's scratch memory");
            assertThat(pool.run(100, 64, (begin, end, scratch) -> 0)).isZero();
        }
    }

    @Test
    void idleThreadsEndAndComeBack() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(3, Cores.ofHost(), Duration.ofMillis(50))) {
            for (int repeat = 0; repeat < 3; repeat++) {
                CountDownLatch together = new CountDownLatch(3);
                pool.run(3, 0, (begin, end, scratch) -> {
                    together.countDown();
                    return awaitInTask(together) ? 0 : 1;
                });
                assertThat(pool.liveThreads()).isEqualTo(2);
                long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
                while (pool.liveThreads() > 0 && System.nanoTime() < until) {
                    Thread.sleep(10);
                }
                assertThat(pool.liveThreads()).isZero();
            }
        }
    }

    @Test
    void aClosedPoolHasNoThreadsAndTakesNoWork() {
        WorkerPool pool = new WorkerPool(3);
        pool.run(1000, 0, (begin, end, scratch) -> 0);
        pool.close();
        pool.close();
        assertThat(pool.liveThreads()).isZero();
        assertThatThrownBy(() -> pool.run(1, 0, (begin, end, scratch) -> 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void aPoolIsNotClosedFromInsideATaskNorTheSharedOneEver() {
        try (WorkerPool pool = new WorkerPool(2)) {
            Runnable close = pool::close;
            assertThatThrownBy(() -> pool.run(10, 0, (begin, end, scratch) -> {
                        close.run();
                        return 0;
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("inside a task");
        }
        assertThatThrownBy(WorkerPool.shared()::close).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anInterruptedCallerFinishesAndStaysInterrupted() {
        try (WorkerPool pool = new WorkerPool(2)) {
            CountDownLatch together = new CountDownLatch(2);
            Thread.currentThread().interrupt();
            AtomicLong sum = new AtomicLong();
            pool.run(2, 0, (begin, end, scratch) -> {
                together.countDown();
                while (together.getCount() > 0) {
                    Thread.onSpinWait();
                }
                sum.addAndGet(end - begin);
                return 0;
            });
            assertThat(Thread.interrupted()).isTrue();
            assertThat(sum.get()).isEqualTo(2);
        }
    }

    @Test
    void theDefaultSizeIsWpkThreadsOrTheCores() {
        CpuFeatures cpu = CpuFeatures.ofHost();
        assertThat(SharedPool.defaultSize(new Environment(Map.of()), cpu)).isEqualTo(cpu.cores());
        assertThat(SharedPool.defaultSize(new Environment(Map.of("WPK_THREADS", "7")), cpu))
                .isEqualTo(7);
        for (String wrong : List.of("0", "-1", "two", "1e9")) {
            assertThatThrownBy(() -> SharedPool.defaultSize(new Environment(Map.of("WPK_THREADS", wrong)), cpu))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("WPK_THREADS=" + wrong);
        }
    }

    @Test
    void threadsAreDaemons() {
        try (WorkerPool pool = new WorkerPool(2)) {
            CountDownLatch together = new CountDownLatch(2);
            Thread caller = Thread.currentThread();
            int result = pool.run(2, 0, (begin, end, scratch) -> {
                together.countDown();
                boolean daemon = Thread.currentThread() == caller
                        || Thread.currentThread().isDaemon();
                return awaitInTask(together) && daemon ? 0 : 1;
            });
            assertThat(result).isZero();
        }
    }

    private static boolean awaitInTask(CountDownLatch latch) {
        try {
            return latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
