package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.kernel.KernelKey;
import dev.woodpecker.runtime.plan.program.CopyProgram;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes the measured algorithm and schedule of each kernel that has one, else the algorithm that is estimated to be fastest. Its weights are prepared and packed as it wants
 * them, once, when the plan is made; all around it stays as it is.
 *
 * <pre>
 * y = conv2d(x, w2)     ->     conv1/winograd4/u = tilesOf4_weights(w); u2: as 0,1/4,2,3,1%4 = copy(conv1/winograd4/u)
 *                              y = tilesOf4(x, u2)
 * </pre>
 */
final class ChooseSchedules {
    private final KernelGraph graph;
    private final Schedules schedules;
    private final Target target;
    private final Numerics numerics;
    private final Function<KernelKey, Optional<String>> whyUnfit;
    private final TunableKernels tunable;
    private final List<Operation> operations = new ArrayList<>();
    private final Map<String, TensorType> types;
    private final Map<String, LayoutMap> layouts;
    private final Map<String, String> copies = new HashMap<>();

    private ChooseSchedules(
            KernelGraph graph,
            Schedules schedules,
            Target target,
            Numerics numerics,
            Function<KernelKey, Optional<String>> whyUnfit) {
        this.target = target;
        this.numerics = numerics;
        this.graph = graph;
        this.schedules = schedules;
        this.whyUnfit = whyUnfit;
        this.tunable = new TunableKernels(graph);
        this.types = new LinkedHashMap<>(graph.types());
        this.layouts = new HashMap<>(graph.layouts());
    }

    /**
     * @param whyUnfit why a kernel cannot be made with its trace, if it cannot
     */
    static KernelGraph apply(
            KernelGraph graph,
            Schedules schedules,
            Target target,
            Numerics numerics,
            Function<KernelKey, Optional<String>> whyUnfit) {
        return new ChooseSchedules(graph, schedules, target, numerics, whyUnfit).apply();
    }

    private KernelGraph apply() {
        for (Operation operation : graph.operations()) {
            switch (operation) {
                case Operation.View _, Operation.Part _, Operation.Join _ -> operations.add(operation);
                case Operation.Kernel kernel when isFixed(kernel) -> operations.add(kernel);
                case Operation.Kernel kernel -> add(kernel);
            }
        }
        return new KernelGraph(graph.inputs(), graph.constants(), operations, graph.outputs(), types, layouts);
    }

    private boolean isFixed(Operation.Kernel kernel) {
        return kernel.inputs().stream().allMatch(tunable::isFixed);
    }

    private void add(Operation.Kernel kernel) {
        TunableKernel described = tunable.of(kernel);
        for (Schedules.Choice choice : schedules.of(described)) {
            Optional<Operation.Algorithm> algorithm = kernel.algorithms().stream()
                    .filter(a -> a.variant().equals(choice.variant()))
                    .findFirst();
            Optional<String> problem = algorithm.isEmpty()
                    ? Optional.of("there is no variant '" + choice.variant() + "' of it")
                    : problem(described, algorithm.get(), choice.trace());
            if (problem.isEmpty()) {
                follow(kernel, algorithm.orElseThrow(), choice.trace(), true);
                return;
            }
            schedules.unfit(described, choice, problem.get());
        }
        TunableKernel.Preference preferred = described.preference(target, numerics);
        preferred
                .trace()
                .ifPresentOrElse(
                        trace -> follow(kernel, kernel.algorithms().get(preferred.alternative()), trace, false),
                        () -> operations.add(kernel));
    }

