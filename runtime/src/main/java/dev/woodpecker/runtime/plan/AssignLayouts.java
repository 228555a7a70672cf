package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.LaneLayout;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.program.CopyProgram;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.plan.program.LayoutTakers;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides how every value lies in memory. A kernel that has a preference gets its layouts; others go on with the layout of
 * what they read, if they can; where a producer's and a reader's layouts differ, a copy is put between them. Inputs,
 * outputs and views stay row-major.
 *
 * <pre>
 * y = conv2d(x, w)        x2: as 0,1/16,2,3,1%16 = copy(x); w2: as 0/32,1/16,... = copy(w)
 * z = relu(y)        ->   y: as 0,1/16,2,3,1%16 = conv2d(x2, w2); z: as 0,1/16,2,3,1%16 = relu(y)
 *                         z2 = copy(z)
 * </pre>
 */
final class AssignLayouts {
    /** Multiply-adds for each element that is copied, from which on a better layout pays for the copy. */
    private static final long WORTHWHILE = 8;

    private final KernelGraph graph;
    private final LayoutPreferences preferences;
    private final List<Operation> operations = new ArrayList<>();
    private final Map<String, TensorType> types;
    private final Map<String, LayoutMap> layouts = new HashMap<>();
    private final Map<String, String> copies = new HashMap<>();
    private final Map<String, List<Operation>> readers = new HashMap<>();
    /** Values that are computed once, from constants alone. */
    private final Set<String> fixed;

    private AssignLayouts(KernelGraph graph, LayoutPreferences preferences) {
        this.graph = graph;
        this.preferences = preferences;
        this.types = new LinkedHashMap<>(graph.types());
        this.fixed = new HashSet<>(graph.constants().keySet());
        graph.operations()
                .forEach(operation -> operation.inputs().stream()
                        .distinct()
                        .forEach(value -> readers.computeIfAbsent(value, _ -> new ArrayList<>())
                                .add(operation)));
    }

    static KernelGraph apply(KernelGraph graph, LayoutPreferences preferences) {
        return new AssignLayouts(graph, preferences).assign();
    }

    private KernelGraph assign() {
        for (Operation operation : graph.operations()) {
            if (fixed.containsAll(operation.inputs())) {
                fixed.addAll(operation.outputs());
            }
            switch (operation) {
                case Operation.View view -> add(view);
                case Operation.Kernel kernel -> add(kernel);
                case Operation.Part _, Operation.Join _ -> throw shared(operation);
            }
        }
        List<String> outputs = new ArrayList<>();
        Map<String, String> renamed = new HashMap<>();
        for (String output : graph.outputs()) {
            String value = rowMajor(output);
            if (!value.equals(output)) {
                renamed.put(output, value);
            }
            outputs.add(value);
        }
        return renameOutputs(outputs, renamed);
    }

    private static IllegalStateException shared(Operation operation) {
        return new IllegalStateException("'" + operation.name() + "' shares memory before its layout is known");
    }

    /** A copy that became an output takes over the output's name, and what it copies gets another. */
    private KernelGraph renameOutputs(List<String> outputs, Map<String, String> renamed) {
        Map<String, String> names = new HashMap<>();
        renamed.forEach((output, copy) -> {
            names.put(output, copy);
            names.put(copy, output);
        });
        List<Operation> result = operations.stream()
                .map(operation -> switch (operation) {
                    case Operation.View view ->
                        (Operation)
                                new Operation.View(view.name(), name(view.input(), names), name(view.output(), names));
                    case Operation.Kernel kernel -> kernel.renamed(v -> name(v, names));
                    case Operation.Part _, Operation.Join _ -> throw shared(operation);
                })
                .toList();
        Map<String, LayoutMap> newLayouts = new HashMap<>();
        layouts.forEach((value, layout) -> newLayouts.put(name(value, names), layout));
        Map<String, TensorType> newTypes = new LinkedHashMap<>();
        types.forEach((value, type) -> newTypes.put(name(value, names), type));
        return new KernelGraph(
                graph.inputs(),
                graph.constants(),
                result,
                outputs.stream().map(v -> name(v, names)).toList(),
                newTypes,
                newLayouts);
    }

    private static String name(String value, Map<String, String> names) {
        return names.getOrDefault(value, value);
    }

