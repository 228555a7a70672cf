package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.program.SameNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The kernels of a graph whose layouts are assigned, as what a search is told of them. */
final class TunableKernels {
    private static final String ALONE = "kernel";

    private final KernelGraph graph;
    private final Set<String> fixed;

    TunableKernels(KernelGraph graph) {
        this.graph = graph;
        this.fixed = new HashSet<>(graph.constants().keySet());
        PlanParts.of(graph).fixed().forEach(operation -> fixed.addAll(operation.outputs()));
    }

    /** All that a run of the graph needs, each once. */
    static List<TunableKernel> of(KernelGraph graph) {
        TunableKernels kernels = new TunableKernels(graph);
        Map<String, TunableKernel> distinct = new LinkedHashMap<>();
        for (Operation operation : PlanParts.of(graph).running()) {
            if (operation instanceof Operation.Kernel kernel) {
                TunableKernel tunable = kernels.of(kernel);
                distinct.merge(identity(tunable), tunable, (one, other) -> one.times(one.count() + other.count()));
            }
        }
        return List.copyOf(distinct.values());
    }

    /**
     * A kernel by itself, with the layouts that it has inside a model.
     *
     * @param programs by variant, the preferred one first; those whose inputs or outputs are other than the first's are
     *     left out
     * @param weights inputs that are constants
     */
    static TunableKernel alone(
            String operator, Map<String, TensorProgram> programs, Set<String> weights, LayoutPreferences preferences) {
        TensorProgram first = programs.values().iterator().next();
        List<String> inputs =
                first.inputs().stream().map(TensorProgram.Declaration::name).toList();
        List<Operation.Algorithm> algorithms = new ArrayList<>();
        programs.forEach((variant, program) -> SameNames.as(first, program)
                .ifPresent(p -> algorithms.add(new Operation.Algorithm(variant, p, inputs, Optional.empty()))));
        Map<String, TensorType> types = new LinkedHashMap<>();
        Map<String, NdArray> constants = new LinkedHashMap<>();
        first.inputs().forEach(input -> {
            TensorType type = TensorType.of(input.type(), extents(input.shape()));
            types.put(input.name(), type);
            if (weights.contains(input.name())) {
                constants.put(
                        input.name(),
                        NdArray.allocate(type.element(), type.shape().extents()));
            }
        });
        first.outputs().forEach(output -> {
            Stage stage = first.stage(output).orElseThrow();
            types.put(output, TensorType.of(stage.type(), extents(stage.shape())));
        });
        KernelGraph graph = new KernelGraph(
                inputs.stream().filter(input -> !weights.contains(input)).toList(),
                constants,
                List.of(new Operation.Kernel(ALONE, operator, inputs, first.outputs(), algorithms)),
                first.outputs(),
                types,
                Map.of());
        return of(AssignLayouts.apply(HoistConstantStages.apply(graph), preferences)).stream()
                .filter(kernel -> kernel.node().equals(ALONE))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "all inputs of " + first.name() + " are constants: nothing is left to run"));
    }

    private static int[] extents(List<Expr> shape) {
        return shape.stream()
                .mapToInt(extent -> Math.toIntExact(IndexMath.constant(extent)
                        .orElseThrow(() -> new IllegalArgumentException("an extent is not constant: " + extent))))
                .toArray();
    }

    /** Whether the value is computed once, from constants alone. */
    boolean isFixed(String value) {
        return fixed.contains(value);
    }

    TunableKernel of(Operation.Kernel kernel) {
        Operation.Algorithm first = kernel.algorithms().getFirst();
        Map<String, LayoutMap> layouts = new HashMap<>();
        for (int i = 0; i < first.inputs().size(); i++) {
            if (!isConstant(first, first.inputs().get(i))) {
                put(
                        layouts,
                        first.program().inputs().get(i).name(),
                        kernel.inputs().get(i));
            }
        }
        for (int i = 0; i < kernel.outputs().size(); i++) {
            put(layouts, first.program().outputs().get(i), kernel.outputs().get(i));
        }
        Set<String> weights = new TreeSet<>();
        List<TunableKernel.Alternative> alternatives = new ArrayList<>();
        for (Operation.Algorithm algorithm : kernel.algorithms()) {
            Set<String> constants = new TreeSet<>();
            for (int i = 0; i < algorithm.inputs().size(); i++) {
                String value = algorithm.inputs().get(i);
                String tensor = algorithm.program().inputs().get(i).name();
                if (isConstant(algorithm, value)) {
                    constants.add(tensor);
                }
                if (fixed.contains(value) && !isPrepared(algorithm, value)) {
                    weights.add(tensor);
                }
            }
            algorithm.preparation().ifPresent(p -> p.program().inputs().forEach(input -> weights.add(input.name())));
            alternatives.add(new TunableKernel.Alternative(
                    algorithm.variant(),
                    algorithm.program(),
                    algorithm.preparation().map(Operation.Preparation::program),
                    constants));
        }
        return new TunableKernel(
                name(first.program()), kernel.name(), kernel.operator(), alternatives, layouts, weights, 1);
    }

    private boolean isConstant(Operation.Algorithm algorithm, String value) {
        return fixed.contains(value) || isPrepared(algorithm, value);
    }

    private static boolean isPrepared(Operation.Algorithm algorithm, String value) {
        return algorithm.preparation().isPresent()
                && algorithm.preparation().get().outputs().contains(value);
    }

    private void put(Map<String, LayoutMap> layouts, String tensor, String value) {
        LayoutMap layout = graph.layout(value);
        if (!layout.isRowMajor()) {
            layouts.put(tensor, layout);
        }
    }

    private static String identity(TunableKernel kernel) {
        Map<String, String> layouts = new TreeMap<>();
        kernel.layouts().forEach((tensor, layout) -> layouts.put(tensor, layout.text()));
        return IrText.of(kernel.first().program()) + layouts + new TreeSet<>(kernel.constants());
    }

    /** {@code conv2d_relu x=1x64x56x56 w=64x64x3x3}. */
    private static String name(TensorProgram program) {
        StringBuilder text = new StringBuilder(program.name());
        for (TensorProgram.Declaration input : program.inputs()) {
            List<String> extents =
                    input.shape().stream().map(TunableKernels::extent).toList();
            text.append(' ').append(input.name()).append('=').append(String.join("x", extents));
        }
        return text.toString();
    }

    private static String extent(Expr extent) {
        return IndexMath.constant(extent).isPresent()
                ? Long.toString(IndexMath.constant(extent).getAsLong())
                : "?";
    }
}
