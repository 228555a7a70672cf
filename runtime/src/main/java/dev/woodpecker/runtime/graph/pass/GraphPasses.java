package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.graph.Graph;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The passes over a graph whose types are known, in order; {@code docs/passes.md} lists them with what comes after. */
public final class GraphPasses {
    /** What rounds otherwise. Patterns come before folding, which would take their first or last nodes away. */
    private static final List<UnaryOperator<Graph>> REASSOCIATING = List.of(
            RecognizeLayerNormalization::apply,
            RecognizeGelu::apply,
            RecognizeAttention::apply,
            FoldBatchNormalization::apply,
            FoldAffine::apply,
            ComputeInIntegers::apply,
            QuantizeByFactor::apply);

    private GraphPasses() {}

    /**
     * Under {@code strict} what changes no bit of a result; else sums may be of other terms, and values of other bits.
     *
     * @param lanes channels that should fill vectors; 1 where vectors are not of channels
     */
    public static Graph apply(Graph graph, Numerics numerics, int lanes) {
        List<UnaryOperator<Graph>> passes = new ArrayList<>();
        passes.add(RemoveDeadNodes::apply);
        passes.add(DelayDequantization::apply);
        passes.add(FoldPads::apply);
        passes.addAll(numerics.mayReassociate() ? REASSOCIATING : List.of());
        passes.add(DelayReshapes::apply);
        passes.add(RemoveDeadNodes::apply);
        if (numerics.mayReassociate()) {
            passes.add(g -> PadChannels.apply(g, lanes));
        }
        // Last: what was folded into weights before is rounded once.
        numerics.half().ifPresent(half -> passes.add(narrowed -> NarrowFloats.apply(narrowed, half)));
        Graph current = graph;
        for (UnaryOperator<Graph> pass : passes) {
            current = pass.apply(current);
        }
        return current;
    }

    /**
     * @param step the graph with something changed; empty if there is nothing left to change
     */
    static Graph untilUnchanged(Graph graph, Function<Graph, Optional<Graph>> step) {
        Graph current = graph;
        Optional<Graph> changed = step.apply(current);
        while (changed.isPresent()) {
            current = changed.get();
            changed = step.apply(current);
        }
        return current;
    }
}
