package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.function.Function;

/** Where plans come from: they are made, or were made before. */
@FunctionalInterface
public interface PlanSource {
    /**
     * A plan of a graph, or of the part of it whose shapes do not depend on elements that it computes.
     *
     * @param graph its inputs' extents are known
     * @param elements of inputs, asked for where shapes or attributes depend on them
     * @param arena how long the plan's constants are needed
     */
    Planner.Planned plan(Graph graph, Function<String, Optional<NdArray>> elements, Arena arena);
}