    /** A view of what lies in blocks, if its shape has a name for that order of the elements. */
    private void add(Operation.View view) {
        LayoutMap layout = layout(view.input());
        boolean seen =
                !layout.isRowMajor() && !Layouts.pads(layout, shape(view.input())) && !fixed.contains(view.input());
        Optional<LayoutMap> kept =
                seen ? Layouts.seenAs(layout, shape(view.input()), shape(view.output())) : Optional.empty();
        kept.ifPresent(k -> set(view.output(), k));
        String input = kept.isPresent() ? view.input() : rowMajor(view.input());
        operations.add(new Operation.View(view.name(), input, view.output()));
    }

    private void add(Operation.Kernel kernel) {
        Map<String, LayoutMap> wanted =
                fixed.containsAll(kernel.inputs()) ? Map.of() : preferences.of(kernel.program());
        Map<String, LayoutMap> chosen = wanted.isEmpty() ? followed(kernel) : preferred(kernel, wanted);
        TensorProgram program = kernel.program();
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < kernel.inputs().size(); i++) {
            String value = kernel.inputs().get(i);
            LayoutMap layout = chosen.get(program.inputs().get(i).name());
            inputs.add(layout == null ? rowMajor(value) : as(value, layout));
        }
        for (int i = 0; i < kernel.outputs().size(); i++) {
            LayoutMap layout = chosen.get(program.outputs().get(i));
            if (layout != null) {
                set(kernel.outputs().get(i), layout);
            }
        }
        operations.add(kernel.withInputs(inputs));
    }

    /** What the kernel prefers, as far as it pays; tensors read at the result's own index lie as the result does. */
    private Map<String, LayoutMap> preferred(Operation.Kernel kernel, Map<String, LayoutMap> wanted) {
        TensorProgram program = kernel.program();
        long multiplyAdds = Cost.of(program).multiplyAdds();
        Map<String, LayoutMap> chosen = new HashMap<>();
        for (int i = 0; i < kernel.outputs().size(); i++) {
            LayoutMap layout = wanted.get(program.outputs().get(i));
            if (layout != null && !Layouts.pads(layout, shape(kernel.outputs().get(i)))) {
                chosen.put(program.outputs().get(i), layout);
            }
        }
        for (int i = 0; i < kernel.inputs().size(); i++) {
            String value = kernel.inputs().get(i);
            String tensor = program.inputs().get(i).name();
            LayoutMap layout = wanted.get(tensor);
            if (layout != null) {
                boolean free = fixed.contains(value) || layout(value).equals(layout);
                boolean pays = multiplyAdds >= WORTHWHILE * Layouts.elements(layout, shape(value))
                        && !Layouts.pads(layout, shape(value));
                if (free || pays) {
                    chosen.put(tensor, layout);
                }
            } else {
                ofResult(program, tensor, chosen, kernel, value);
            }
        }
        return chosen;
    }

    private void ofResult(
            TensorProgram program,
            String tensor,
            Map<String, LayoutMap> chosen,
            Operation.Kernel kernel,
            String value) {
        for (int i = 0; i < program.outputs().size(); i++) {
            LayoutMap layout = chosen.get(program.outputs().get(i));
            boolean sameShape =
                    type(value).shape().equals(type(kernel.outputs().get(i)).shape());
            if (layout != null && sameShape && LayoutTakers.readsAtOwnIndex(program, tensor)) {
                chosen.put(tensor, layout);
            }
        }
    }

    /** The layout of an input that all of the kernel can take, if that saves more copying than it causes. */
    private Map<String, LayoutMap> followed(Operation.Kernel kernel) {
        Map<String, LayoutMap> best = Map.of();
        long bestBytes = copiedBytes(kernel, best);
        long bestBytesLater = copiedLater(kernel, best);
        for (int i = 0; i < kernel.inputs().size(); i++) {
            LayoutMap layout = layout(kernel.inputs().get(i));
            if (layout.isRowMajor()) {
                continue;
            }
            Map<String, LayoutMap> candidate = LayoutTakers.takers(kernel.program(), layout);
            boolean taken =
                    candidate.containsKey(kernel.program().inputs().get(i).name())
                            && candidate.keySet().containsAll(kernel.program().outputs());
            long bytes = copiedBytes(kernel, candidate);
            if (taken && bytes <= bestBytes && bytes + copiedLater(kernel, candidate) <= bestBytes + bestBytesLater) {
                best = candidate;
                bestBytes = bytes;
                bestBytesLater = copiedLater(kernel, candidate);
            }
            String tensor = kernel.program().inputs().get(i).name();
            Map<String, LayoutMap> read = Map.of(tensor, layout);
            if (!taken
                    && LayoutTakers.readsBlocksAlongRows(kernel.program(), tensor, layout)
                    && copiedBytes(kernel, read) < bestBytes) {
                best = read;
                bestBytes = copiedBytes(kernel, read);
                bestBytesLater = copiedLater(kernel, read);
            }
        }
        return withLanesOfWeights(kernel, best);
    }

    /** Weights that vectors of the result run through: once laid out so, they are read without gathering. */
    private Map<String, LayoutMap> withLanesOfWeights(Operation.Kernel kernel, Map<String, LayoutMap> chosen) {
        Map<String, LayoutMap> all = new HashMap<>(chosen);
        LayoutMap result = chosen.get(kernel.program().outputs().getFirst());
        for (int i = 0; result != null && i < kernel.inputs().size(); i++) {
            String tensor = kernel.program().inputs().get(i).name();
            if (fixed.contains(kernel.inputs().get(i)) && !chosen.containsKey(tensor)) {
                LaneLayout.of(kernel.program(), tensor, result).ifPresent(layout -> all.put(tensor, layout));
            }
        }
        return all;
    }

    private long copiedBytes(Operation.Kernel kernel, Map<String, LayoutMap> chosen) {
        long bytes = 0;
        for (int i = 0; i < kernel.inputs().size(); i++) {
            String value = kernel.inputs().get(i);
            LayoutMap rowMajor = LayoutMap.rowMajor(shape(value).length);
            LayoutMap layout =
                    chosen.getOrDefault(kernel.program().inputs().get(i).name(), rowMajor);
            if (!fixed.contains(value) && !simplified(value, layout).equals(layout(value))) {
                bytes += Layouts.elements(layout, shape(value))
                        * type(value).element().bytes();
            }
        }
        return bytes;
    }

    /** What results have to be copied for views that cannot see them in this layout, which nothing else reads. */
    private long copiedLater(Operation.Kernel kernel, Map<String, LayoutMap> chosen) {
        long bytes = 0;
        for (int i = 0; i < kernel.outputs().size(); i++) {
            String value = kernel.outputs().get(i);
            LayoutMap layout =
                    chosen.getOrDefault(kernel.program().outputs().get(i), LayoutMap.rowMajor(shape(value).length));
            if (!simplified(value, layout).isRowMajor() && isUnseen(value, layout)) {
                bytes += Layouts.elements(layout, shape(value))
                        * type(value).element().bytes();
            }
        }
        return bytes;
    }

    /** Whether all that reads the value are views which cannot see it in this layout. */
    private boolean isUnseen(String value, LayoutMap layout) {
        List<Operation> all = readers.getOrDefault(value, List.of());
        return !all.isEmpty()
                && all.stream()
                        .allMatch(reader -> reader instanceof Operation.View view
                                && Layouts.seenAs(layout, shape(value), shape(view.output()))
                                        .isEmpty());
    }

    private String rowMajor(String value) {
        return as(value, LayoutMap.rowMajor(shape(value).length));
    }

    /** The value in this layout: itself, or a copy that all readers share. */
    private String as(String value, LayoutMap wanted) {
        LayoutMap layout = simplified(value, wanted);
        if (layout.equals(layout(value))) {
            return value;
        }
        return copies.computeIfAbsent(value + " as " + layout.text(), copy -> {
            TensorType type = type(value);
            operations.add(new Operation.Kernel(
                    "copy(" + value + ")",
                    "Copy",
                    CopyProgram.of(type.element(), shape(value)),
                    List.of(value),
                    List.of(copy)));
            types.put(copy, type);
            set(copy, layout);
            if (fixed.contains(value)) {
                fixed.add(copy);
            }
            return copy;
        });
    }

    private void set(String value, LayoutMap layout) {
        LayoutMap simplified = simplified(value, layout);
        if (!simplified.isRowMajor()) {
            layouts.put(value, simplified);
        }
    }

    private LayoutMap simplified(String value, LayoutMap layout) {
        return Layouts.simplified(layout, shape(value));
    }

    private LayoutMap layout(String value) {
        LayoutMap layout = layouts.get(value);
        return layout == null ? LayoutMap.rowMajor(shape(value).length) : layout;
    }

    private int[] shape(String value) {
        return type(value).shape().extents();
    }

    private TensorType type(String value) {
        TensorType type = types.get(value);
        if (type == null) {
            throw new IllegalStateException("the type of '" + value + "' is not known");
        }
        return type;
    }
}
