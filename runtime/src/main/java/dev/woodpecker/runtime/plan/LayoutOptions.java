package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.LaneLayout;
import dev.woodpecker.runtime.plan.program.LayoutTakers;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The ways in which an operation's values may lie. A kernel that has a preference has its results so, and reads its data so
 * or as rows; another takes any layout that it can be computed in as well: one that its inputs have, or one that others want.
 */
final class LayoutOptions {
    private final LayoutFacts facts;
    private final Map<Operation.Kernel, Map<String, LayoutMap>> preferences = new HashMap<>();
    /** Layouts of data that some kernel prefers. */
    private final Set<LayoutMap> wanted = new LinkedHashSet<>();

    private final Map<Asked, List<Option>> known = new HashMap<>();

    /**
     * @param layouts those that are not row-major, by the kernel's tensor; of a view, see {@link LayoutFacts#VIEW}
     * @param nanoseconds what of the operation depends on them
     */
    record Option(Map<String, LayoutMap> layouts, double nanoseconds) {
        Option {
            layouts = Map.copyOf(layouts);
        }
    }

    private record Asked(String operation, List<LayoutMap> inputs) {}

    LayoutOptions(LayoutFacts facts, LayoutPreferences wishes) {
        this.facts = facts;
        for (Operation operation : facts.graph().operations()) {
            if (operation instanceof Operation.Kernel kernel
                    && !kernel.inputs().stream().allMatch(facts::isFixed)) {
                Map<String, LayoutMap> wish = wishes.of(kernel.program());
                preferences.put(kernel, wish);
                for (int i = 0; i < kernel.inputs().size(); i++) {
                    LayoutMap layout = wish.get(kernel.program().inputs().get(i).name());
                    if (layout != null && !facts.isFixed(kernel.inputs().get(i))) {
                        wanted.add(layout);
                    }
                }
            }
        }
    }

    /**
     * @param inputs how the operation's inputs lie
     */
    List<Option> of(Operation operation, List<LayoutMap> inputs) {
        return known.computeIfAbsent(
                new Asked(operation.name() + operation.outputs(), inputs), _ -> found(operation, inputs));
    }

    private List<Option> found(Operation operation, List<LayoutMap> inputs) {
        return switch (operation) {
            case Operation.View view -> ofView(view, inputs.getFirst());
            case Operation.Kernel kernel -> {
                Map<String, LayoutMap> wish = preferences.getOrDefault(kernel, Map.of());
                yield wish.isEmpty() ? others(kernel, inputs) : preferred(kernel, wish, inputs);
            }
            case Operation.Part _, Operation.Join _ -> throw LayoutFacts.shared(operation);
        };
    }

    /** A view of what lies in blocks, if its shape has a name for that order of the elements. */
    private List<Option> ofView(Operation.View view, LayoutMap layout) {
        List<Option> options = new ArrayList<>();
        boolean seen = !layout.isRowMajor() && !facts.pads(view.input(), layout) && !facts.isFixed(view.input());
        if (seen
                && Layouts.seenAs(layout, facts.shape(view.input()), facts.shape(view.output()))
                        .isPresent()) {
            options.add(new Option(Map.of(LayoutFacts.VIEW, layout), 0));
        }
        options.add(new Option(Map.of(), 0));
        return options;
    }

    /** With the data as they are wanted, by a copy if need be, and with those that lie otherwise as rows. */
    private List<Option> preferred(Operation.Kernel kernel, Map<String, LayoutMap> wish, List<LayoutMap> inputs) {
        Map<String, LayoutMap> results = new HashMap<>();
        for (int i = 0; i < kernel.outputs().size(); i++) {
            String tensor = kernel.program().outputs().get(i);
            LayoutMap layout = wish.get(tensor);
            if (layout != null && !facts.pads(kernel.outputs().get(i), layout)) {
                results.put(tensor, layout);
            }
        }
        Map<String, LayoutMap> copied = new HashMap<>(results);
        Map<String, LayoutMap> asTheyAre = new HashMap<>(results);
        for (int i = 0; i < kernel.inputs().size(); i++) {
            String value = kernel.inputs().get(i);
            String tensor = kernel.program().inputs().get(i).name();
            LayoutMap layout = wish.get(tensor);
            if (layout == null) {
                ofResult(kernel, tensor, value, results).ifPresent(l -> {
                    copied.put(tensor, l);
                    asTheyAre.put(tensor, l);
                });
            } else {
                boolean free = facts.isFixed(value) || inputs.get(i).equals(layout);
                if (free) {
                    asTheyAre.put(tensor, layout);
                }
                if (free || !facts.pads(value, layout)) {
                    copied.put(tensor, layout);
                }
            }
        }
        List<Option> options = new ArrayList<>();
        options.add(new Option(copied, LayoutCosts.ofContraction(kernel.program(), true)));
        if (!asTheyAre.equals(copied)) {
            options.add(new Option(asTheyAre, LayoutCosts.ofContraction(kernel.program(), false)));
        }
        return options;
    }

