package dev.woodpecker.runtime.session;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.Planner.Planned;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A plan with what it was made for, and the memory of its constants. */
public record CachedPlan(Graph graph, List<TensorType> inputTypes, Planned planned, LeasedArena memory) {
    /** Whether the plan serves these values of the graph's inputs. */
    boolean serves(Graph wanted, List<TensorType> types, Map<String, NdArray> values) {
        return graph == wanted
                && inputTypes.equals(types)
                && planned.pinned().entrySet().stream()
                        .allMatch(pin -> Objects.equals(values.get(pin.getKey()), pin.getValue()));
    }

    /** Plans are told apart by what they are, not by what is in them. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
