package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.SpecializationException;
import dev.woodpecker.runtime.UnsupportedModelException.Problem;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds the kernel that computes a node, and specialises it for the node's types, shapes and attributes. */
public final class KernelBinder {
    private final KernelLibrary library;

    public KernelBinder(KernelLibrary library) {
        this.library = library;
    }

    /** Whether there is a kernel for the node's operator at all. */
    public boolean knows(Node node) {
        return !library.kernels(node.operator().toString()).isEmpty();
    }

    /** The kernel of a node whose operator {@linkplain #knows is known}. */
    public BindingResult bind(Node node, Values values) {
        try {
            return bind(call(node, values), values);
        } catch (Unbindable unbindable) {
            return unbindable.result();
        }
    }

    /**
     * The operator's other kernels that compute the same as this one, in order of preference: as close to the node's types,
     * and with the same outputs.
     */
    public List<BoundKernel> others(BoundKernel chosen, Values values) {
        try {
            return others(chosen, call(chosen.node(), values), values);
        } catch (Unbindable _) {
            // Constants of a node can be known only while it is bound, as where they are inputs of a run.
            return List.of();
        }
    }

    private List<BoundKernel> others(BoundKernel chosen, NodeCall call, Values values) {
        List<String> reasons = new ArrayList<>();
        List<KernelMatch> matches = matches(call, values, reasons);
        int mismatches = matches.stream()
                .filter(match -> match.kernel().equals(chosen.kernel()))
                .mapToInt(KernelMatch::mismatches)
                .findFirst()
                .orElse(0);
        return matches.stream()
                .filter(match -> !match.kernel().equals(chosen.kernel()) && match.mismatches() == mismatches)
                .flatMap(match -> specialized(match, reasons).stream())
                .filter(other -> other.outputs().equals(chosen.outputs()))
                .toList();
    }

    private static NodeCall call(Node node, Values values) {
        NodeCall call = NodeCalls.of(node, values);
        for (CallRule rule : CallRules.of(node.operator())) {
            call = rule.apply(call, values);
        }
        return call;
    }

    private List<KernelMatch> matches(NodeCall call, Values values, List<String> reasons) {
        List<KernelMatch> matches = new ArrayList<>();
        for (CompiledKernel kernel : library.kernels(call.operator())) {
            switch (KernelMatch.of(kernel, call, values)) {
                case KernelMatch.Result.Fits(KernelMatch match) -> matches.add(match);
                case KernelMatch.Result.Unfit(String reason) -> reasons.add(reason);
            }
        }
        return matches;
    }

    private BindingResult bind(NodeCall call, Values values) {
        List<String> reasons = new ArrayList<>();
        List<KernelMatch> matches = matches(call, values, reasons);
        matches.sort(Comparator.comparingInt(KernelMatch::mismatches));
        for (KernelMatch match : matches) {
            Optional<BoundKernel> bound = specialized(match, reasons);
            if (bound.isPresent()) {
                return new BindingResult.Bound(bound.get());
            }
        }
        return new BindingResult.Unsupported(new Problem(
                Subject.TYPE,
                call.operator() + " of " + inputTypes(call),
                call.node().place(),
                "no kernel takes it: "
                        + String.join("; ", reasons.stream().distinct().toList()),
                ""));
    }

    private static Optional<BoundKernel> specialized(KernelMatch match, List<String> reasons) {
        try {
            return Optional.of(match.specialize());
        } catch (SpecializationException wrong) {
            reasons.add(wrong.getMessage());
            return Optional.empty();
        }
    }

    private static String inputTypes(NodeCall call) {
        List<String> types = new ArrayList<>();
        for (NodeCall.Input input : call.inputs().values()) {
            switch (input) {
                case NodeCall.Input.Tensor tensor ->
                    types.add(tensor.type().element().text());
                case NodeCall.Input.Several several ->
                    several.tensors()
                            .forEach(tensor -> types.add(tensor.type().element().text()));
                case NodeCall.Input.Absent _ -> types.add("_");
            }
        }
        return String.join(", ", types);
    }
}