    /** The layout of a result for a tensor that is read at the result's own index. */
    private Optional<LayoutMap> ofResult(
            Operation.Kernel kernel, String tensor, String value, Map<String, LayoutMap> results) {
        for (int i = 0; i < kernel.outputs().size(); i++) {
            LayoutMap layout = results.get(kernel.program().outputs().get(i));
            boolean sameShape = facts.graph()
                    .type(value)
                    .shape()
                    .equals(facts.graph().type(kernel.outputs().get(i)).shape());
            if (layout != null && sameShape && LayoutTakers.readsAtOwnIndex(kernel.program(), tensor)) {
                return Optional.of(layout);
            }
        }
        return Optional.empty();
    }

    /** In a layout that all of the kernel can take, reading blocks along rows, and row-major. */
    private List<Option> others(Operation.Kernel kernel, List<LayoutMap> inputs) {
        TensorProgram program = kernel.program();
        Set<Map<String, LayoutMap>> found = new LinkedHashSet<>();
        Set<LayoutMap> tried = new HashSet<>();
        if (!kernel.inputs().stream().allMatch(facts::isFixed)) {
            for (int i = 0; i < inputs.size(); i++) {
                LayoutMap layout = inputs.get(i);
                if (!layout.isRowMajor() && !facts.isFixed(kernel.inputs().get(i))) {
                    String tensor = program.inputs().get(i).name();
                    Map<String, LayoutMap> takers = LayoutTakers.takers(program, layout);
                    if (takers.containsKey(tensor) && takers.keySet().containsAll(program.outputs())) {
                        found.add(takers);
                        tried.add(layout);
                    } else if (LayoutTakers.readsBlocksAlongRows(program, tensor, layout)) {
                        found.add(Map.of(tensor, layout));
                    }
                }
            }
            found.add(Map.of());
            wanted.stream()
                    .filter(tried::add)
                    .forEach(layout -> blocked(kernel, layout).ifPresent(found::add));
        } else {
            found.add(Map.of());
        }
        return found.stream()
                .map(layouts -> new Option(withLanesOfWeights(kernel, layouts), LayoutCosts.ofOther(program, layouts)))
                .toList();
    }

    /** The kernel in a layout that its inputs do not have yet, if all maps that it reads may lie so. */
    private Optional<Map<String, LayoutMap>> blocked(Operation.Kernel kernel, LayoutMap layout) {
        TensorProgram program = kernel.program();
        Map<String, LayoutMap> takers = LayoutTakers.takers(program, layout);
        boolean all = takers.keySet().containsAll(program.outputs());
        for (int i = 0; i < kernel.inputs().size(); i++) {
            all &= facts.isFixed(kernel.inputs().get(i))
                    || takers.containsKey(program.inputs().get(i).name());
        }
        return all ? Optional.of(takers) : Optional.empty();
    }

    /** Weights that vectors of the result run through: once laid out so, they are read without gathering. */
    private Map<String, LayoutMap> withLanesOfWeights(Operation.Kernel kernel, Map<String, LayoutMap> chosen) {
        Map<String, LayoutMap> all = new HashMap<>(chosen);
        LayoutMap result = chosen.get(kernel.program().outputs().getFirst());
        for (int i = 0; result != null && i < kernel.inputs().size(); i++) {
            String tensor = kernel.program().inputs().get(i).name();
            if (facts.isFixed(kernel.inputs().get(i)) && !chosen.containsKey(tensor)) {
                LaneLayout.of(kernel.program(), tensor, result).ifPresent(layout -> all.put(tensor, layout));
            }
        }
        return all;
    }
}
