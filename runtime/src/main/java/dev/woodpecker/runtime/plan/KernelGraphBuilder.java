package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.host.ViewOperators;
import dev.woodpecker.runtime.plan.binding.BindingResult;
import dev.woodpecker.runtime.plan.binding.BoundKernel;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.Values;
import dev.woodpecker.runtime.plan.program.DeadStages;
import dev.woodpecker.runtime.plan.program.InlineConstants;
import dev.woodpecker.runtime.plan.program.SameNames;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns the nodes of a graph into operations: each its own kernel still, constants of one element written into it. */
final class KernelGraphBuilder implements Values {
    private final String model;
    private final Graph graph;
    private final Map<Node, BoundKernel> kernels;
    private final KernelBinder binder;
    private final boolean withVariants;

    private KernelGraphBuilder(
            String model, Graph graph, Map<Node, BoundKernel> kernels, KernelBinder binder, boolean withVariants) {
        this.withVariants = withVariants;
        this.model = model;
        this.graph = graph;
        this.kernels = kernels;
        this.binder = binder;
    }

    /** Operations with the preferred variant of each. */
    static KernelGraph build(String model, Graph graph, Map<Node, BoundKernel> kernels, KernelBinder binder) {
        return new KernelGraphBuilder(model, graph, kernels, binder, false).build();
    }

    /**
     * Operations with all their variants.
     *
     * @param kernels of the nodes that are bound already
     */
    static KernelGraph withVariants(String model, Graph graph, Map<Node, BoundKernel> kernels, KernelBinder binder) {
        return new KernelGraphBuilder(model, graph, kernels, binder, true).build();
    }

    private KernelGraph build() {
        List<Operation> operations = new ArrayList<>();
        for (Node node : graph.nodes()) {
            operations.add(ViewOperators.isView(node.operator()) ? view(node) : kernel(bound(node)));
        }
        Map<String, TensorType> types = new LinkedHashMap<>(graph.types());
        graph.constants().forEach((name, array) -> types.put(name, TensorType.of(array)));
        return new KernelGraph(graph.inputs(), graph.constants(), operations, graph.outputs(), types, Map.of());
    }

    private static Operation view(Node node) {
        return new Operation.View(
                node.name(), node.inputName(0).orElseThrow(), node.outputName(0).orElseThrow());
    }

    private BoundKernel bound(Node node) {
        BoundKernel known = kernels.get(node);
        if (known != null) {
            return known;
        }
        return switch (binder.bind(node, this)) {
            case BindingResult.Bound(BoundKernel kernel) -> kernel;
            case BindingResult.Unsupported(UnsupportedModelException.Problem problem) ->
                throw new UnsupportedModelException(model, List.of(problem));
            case BindingResult.Needs(String value) ->
                throw new IllegalStateException(node + " needs the elements of " + value + ", and did not before");
        };
    }

    /** All that computes the node in ways of its own is kept beside the preferred one, if rounding may differ. */
    private Operation kernel(BoundKernel bound) {
        Operation.Algorithm first = algorithm(bound);
        List<Operation.Algorithm> algorithms = new ArrayList<>(List.of(first));
        if (withVariants) {
            for (BoundKernel other : binder.others(bound, this)) {
                Operation.Algorithm algorithm = algorithm(other);
                Optional<TensorProgram> program = SameNames.as(first.program(), algorithm.program())
                        .filter(_ -> algorithm.inputs().equals(first.inputs()));
                program.ifPresent(p -> algorithms.add(
                        new Operation.Algorithm(algorithm.variant(), p, first.inputs(), Optional.empty())));
            }
        }
        return new Operation.Kernel(
                bound.node().name(), bound.node().operator().toString(), first.inputs(), bound.outputs(), algorithms);
    }

    private Operation.Algorithm algorithm(BoundKernel bound) {
        TensorProgram program = bound.program();
        Map<String, NdArray> inlined = new LinkedHashMap<>();
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < bound.inputs().size(); i++) {
            String tensor = program.inputs().get(i).name();
            Optional<NdArray> scalar = graph.constant(bound.inputs().get(i)).filter(array -> array.elements() == 1);
            if (scalar.isPresent() && InlineConstants.canInline(program, tensor)) {
                inlined.put(tensor, scalar.get());
            } else {
                inputs.add(bound.inputs().get(i));
            }
        }
        return new Operation.Algorithm(
                bound.variant(), DeadStages.remove(InlineConstants.inline(program, inlined)), inputs, Optional.empty());
    }

    @Override
    public Optional<TensorType> type(String value) {
        return graph.type(value);
    }

    @Override
    public Optional<NdArray> constant(String value) {
        return graph.constant(value);
    }
}
