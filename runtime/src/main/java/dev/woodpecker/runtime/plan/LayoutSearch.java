package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The layouts of a whole graph that cost least, copies included, by dynamic programming over its operations in their order: of
 * all ways to come to an operation after which the values that are still to be read lie alike, with the same copies of them,
 * the cheapest goes on.
 *
 * <pre>
 * after conv1:  y in blocks                                           12 us
 * after pool1:  p in blocks | p row-major, y in blocks and row-major  15 us | 31 us
 * after conv2:  z in blocks                                           24 us       what came to p row-major is forgotten
 * </pre>
 *
 * <p>Exact as long as there are no more than {@link #MOST_STATES} such states at once: where seven values of two layouts each
 * are alive, say. Of more, the cheapest stay.
 */
final class LayoutSearch {
    static final int MOST_STATES = 128;

    private final LayoutFacts facts;
    private final LayoutOptions options;
    /** The position of the last operation that reads a value; of the graph's outputs, none. */
    private final Map<String, Integer> lastReads = new HashMap<>();

    private LayoutSearch(LayoutFacts facts, LayoutOptions options) {
        this.facts = facts;
        this.options = options;
        List<Operation> operations = facts.graph().operations();
        for (int i = 0; i < operations.size(); i++) {
            for (String input : operations.get(i).inputs()) {
                lastReads.put(input, i);
            }
        }
        facts.graph().outputs().forEach(output -> lastReads.put(output, Integer.MAX_VALUE));
    }

    /** The layouts of each operation, by the graph's order. */
    static List<Map<String, LayoutMap>> chosen(LayoutFacts facts, LayoutPreferences preferences) {
        return new LayoutSearch(facts, new LayoutOptions(facts, preferences)).chosen();
    }

    /**
     * How a value lies.
     *
     * @param copies layouts that it has been copied to
     */
    private record Lie(LayoutMap layout, Set<LayoutMap> copies) {}

    /**
     * @param lies of the values that are still to be read, where they are not row-major without copies
     * @param last what was chosen to come here
     */
    private record State(Map<String, Lie> lies, double nanoseconds, Optional<Step> last) {}

    private record Step(State before, Map<String, LayoutMap> layouts) {}

    private List<Map<String, LayoutMap>> chosen() {
        List<State> states = List.of(new State(Map.of(), 0, Optional.empty()));
        List<Operation> operations = facts.graph().operations();
        for (int i = 0; i < operations.size(); i++) {
            Map<Map<String, Lie>, State> next = new LinkedHashMap<>();
            for (State state : states) {
                for (LayoutOptions.Option option : options.of(operations.get(i), inputs(operations.get(i), state))) {
                    State after = after(state, operations.get(i), option, i);
                    next.merge(after.lies(), after, (a, b) -> b.nanoseconds() < a.nanoseconds() ? b : a);
                }
            }
            states = next.values().stream()
                    .sorted(Comparator.comparingDouble(State::nanoseconds))
                    .limit(MOST_STATES)
                    .toList();
        }
        State best = states.stream()
                .min(Comparator.comparingDouble(state -> state.nanoseconds() + ofOutputs(state)))
                .orElseThrow();
        LinkedList<Map<String, LayoutMap>> chosen = new LinkedList<>();
        for (Optional<Step> step = best.last();
                step.isPresent();
                step = step.get().before().last()) {
            chosen.addFirst(step.get().layouts());
        }
        return List.copyOf(chosen);
    }

    private List<LayoutMap> inputs(Operation operation, State state) {
        return operation.inputs().stream()
                .map(value -> lie(state.lies(), value).layout())
                .toList();
    }

    private Lie lie(Map<String, Lie> lies, String value) {
        Lie lie = lies.get(value);
        return lie == null ? new Lie(facts.rowMajor(value), Set.of()) : lie;
    }

    private State after(State state, Operation operation, LayoutOptions.Option option, int position) {
        Map<String, Lie> lies = new HashMap<>(state.lies());
        double nanoseconds = state.nanoseconds() + option.nanoseconds();
        for (int i = 0; i < operation.inputs().size(); i++) {
            String value = operation.inputs().get(i);
            LayoutMap wanted = facts.layoutOfInput(operation, i, option.layouts());
            Lie lie = lie(lies, value);
            if (!facts.isFixed(value)
                    && !lie.layout().equals(wanted)
                    && !lie.copies().contains(wanted)) {
                nanoseconds += LayoutCosts.ofCopy(facts.bytes(value, wanted));
                Set<LayoutMap> copies = new HashSet<>(lie.copies());
                copies.add(wanted);
                lies.put(value, new Lie(lie.layout(), Set.copyOf(copies)));
            }
        }
        for (int i = 0; i < operation.outputs().size(); i++) {
            String value = operation.outputs().get(i);
            LayoutMap layout = facts.layoutOfOutput(operation, i, option.layouts());
            if (!layout.isRowMajor() && !facts.isFixed(value)) {
                lies.put(value, new Lie(layout, Set.of()));
            }
        }
        lies.keySet().removeIf(value -> lastReads.getOrDefault(value, -1) <= position);
        return new State(Map.copyOf(lies), nanoseconds, Optional.of(new Step(state, option.layouts())));
    }

    /** Copies of what is returned, which is row-major. */
    private double ofOutputs(State state) {
        return facts.graph().outputs().stream()
                .distinct()
                .filter(value -> !lie(state.lies(), value).layout().isRowMajor()
                        && !lie(state.lies(), value).copies().contains(facts.rowMajor(value)))
                .mapToDouble(value -> LayoutCosts.ofCopy(facts.bytes(value, facts.rowMajor(value))))
                .sum();
    }
}
