package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.inference.GraphInference;
import dev.woodpecker.runtime.plan.inference.InferredGraph;
import java.util.Optional;

/** Graphs as operations, with the library's kernels. */
final class TestKernelGraphs {
    private TestKernelGraphs() {}

    static KernelGraph of(Graph graph) {
        KernelBinder binder = new KernelBinder(KernelLibrary.ofClassPath());
        InferredGraph inferred = GraphInference.infer("test", graph, binder, _ -> Optional.empty());
        return KernelGraphBuilder.build("test", inferred.graph(), inferred.kernels(), binder);
    }

    static KernelGraph withVariants(Graph graph) {
        KernelBinder binder = new KernelBinder(KernelLibrary.ofClassPath());
        InferredGraph inferred = GraphInference.infer("test", graph, binder, _ -> Optional.empty());
        return KernelGraphBuilder.withVariants("test", inferred.graph(), inferred.kernels(), binder);
    }
}
