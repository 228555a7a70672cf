package dev.woodpecker.runtime.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.ExecutablePlan;
import dev.woodpecker.runtime.plan.PlanSource;
import dev.woodpecker.runtime.plan.Planner.Planned;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A plan for each shape, made on first use; as many as there is room for. */
class PlanCacheTest {
    private static final Graph GRAPH = new TestGraph()
            .input("x", DType.F32)
            .node("relu1", "Relu", "x", "y")
            .outputs("y");

    /** Says which shapes it was asked for; a plan's constant tells whether its memory is there still. */
    private static final class Source implements PlanSource {
        private final List<String> asked = new ArrayList<>();
        private final List<MemorySegment> constants = new ArrayList<>();

        @Override
        public Planned plan(Graph graph, Function<String, Optional<NdArray>> elements, Arena arena) {
            asked.add(graph.type("x").orElseThrow().toString());
            constants.add(arena.allocate(64));
            ExecutablePlan plan = new ExecutablePlan(
                    List.of(), List.of(), List.of(), List.of(constants.getLast()), List.of(), List.of(), 0, 0);
            return new Planned(plan, Map.of(), Optional.empty());
        }

        List<Boolean> alive() {
            return constants.stream().map(segment -> segment.scope().isAlive()).toList();
        }
    }

    private final Source source = new Source();
    private final PlanCache cache = new PlanCache(source, 2);

    private PlanCache.Leased plan(int rows) {
        return cache.plan(GRAPH, Map.of("x", NdArray.allocate(DType.F32, rows, 3)));
    }

    @Test
    void aShapeIsPlannedOnce() {
        PlanCache.Leased first = plan(1);
        PlanCache.Leased again = plan(1);
        plan(2).lease().close();
        assertThat(source.asked).containsExactly("f32[1, 3]", "f32[2, 3]");
        assertThat(again.plan()).isSameAs(first.plan());
        first.lease().close();
        again.lease().close();
        cache.close();
        assertThat(source.alive()).containsExactly(false, false);
    }

    @Test
    void theLeastRecentlyUsedMakesRoom() {
        plan(1).lease().close();
        plan(2).lease().close();
        plan(1).lease().close();
        plan(3).lease().close();
        assertThat(source.alive()).as("the plans of 1, 2 and 3 rows").containsExactly(true, false, true);
        plan(2).lease().close();
        assertThat(source.asked).containsExactly("f32[1, 3]", "f32[2, 3]", "f32[3, 3]", "f32[2, 3]");
        cache.close();
    }

    /** Any number of shapes: never more plans in memory than there is room for. */
    @Test
    void memoryIsBoundedWhateverTheShapes() {
        for (int rows = 1; rows <= 100; rows++) {
            plan(rows).lease().close();
            assertThat(source.alive().stream().filter(alive -> alive)).hasSizeLessThanOrEqualTo(2);
        }
        cache.close();
    }

    @Test
    void aPlanThatIsInUseStaysUntilItsUserLetsGo() {
        PlanCache.Leased used = plan(1);
        plan(2).lease().close();
        plan(3).lease().close();
        assertThat(source.alive()).containsExactly(true, true, true);
        used.lease().close();
        assertThat(source.alive()).containsExactly(false, true, true);
        cache.close();
    }

    @Test
    void aClosedCacheSaysSo() {
        cache.close();
        assertThatThrownBy(() -> plan(1)).isInstanceOf(IllegalStateException.class);
    }
}
