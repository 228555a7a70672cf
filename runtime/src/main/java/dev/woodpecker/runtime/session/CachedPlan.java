package dev.woodpecker.runtime.session;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.Planner.Planned;
import java.util.List;
import java.util.Map;

/** A plan with what it was made for, and the memory of its constants. */
public record CachedPlan(Graph graph, List<TensorType> inputTypes, Planned planned, LeasedArena memory) {
    /** Whether the plan serves these values of the graph's inputs. */
    boolean serves(Graph wanted, Map<String, NdArray> values) {
        if (graph != wanted) {
            return false;
        }
        for (int i = 0; i < inputTypes.size(); i++) {
            NdArray value = values.get(graph.inputs().get(i));
            if (value == null || !inputTypes.get(i).isOf(value)) {
                return false;
            }
        }
        for (Map.Entry<String, NdArray> pin : planned.pinned().entrySet()) {
            NdArray value = values.get(pin.getKey());
            if (value == null || !value.equals(pin.getValue())) {
                return false;
            }
        }
        return true;
    }

    /** Adds the blocks of native memory that the plan's constants take, as bytes by address. */
    void addBlocks(Map<Long, Long> blocks) {
        planned.plan().constants().forEach(block -> blocks.merge(block.address(), block.byteSize(), Math::max));
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
