package dev.woodpecker.tuner.task;

import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A candidate: a variant and its schedule, or why there is none.
 *
 * @param decisions all of them in order, the choice of the variant first where there are several
 */
public record Point(Variant variant, List<Decision> decisions, SpacePoint result) {
    public Point {
        decisions = List.copyOf(decisions);
    }

    /** By name, in order. Points with equal decisions are equal candidates. */
    public Map<String, Long> decisionsByName() {
        Map<String, Long> named = new LinkedHashMap<>();
        decisions.forEach(decision -> named.put(decision.point().name(), decision.value()));
        return named;
    }
}
