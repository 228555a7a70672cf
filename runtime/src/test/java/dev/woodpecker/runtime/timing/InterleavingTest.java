package dev.woodpecker.runtime.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InterleavingTest {
    @Test
    void blocksGoForthAndBackAndEachBeginsWithAnUncountedRun() {
        StringBuilder order = new StringBuilder();
        List<Distribution> times = new Interleaving(3, 2, Duration.ZERO)
                .time(List.of(() -> order.append('a'), () -> order.append('b'), () -> order.append('c')));
        assertThat(order.toString()).isEqualTo("aaabbbccc" + "cccbbbaaa" + "aaabbbccc");
        assertThat(times).extracting(Distribution::count).containsExactly(6, 6, 6);
    }

    @Test
    void theSlowerAlternativeIsTheSlower() {
        List<Distribution> times = new Interleaving(2, 3, Duration.ofMillis(1))
                .time(List.of(() -> LockSupport.parkNanos(5_000_000), () -> LockSupport.parkNanos(100_000)));
        assertThat(times.getFirst().median())
                .isGreaterThan(4e-3)
                .isGreaterThan(times.getLast().median());
    }

    /** On a busy machine a spinning thread can be off its core for a while, and then looks asleep: five attempts. */
    @Test
    void aBlockBeginsWhenThreadsLeftSpinningAreAsleep() {
        assertThat(IntStream.range(0, 5).anyMatch(_ -> beginsUndisturbed())).isTrue();
    }

    private static boolean beginsUndisturbed() {
        AtomicBoolean spinning = new AtomicBoolean();
        Runnable leavesAThreadSpinning = () -> {
            spinning.set(true);
            Thread.ofPlatform().daemon().start(() -> {
                long until = System.nanoTime() + 40_000_000;
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                spinning.set(false);
            });
        };
        AtomicBoolean disturbed = new AtomicBoolean();
        Runnable looks = () -> disturbed.compareAndSet(false, spinning.get());
        new Interleaving(1, 1, Duration.ofSeconds(10)).time(List.of(leavesAThreadSpinning, looks));
        return !disturbed.get();
    }

    @Test
    void nothingToMeasureIsAnError() {
        assertThatThrownBy(() -> new Interleaving(0, 1, Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Interleaving(1, 0, Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }
}
