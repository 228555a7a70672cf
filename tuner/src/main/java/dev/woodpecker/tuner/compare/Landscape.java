package dev.woodpecker.tuner.compare;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.cost.AnalyticModel;
import dev.woodpecker.tuner.cost.KernelFeatures;
import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.search.Knowledge;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.Variant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A kernel's space, or a part of it, of which every point was measured. As a space it leads each chooser to a recorded
 * point: at each choice there are the values that were recorded after what was chosen before.
 *
 * @param shape of {@link dev.woodpecker.tuner.search.TaskShape}
 * @param target for which the features were counted
 * @param machine for people: where the times were measured
 */
public record Landscape(ComparisonKernel kernel, Target target, String machine, List<Double> shape, List<Entry> entries)
        implements SearchSpace {
    private static final Variant VARIANT =
            new Variant("recorded", new TensorProgram("recorded", List.of(), List.of(), List.of()));

    /** What was chosen, and what would have been preferred. */
    public record Choice(String name, long value, long preferred) {}

    /** A point; no features where it was rejected. */
    public record Entry(List<Choice> choices, Outcome outcome, Optional<KernelFeatures> features) {
        public Entry {
            choices = List.copyOf(choices);
        }

        Map<String, Long> decisions() {
            Map<String, Long> decisions = new LinkedHashMap<>();
            choices.forEach(choice -> decisions.put(choice.name(), choice.value()));
            return decisions;
        }
    }

    public Landscape {
        shape = List.copyOf(shape);
        entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new IllegalArgumentException("the landscape of " + kernel.name() + " has no points");
        }
    }

    /** Seconds of the fastest point. */
    public double bestSeconds() {
        return entries.stream()
                .mapToDouble(entry -> seconds(entry.outcome()))
                .min()
                .orElse(Double.POSITIVE_INFINITY);
    }

    static double seconds(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Timed(var seconds) -> seconds.median();
            case Outcome.Failed _ -> Double.POSITIVE_INFINITY;
        };
    }

    @Override
    public Point point(Chooser chooser) {
        List<Entry> left = entries;
        List<Decision> decisions = new ArrayList<>();
        while (decisions.size() < left.getFirst().choices().size()) {
            int depth = decisions.size();
            Choice choice = left.getFirst().choices().get(depth);
            List<Long> domain = left.stream()
                    .map(entry -> entry.choices().get(depth).value())
                    .distinct()
                    .toList();
            long preferred = domain.stream()
                    .min(Comparator.comparingLong(value -> Math.abs(value - choice.preferred())))
                    .orElseThrow();
            ChoicePoint offered = new ChoicePoint(choice.name(), domain, preferred);
            Decision decision = new Decision(offered, chooser.choose(offered));
            decisions.add(decision);
            left = left.stream()
                    .filter(entry -> entry.choices().get(depth).value() == decision.value())
                    .toList();
        }
        return new Point(VARIANT, decisions, result(left.getFirst(), decisions));
    }

    private static SpacePoint result(Entry entry, List<Decision> decisions) {
        return entry.outcome() instanceof Outcome.Failed(Outcome.Failure failure, String reason)
                        && failure == Outcome.Failure.REJECTED
                ? new SpacePoint.Rejected(decisions, reason)
                : new SpacePoint.Scheduled(decisions, new Trace("recorded", List.of(), entry.decisions()));
    }

    /** The entries by their decisions. */
    Map<Map<String, Long>, Entry> byDecisions() {
        Map<Map<String, Long>, Entry> found = new HashMap<>();
        entries.forEach(entry -> found.put(entry.decisions(), entry));
        return found;
    }

    /** What a search may know of this kernel; nothing that was measured. */
    Knowledge knowledge() {
        Map<Map<String, Long>, Entry> known = byDecisions();
        return new Knowledge(
                kernel.name(),
                shape,
                point -> Optional.ofNullable(known.get(point.decisionsByName())).flatMap(Entry::features),
                new AnalyticModel(target),
                new LearnedModel(),
                List.of());
    }
}
