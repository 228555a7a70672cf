package dev.woodpecker.compiler.schedule;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A schedule that can be replayed: the steps, in order, and the decisions for their open factors. A trace without
 * decisions whose steps have choices is a sketch; a search varies the decisions only.
 *
 * @param sketch the name of the rule that made the steps
 */
public record Trace(String sketch, List<Step> steps, Map<String, Long> decisions) {
    public Trace {
        steps = List.copyOf(steps);
        decisions = java.util.Collections.unmodifiableMap(new TreeMap<>(decisions));
    }

    public static Trace of(String sketch, List<Step> steps) {
        return new Trace(sketch, steps, Map.of());
    }

    public Trace withDecisions(Map<String, Long> newDecisions) {
        return new Trace(sketch, steps, newDecisions);
    }

    /** The nest after all steps, or the first step that does not fit, with the reason. */
    public Outcome apply(LoopNest nest) {
        LoopNest current = nest;
        for (Step step : steps) {
            switch (step.apply(current, decisions)) {
                case Outcome.Applied(LoopNest next) -> current = next;
                case Outcome.Rejection rejection -> {
                    return rejection;
                }
            }
        }
        return new Outcome.Applied(current);
    }
}
