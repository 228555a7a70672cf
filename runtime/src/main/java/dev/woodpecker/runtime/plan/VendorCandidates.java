package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.vendor.HalfProgram;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a vendor's library could compute of a graph, whose layouts are assigned: by the first of a kernel's algorithms that
 * is a convolution or a product, whichever is chosen.
 *
 * @param calls by the name of the kernel's result
 */
record VendorCandidates(Map<String, Candidate> calls) {
    /** Nothing. */
    static final VendorCandidates NONE = new VendorCandidates(Map.of());

    /**
     * @param values the kernel's buffers but for the result, in order: weights as the model has them
     * @param element what they are of
     */
    record Candidate(VendorKernel kernel, List<String> values, DType element) {
        Candidate {
            values = List.copyOf(values);
        }
    }

    VendorCandidates {
        calls = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(calls));
    }

    /** Of kernels of single precision. */
    static VendorCandidates of(KernelGraph graph) {
        return of(graph, false);
    }

    /**
     * @param alsoHalf whether kernels of which all is of 16 bits are among them
     */
    static VendorCandidates of(KernelGraph graph, boolean alsoHalf) {
        PlanParts parts = PlanParts.of(graph);
        Set<String> fixed = new HashSet<>(graph.constants().keySet());
        parts.fixed().forEach(operation -> fixed.addAll(operation.outputs()));
        Map<String, Candidate> calls = new LinkedHashMap<>();
        for (Operation.Kernel kernel : parts.runningKernels()) {
            candidate(graph, kernel, fixed, alsoHalf)
                    .ifPresent(found -> calls.put(kernel.outputs().getFirst(), found));
        }
        return new VendorCandidates(calls);
    }

    Optional<Candidate> of(Operation.Kernel kernel) {
        return Optional.ofNullable(calls.get(kernel.outputs().getFirst()));
    }

    /** Those of these kernels. */
    VendorCandidates only(Predicate<String> results) {
        Map<String, Candidate> kept = new LinkedHashMap<>(calls);
        kept.keySet().removeIf(results.negate());
        return new VendorCandidates(kept);
    }

    private static Optional<Candidate> candidate(
            KernelGraph graph, Operation.Kernel kernel, Set<String> fixed, boolean alsoHalf) {
        if (kernel.outputs().size() != 1) {
            return Optional.empty();
        }
        for (Operation.Algorithm algorithm : kernel.algorithms()) {
            Map<String, String> values = values(kernel, algorithm, fixed);
            Map<String, LayoutMap> layouts = new HashMap<>();
            values.forEach((tensor, value) -> layouts.put(tensor, graph.layout(value)));
            layouts.put(
                    algorithm.program().outputs().getFirst(),
                    graph.layout(kernel.outputs().getFirst()));
            Optional<Candidate> found = HalfProgram.of(algorithm.program())
                    .filter(program -> alsoHalf || program.element() == DType.F32)
                    .flatMap(program -> VendorMatch.of(
                                    program.single(), layouts, tensor -> fixed.contains(values.get(tensor)))
                            .map(match -> new Candidate(
                                    match.kernel(),
                                    match.inputs().stream()
                                            .map(input -> Objects.requireNonNull(values.get(input)))
                                            .toList(),
                                    program.element())));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** The value of each input: of a weight the model's own, of another that which the kernel reads, in its layout. */
    private static Map<String, String> values(
            Operation.Kernel kernel, Operation.Algorithm algorithm, Set<String> fixed) {
        Map<String, String> values = new HashMap<>();
        List<String> names = kernel.program().inputs().stream()
                .map(TensorProgram.Declaration::name)
                .toList();
        List<TensorProgram.Declaration> inputs =
                new ArrayList<>(algorithm.program().inputs());
        for (int i = 0; i < inputs.size(); i++) {
            String name = inputs.get(i).name();
            String value = algorithm.inputs().get(i);
            int position = names.indexOf(name);
            values.put(
                    name,
                    fixed.contains(value) || position < 0
                            ? value
                            : kernel.inputs().get(position));
        }
        return values;
    }
}
