package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.cost.AnalyticModel;
import dev.woodpecker.tuner.cost.Feature;
import dev.woodpecker.tuner.cost.Featurizer;
import dev.woodpecker.tuner.cost.KernelFeatures;
import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.Variant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;

/**
 * A space with the shape of a tiled kernel's and times from a formula: register tile, blocks whose domain depends on the
 * tile, a border mode that brings a choice of its own.
 */
record SyntheticSpace(
        Predicate<Map<String, Long>> rejected,
        ToDoubleFunction<Map<String, Long>> seconds,
        UnaryOperator<ChoicePoint> narrowing)
        implements SearchSpace {
    private static final Variant VARIANT =
            new Variant("direct", new TensorProgram("synthetic", List.of(), List.of(), List.of()));

    SyntheticSpace(Predicate<Map<String, Long>> rejected, ToDoubleFunction<Map<String, Long>> seconds) {
        this(rejected, seconds, choice -> choice);
    }

    static SyntheticSpace tiled() {
        return new SyntheticSpace(decisions -> false, SyntheticSpace::tiledSeconds);
    }

    /** The same with no more than the preferred value at choices of these names. */
    SyntheticSpace without(String... names) {
        Set<String> fixed = Set.of(names);
        return new SyntheticSpace(
                rejected,
                seconds,
                choice -> fixed.contains(choice.name())
                        ? new ChoicePoint(choice.name(), List.of(choice.preferred()), choice.preferred())
                        : choice);
    }

    /** Nearly separable, with the best at vectors 4, rows 7 and a valley along the blocks. */
    private static double tiledSeconds(Map<String, Long> d) {
        double tile = Math.abs(d.get("tile.vectors") - 4) * 0.2 + Math.abs(d.get("tile.rows") - 7) * 0.08;
        double accumulators = d.get("tile.vectors") * d.get("tile.rows") > 28 ? 1.5 : 0;
        double blocks = 0.12 * Math.abs(Math.log(d.get("block.channels") / 64.0))
                + 0.1 * Math.abs(Math.log(d.get("block.rows") * d.get("tile.rows") / 56.0));
        double border = d.get("border") == 0 ? 0.05 : 0.02 * d.get("border.ends");
        return 1e-3 * (1 + tile + accumulators + blocks + border);
    }

    @Override
    public Point point(Chooser chooser) {
        List<Decision> made = new ArrayList<>();
        choose("border", List.of(0L, 1L), 0, chooser, made);
        long vectors = choose("tile.vectors", List.of(1L, 2L, 3L, 4L), 2, chooser, made);
        List<Long> rows = new ArrayList<>();
        for (long size = 1; size <= 28; size++) {
            if (size * vectors <= 32) {
                rows.add(size);
            }
        }
        long tile = choose("tile.rows", rows, rows.getLast(), chooser, made);
        List<Long> blocks = List.of(1L, 2L, 4L, 8L, 16L, 32L).stream()
                .filter(block -> block * tile <= 112)
                .toList();
        choose("block.rows", blocks, blocks.getFirst(), chooser, made);
        choose("block.channels", List.of(16L, 32L, 64L, 128L, 256L), 256, chooser, made);
        if (made.getFirst().value() == 1) {
            choose("border.ends", List.of(0L, 1L, 2L), 1, chooser, made);
        }
        Map<String, Long> named = new LinkedHashMap<>();
        made.forEach(decision -> named.put(decision.point().name(), decision.value()));
        SpacePoint result = rejected.test(named)
                ? new SpacePoint.Rejected(made, "does not fit")
                : new SpacePoint.Scheduled(made, new Trace("synthetic", List.of(), named));
        return new Point(VARIANT, made, result);
    }

    private long choose(String name, List<Long> domain, long preferred, Chooser chooser, List<Decision> made) {
        ChoicePoint choice = narrowing.apply(new ChoicePoint(name, domain, preferred));
        made.add(new Decision(choice, chooser.choose(choice)));
        return made.getLast().value();
    }

    /** What a model that looks at the code might see: part of the truth, and something that is not true. */
    Knowledge knowledge() {
        Featurizer featurizer = point -> {
            Map<String, Long> d = point.decisionsByName();
            double accumulators = d.get("tile.vectors") * d.get("tile.rows");
            return Optional.of(new KernelFeatures(Map.of(
                    Feature.COMPUTE_CYCLES,
                    3e6 * (1 + Math.abs(accumulators - 20) / 20),
                    Feature.BUSY_ACCUMULATORS,
                    accumulators,
                    Feature.FIRST_CACHE_BYTES,
                    1e6 * d.get("block.channels"))));
        };
        AnalyticModel analytic = new AnalyticModel(Target.parse("cpu:x86-64-v4"));
        return new Knowledge("synthetic", List.of(), featurizer, analytic, new LearnedModel(), List.of());
    }

    /** Answers from the formula, and ends after so many points. */
    Answers answers(int budget) {
        return new Answers(budget);
    }

    /** Where the searches of a test have their points measured. */
    final class Answers implements Trials {
        private final int budget;
        private final Map<Map<String, Long>, Outcome> known = new LinkedHashMap<>();

        /** Decisions in the order of measuring, each once. */
        final List<Map<String, Long>> order = new ArrayList<>();

        /** Seconds in the order of measuring; infinite for a failure. */
        final List<Double> times = new ArrayList<>();

        private Answers(int budget) {
            this.budget = budget;
        }

        @Override
        public List<Outcome> measure(List<Point> points) {
            List<Outcome> outcomes = new ArrayList<>();
            for (Point point : points) {
                Map<String, Long> key = point.decisionsByName();
                if (!known.containsKey(key)) {
                    known.put(key, outcome(point));
                }
                outcomes.add(known.get(key));
            }
            return outcomes;
        }

        private Outcome outcome(Point point) {
            if (point.result() instanceof SpacePoint.Rejected(var _, String reason)) {
                return new Outcome.Failed(Outcome.Failure.REJECTED, reason);
            }
            if (order.size() == budget) {
                throw new SearchEnded();
            }
            Map<String, Long> key = point.decisionsByName();
            double time = seconds.applyAsDouble(key);
            order.add(key);
            times.add(Double.isNaN(time) ? Double.POSITIVE_INFINITY : time);
            return Double.isNaN(time)
                    ? new Outcome.Failed(Outcome.Failure.CRASH, "segmentation fault")
                    : new Outcome.Timed(Distribution.of(time));
        }

        @Override
        public int remaining() {
            return budget - order.size();
        }

        double best(int trials) {
            return times.stream()
                    .limit(trials)
                    .mapToDouble(Double::doubleValue)
                    .min()
                    .orElse(Double.POSITIVE_INFINITY);
        }

        Set<Map<String, Long>> measured() {
            return Set.copyOf(order);
        }
    }
}
