package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.Optional;

/**
 * Makes weights zero that are nothing beside the others of their layer. Training with weight decay leaves channels whose
 * weights are 1e-25: what they sum is added to no effect, but products of two such are denormal, and a processor takes a
 * hundred times longer for these. A vector that has one such lane is as slow.
 *
 * <pre>
 * y = Conv(x, [0.7, 3e-25])      ->      y = Conv(x, [0.7, 0])
 * </pre>
 */
public final class DropVanishingWeights {
    /** 36 binary orders below the rounding of a sum that has a term with the largest weight. */
    private static final double OF_LARGEST = 0x1p-60;

    /** Reading more when a model is loaded takes longer than it is worth: large layers use each weight a few times only. */
    private static final long MOST_WEIGHTS = 1 << 16;

    private DropVanishingWeights() {}

    public static Graph apply(Graph graph) {
        GraphEditor editor = new GraphEditor(graph);
        boolean changed = false;
        for (Node node : graph.nodes()) {
            Optional<NdArray> rest = WeightedLayer.of(graph, node)
                    .map(WeightedLayer::weights)
                    .filter(weights -> weights.type() == DType.F32 && weights.elements() <= MOST_WEIGHTS)
                    .flatMap(DropVanishingWeights::withoutVanishing);
            if (rest.isPresent()) {
                String weights = editor.constant(node.name() + "_weights", rest.get());
                editor.replace(node, node.withInput(1, Operand.of(weights)));
                changed = true;
            }
        }
        return changed ? RemoveDeadNodes.apply(editor.finish()) : graph;
    }

    private static Optional<NdArray> withoutVanishing(NdArray weights) {
        double largest = 0;
        for (long i = 0; i < weights.elements(); i++) {
            largest = Math.max(largest, Math.abs(weights.getDouble(i)));
        }
        double least = largest * OF_LARGEST;
        NdArray rest = NdArray.allocate(weights.type(), weights.shape());
        boolean vanish = false;
        for (long i = 0; i < weights.elements(); i++) {
            double weight = weights.getDouble(i);
            boolean vanishes = weight != 0 && Math.abs(weight) < least;
            vanish |= vanishes;
            rest.set(i, vanishes ? 0 : weight);
        }
        return vanish && Double.isFinite(largest) ? Optional.of(rest) : Optional.empty();
    }
}
