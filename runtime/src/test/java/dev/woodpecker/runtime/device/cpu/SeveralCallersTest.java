package dev.woodpecker.runtime.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.timing.ForkAndJoin;
import dev.woodpecker.runtime.toolchain.CpuCaches;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.CpuQuota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several callers of one pool at the same time: nobody waits for another's job, and cores are not overdrawn. */
@Timeout(120)
class SeveralCallersTest {
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(5);

    private static Cores cores(int count, OptionalDouble quota) {
        return new Cores(new CpuFeatures("test", Set.of(), new CpuCaches(0, 0, 0, 64), new CpuQuota(quota), count));
    }

    private static int await(CountDownLatch latch) {
        try {
            return latch.await(20, TimeUnit.SECONDS) ? 0 : 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    /** The results of tasks that run at the same time. */
    private static List<Integer> together(List<Callable<Integer>> tasks) throws Exception {
        try (ExecutorService executor = Executors.newFixedThreadPool(tasks.size())) {
            List<Integer> results = new ArrayList<>();
            for (Future<Integer> future : executor.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        }
    }

    /** Each job ends only when parts of both have begun, so a caller that waited for the other's job would wait forever. */
    @Test
    void jobsOfDifferentCallersAreDoneAtTheSameTime() throws Exception {
        try (WorkerPool pool = new WorkerPool(2, cores(2, OptionalDouble.empty()), IDLE_LIMIT)) {
            CountDownLatch bothBegan = new CountDownLatch(2);
            Callable<Integer> caller = () -> {
                AtomicInteger first = new AtomicInteger();
                return pool.run(100, 0, (begin, end, scratch) -> {
                    if (first.getAndIncrement() == 0) {
                        bothBegan.countDown();
                    }
                    return await(bothBegan);
                });
            };
            assertThat(together(List.of(caller, caller))).containsExactly(0, 0);
        }
    }

    @Test
    void aCallerForWhoseHelpersThereIsNoCoreWorksAlone() throws Exception {
        try (WorkerPool pool = new WorkerPool(2, cores(2, OptionalDouble.empty()), IDLE_LIMIT)) {
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(1);
            Callable<Integer> holder = () -> {
                try (WorkerPool.Turn _ = pool.turn()) {
                    entered.countDown();
                    return await(done);
                }
            };
            Callable<Integer> caller = () -> {
                Thread self = Thread.currentThread();
                int early = await(entered);
                int others = pool.run(1000, 0, (begin, end, scratch) -> Thread.currentThread() == self ? 0 : 1);
                done.countDown();
                return early + others;
            };
            assertThat(together(List.of(holder, caller))).containsExactly(0, 0);
        }
    }

    @Test
    void aHelperLeavesWhenACallerComesForWhomThereWouldBeNoCore() throws Exception {
        try (WorkerPool pool = new WorkerPool(2, cores(2, OptionalDouble.empty()), IDLE_LIMIT)) {
            Thread caller = Thread.currentThread();
            CountDownLatch helped = new CountDownLatch(1);
            CountDownLatch crowded = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(1);
            AtomicInteger helpersParts = new AtomicInteger();
            Thread second = Thread.ofPlatform().start(() -> {
                await(helped);
                try (WorkerPool.Turn _ = pool.turn()) {
                    crowded.countDown();
                    await(done);
                }
            });
            int result = pool.run(1000, 0, (begin, end, scratch) -> {
                if (Thread.currentThread() != caller) {
                    helpersParts.incrementAndGet();
                    helped.countDown();
                }
                return await(helped) + await(crowded);
            });
            done.countDown();
            second.join();
            assertThat(result).isZero();
            assertThat(helpersParts).hasValue(1);
        }
    }

    @Test
    void underAQuotaNoMoreCallersComputeThanItHasWholeCores() throws Exception {
        try (WorkerPool pool = new WorkerPool(1, cores(1, OptionalDouble.of(1.5)), IDLE_LIMIT)) {
            AtomicInteger computing = new AtomicInteger();
            Callable<Integer> caller = () -> {
                int most = 0;
                for (int run = 0; run < 200; run++) {
                    try (WorkerPool.Turn _ = pool.turn()) {
                        for (int kernel = 0; kernel < 3; kernel++) {
                            most = Math.max(most, pool.run(10, 0, (begin, end, scratch) -> {
                                int now = computing.incrementAndGet();
                                Thread.onSpinWait();
                                computing.decrementAndGet();
                                return now;
                            }));
                        }
                    }
                }
                return most;
            };
            assertThat(together(List.of(caller, caller, caller, caller))).containsOnly(1);
        }
    }

    /**
     * The bench prints what it costs, some microseconds; here other programs may have the second core. Even then one of two
     * jobs is quick: half a time slice would be a thousand microseconds.
     */
    @Test
    void forkAndJoinAreQuick() {
        ForkAndJoin cost = ForkAndJoin.of(2);
        assertThat(cost.medianSeconds()).isLessThan(1e-3);
        assertThat(cost.p99Seconds()).isGreaterThanOrEqualTo(cost.medianSeconds());
    }
}