    /** What the trace says of tensors that are not weights must be what is around the kernel. */
    private Optional<String> problem(TunableKernel kernel, Operation.Algorithm algorithm, Trace trace) {
        Map<String, LayoutMap> wanted = layouts(trace);
        TunableKernel.Alternative alternative = kernel.alternatives().stream()
                .filter(a -> a.variant().equals(algorithm.variant()))
                .findFirst()
                .orElseThrow();
        List<String> free = new ArrayList<>(algorithm.program().outputs());
        algorithm.program().inputs().forEach(input -> free.add(input.name()));
        free.removeAll(alternative.constants());
        for (String tensor : free) {
            LayoutMap has = kernel.layouts().get(tensor);
            LayoutMap wants = simplified(algorithm.program(), tensor, wanted.get(tensor));
            boolean same = has == null ? wants == null || wants.isRowMajor() : has.equals(wants);
            if (!same) {
                return Optional.of("its " + tensor + " lies " + text(has) + " in the model, and the trace wants it "
                        + text(wants));
            }
        }
        return whyUnfit.apply(new KernelKey(algorithm.program(), wanted, Optional.of(trace)));
    }

    /** As the layouts of the model's values are. */
    private static @Nullable LayoutMap simplified(TensorProgram program, String tensor, @Nullable LayoutMap layout) {
        return layout == null ? null : Layouts.simplified(layout, extents(program, tensor));
    }

    private static int[] extents(TensorProgram program, String tensor) {
        List<Expr> shape = program.input(tensor)
                .map(TensorProgram.Declaration::shape)
                .or(() -> program.stage(tensor).map(Stage::shape))
                .orElseThrow();
        return shape.stream()
                .mapToInt(extent -> Math.toIntExact(IndexMath.constant(extent).orElseThrow()))
                .toArray();
    }

    private static String text(@Nullable LayoutMap layout) {
        return layout == null ? "row-major" : "as " + layout.text();
    }

    private static Map<String, LayoutMap> layouts(Trace trace) {
        Map<String, LayoutMap> layouts = new HashMap<>();
        trace.steps().forEach(step -> {
            if (step instanceof Layout(String tensor, LayoutMap layout)) {
                layouts.put(tensor, layout);
            }
        });
        return layouts;
    }

    private void follow(Operation.Kernel kernel, Operation.Algorithm algorithm, Trace trace, boolean tuned) {
        algorithm.preparation().ifPresent(preparation -> {
            if (!operations.stream().anyMatch(o -> o.outputs().equals(preparation.outputs()))) {
                operations.add(preparation.operation(kernel.name(), kernel.operator()));
            }
        });
        Map<String, LayoutMap> wanted = layouts(trace);
        List<String> inputs = new ArrayList<>();
        List<TensorProgram.Declaration> firstInputs =
                kernel.algorithms().getFirst().program().inputs();
        for (int i = 0; i < algorithm.inputs().size(); i++) {
            String value = algorithm.inputs().get(i);
            TensorProgram.Declaration tensor = algorithm.program().inputs().get(i);
            boolean prepared = algorithm.preparation().isPresent()
                    && algorithm.preparation().get().outputs().contains(value);
            if (prepared || tunable.isFixed(value)) {
                LayoutMap layout = wanted.getOrDefault(
                        tensor.name(), LayoutMap.rowMajor(tensor.shape().size()));
                inputs.add(packed(value, layout));
            } else {
                inputs.add(kernel.inputs().get(firstInputs.indexOf(tensor)));
            }
        }
        operations.add(new Operation.Kernel(
                kernel.name(),
                kernel.operator(),
                algorithm.program(),
                inputs,
                kernel.outputs(),
                kernel.algorithms(),
                Optional.of(trace),
                tuned));
    }

    /** The weight in this layout: itself, or a copy that all readers share. */
    private String packed(String value, LayoutMap wanted) {
        TensorType type = java.util.Objects.requireNonNull(types.get(value), value);
        int[] shape = type.shape().extents();
        LayoutMap layout = Layouts.simplified(wanted, shape);
        LayoutMap has = layouts.getOrDefault(value, LayoutMap.rowMajor(shape.length));
        if (layout.equals(has)) {
            return value;
        }
        return copies.computeIfAbsent(value + " packed as " + layout.text(), copy -> {
            operations.add(new Operation.Kernel(
                    "copy(" + value + ")",
                    "Copy",
                    CopyProgram.of(type.element(), shape),
                    List.of(value),
                    List.of(copy)));
            types.put(copy, type);
            if (!layout.isRowMajor()) {
                layouts.put(copy, layout);
            }
            return copy;
        });
    }
}
