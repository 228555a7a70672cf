package dev.woodpecker.tuner.space;

import dev.woodpecker.compiler.lower.Finding;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.lower.Verifier;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.search.Enumeration;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * What is found in the space of one variant of a task.
 *
 * @param choices in the order in which they are made
 * @param sampled how many points were drawn, all values of a choice equally likely
 * @param refused those of them that do not become a kernel, by reason
 */
public record SpaceSurvey(Variant variant, List<Choice> choices, Size size, int sampled, List<Refusal> refused) {
    /** Beyond so many points a space is not counted. */
    private static final int MOST_COUNTED = 20_000;

    /** Nor if it takes longer. */
    private static final double MOST_COUNTING_SECONDS = 3;

    public SpaceSurvey {
        choices = List.copyOf(choices);
        refused = List.copyOf(refused);
    }

    /**
     * A choice as the samples met it.
     *
     * @param values all that were in its domain; which they are can depend on earlier choices
     * @param preferred by the default schedule; nothing where that does not come to this choice
     * @param share of the samples that came to it
     */
    public record Choice(String name, List<Long> values, Optional<Long> preferred, double share) {
        public Choice {
            values = List.copyOf(values);
        }
    }

    /** How many points there are: counted, or else estimated (Knuth, Math. of Computation 29, 1975, p. 121). */
    public record Size(double points, boolean isExact) {}

    /**
     * Points that are refused for like reasons.
     *
     * @param by {@code rules}, {@code lowering} or {@code verifier}
     * @param example the reason of the first of them
     */
    public record Refusal(String by, String example, int count) {}

    /** Surveys each variant of a task. */
    public static List<SpaceSurvey> of(TuningTask task, int samples, RandomGenerator random) {
        List<SpaceSurvey> surveys = new ArrayList<>();
        for (Variant variant : task.variants()) {
            TuningTask alone = new TuningTask(
                    task.name(),
                    task.operator(),
                    List.of(variant),
                    task.target(),
                    task.numerics(),
                    task.layouts(),
                    task.constants(),
                    task.weight(),
                    task.coldWeights());
            surveys.add(new Surveyor(alone).survey(samples, random));
        }
        return List.copyOf(surveys);
    }

    private static final class Surveyor {
        /** A choice while samples come in. */
        private static final class Seen {
            final TreeSet<Long> values = new TreeSet<>();
            int times;
        }

        private final TuningTask task;
        private final SearchSpace space;
        private final Map<String, Seen> seen = new LinkedHashMap<>();
        private final Map<String, Refusal> refusals = new LinkedHashMap<>();

        Surveyor(TuningTask task) {
            this.task = task;
            this.space = SearchSpace.of(task);
        }

        SpaceSurvey survey(int samples, RandomGenerator random) {
            Point preferred = space.point(Chooser.preferred());
            see(preferred);
            seen.values().forEach(choice -> choice.times = 0);
            double estimate = 0;
            for (int i = 0; i < samples; i++) {
                Point point = space.point(choice ->
                        choice.domain().get(random.nextInt(choice.domain().size())));
                see(point);
                estimate += paths(point) / samples;
                refusal(point).ifPresent(this::count);
            }
            Map<String, Long> defaults = preferred.decisionsByName();
            List<Choice> choices = new ArrayList<>();
            seen.forEach((name, choice) -> choices.add(new Choice(
                    name,
                    List.copyOf(choice.values),
                    Optional.ofNullable(defaults.get(name)),
                    (double) choice.times / samples)));
            return new SpaceSurvey(
                    task.variants().getFirst(), choices, size(estimate), samples, List.copyOf(refusals.values()));
        }

        private void see(Point point) {
            for (Decision decision : point.decisions()) {
                Seen choice = seen.computeIfAbsent(decision.point().name(), _ -> new Seen());
                choice.values.addAll(decision.point().domain());
                choice.times++;
            }
        }

        /** How many points there would be if all were like this one: its mean over random points is the size. */
        private static double paths(Point point) {
            return point.decisions().stream()
                    .mapToDouble(decision -> decision.point().domain().size())
                    .reduce(1, (a, b) -> a * b);
        }

        private Size size(double estimate) {
            if (estimate > 2 * MOST_COUNTED) {
                return new Size(estimate, false);
            }
            long begin = System.nanoTime();
            Enumeration points = new Enumeration(space);
            int count = 0;
            while (points.hasNext()) {
                points.next();
                count++;
                if (count > MOST_COUNTED || (System.nanoTime() - begin) * 1e-9 > MOST_COUNTING_SECONDS) {
                    return new Size(Math.max(estimate, count), false);
                }
            }
            return new Size(count, true);
        }

        private Optional<Refusal> refusal(Point point) {
            return switch (point.result()) {
                case SpacePoint.Rejected(List<Decision> _, String reason) ->
                    Optional.of(new Refusal("rules", reason, 1));
                case SpacePoint.Scheduled(List<Decision> _, Trace trace) -> lower(trace);
            };
        }

        private Optional<Refusal> lower(Trace trace) {
            List<Finding> findings = new ArrayList<>();
            Target target = task.target();
            Numerics numerics = task.numerics();
            // Before indices are flat, and on CUDA with the barriers in place: where the verifier sees most.
            String verifiedAfter = target.isCuda() ? "insert barriers" : "place";
            try {
                Lowering.lower(task.variants().getFirst().program(), trace, target, numerics, (pass, stmt) -> {
                    if (pass.equals(verifiedAfter)) {
                        findings.addAll(Verifier.verify(task.name(), stmt, target));
                    }
                });
            } catch (LoweringException misfit) {
                return Optional.of(new Refusal("lowering", String.valueOf(misfit.getMessage()), 1));
            }
            return findings.stream()
                    .findFirst()
                    .map(finding -> new Refusal(
                            "verifier", finding.kind().name().toLowerCase(Locale.ROOT) + ": " + finding.message(), 1));
        }

        /** Reasons that differ in numbers and names alone are one. */
        private void count(Refusal refusal) {
            String kind =
                    refusal.by() + refusal.example().replaceAll("'[^']*'", "''").replaceAll("=[\\w.]+|\\d+", "");
            refusals.merge(kind, refusal, (a, b) -> new Refusal(a.by(), a.example(), a.count() + b.count()));
        }
    }
}
