package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.plan.MemoryPlanner.Placement;
import dev.woodpecker.runtime.plan.MemoryPlanner.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemoryPlannerTest {
    @Test
    void aChainNeedsTwoBuffers() {
        List<Request> chain =
                List.of(new Request(640, 0, 1), new Request(640, 1, 2), new Request(640, 2, 3), new Request(640, 3, 4));
        assertThat(MemoryPlanner.place(chain)).isEqualTo(new Placement(List.of(0L, 640L, 0L, 640L), 1280));
    }

    @Test
    void offsetsAreAligned() {
        List<Request> requests = List.of(new Request(1, 0, 9), new Request(65, 0, 9));
        Placement placement = MemoryPlanner.place(requests);
        assertThat(placement.offsets()).containsExactly(128L, 0L);
        assertThat(placement.bytes()).isEqualTo(192);
    }

    @Test
    void aGapIsFilled() {
        List<Request> requests =
                List.of(new Request(128, 0, 9), new Request(192, 0, 2), new Request(64, 0, 9), new Request(192, 3, 5));
        Placement placement = MemoryPlanner.place(requests);
        assertThat(placement.bytes()).isEqualTo(128 + 192 + 64);
    }

    /** No two buffers that live together overlap, and no arena is smaller than what lives at one step. */
    @Test
    void randomLivesNeverOverlap() {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 200; round++) {
            List<Request> requests = new ArrayList<>();
            for (int i = random.nextInt(1, 40); i > 0; i--) {
                int first = random.nextInt(30);
                requests.add(new Request(random.nextInt(5000), first, first + random.nextInt(10)));
            }
            Placement placement = MemoryPlanner.place(requests);
            for (int i = 0; i < requests.size(); i++) {
                Request a = requests.get(i);
                long start = placement.offsets().get(i);
                assertThat(start % MemoryPlanner.ALIGNMENT).isZero();
                assertThat(start + a.bytes()).isLessThanOrEqualTo(placement.bytes());
                for (int j = 0; j < i; j++) {
                    Request b = requests.get(j);
                    long other = placement.offsets().get(j);
                    boolean apart = start + a.bytes() <= other || other + b.bytes() <= start;
                    assertThat(apart || !a.livesWith(b) || a.bytes() == 0 || b.bytes() == 0)
                            .as("%s at %d and %s at %d", a, start, b, other)
                            .isTrue();
                }
            }
            for (int step = 0; step < 40; step++) {
                int now = step;
                long alive = requests.stream()
                        .filter(r -> r.first() <= now && now <= r.last())
                        .mapToLong(Request::bytes)
                        .sum();
                assertThat(placement.bytes()).isGreaterThanOrEqualTo(alive);
            }
        }
    }
}
