package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Reinforcement learning: a policy that was trained against the analytic model, on other shapes, answers the choices, and
 * learns from what is measured. The reward is the logarithm of the speed relative to the preferred point.
 */
final class ReinforceSearch implements Search {
    private static final int BATCH = 12;
    private static final double RATE = 3e-3;

    /** The best so far are learned from again with each batch: measured trials are too few to see them once. */
    private static final int REMEMBERED = 4;

    /** Draws for a new point, each from probabilities more alike than the one before. */
    private static final int DRAWS = 16;

    /** Of points that failed, and of points so slow that how slow says nothing. */
    private static final double LEAST_REWARD = -2;

    private final List<Double> shape;

    ReinforceSearch(Knowledge knowledge) {
        this.shape = knowledge.shape();
    }

    @Override
    public void run(SearchSpace space, Trials trials, RandomGenerator random) {
        Journal journal = new Journal(trials);
        Policy policy = Policy.pretrained();
        Sampler sampler = new Sampler(space, random);
        List<Journal.Trial> first = journal.measure(List.of(space.point(Chooser.preferred())));
        double reference = first.getFirst().rank();
        while (true) {
            List<Policy.Episode> episodes = new ArrayList<>();
            Set<Map<String, Long>> inBatch = new HashSet<>();
            for (int i = 0; i < BATCH; i++) {
                draw(space, policy, journal, inBatch, random, sampler).forEach(episodes::add);
            }
            if (episodes.isEmpty()) {
                return;
            }
            journal.measure(episodes.stream().map(Policy.Episode::point).toList());
            if (reference == Double.POSITIVE_INFINITY) {
                reference = journal.ranking().stream()
                        .findFirst()
                        .map(Journal.Trial::rank)
                        .orElse(reference);
            }
            for (Journal.Trial trial :
                    journal.ranking().stream().limit(REMEMBERED).toList()) {
                if (!inBatch.contains(trial.point().decisionsByName())) {
                    episodes.add(policy.episodeTo(trial.point(), space, shape));
                }
            }
            List<Policy.Rewarded> rewarded = new ArrayList<>();
            for (Policy.Episode episode : episodes) {
                rewarded.add(new Policy.Rewarded(episode, reward(journal, episode.point(), reference)));
            }
            policy.learn(rewarded, RATE);
        }
    }

    /** A new point's episode; none if there seems to be no new point. */
    private List<Policy.Episode> draw(
            SearchSpace space,
            Policy policy,
            Journal journal,
            Set<Map<String, Long>> inBatch,
            RandomGenerator random,
            Sampler sampler) {
        for (int i = 0; i < DRAWS; i++) {
            Policy.Episode episode = policy.episode(space, shape, 1 + i / 4.0, random);
            if (journal.isNew(episode.point()) && inBatch.add(episode.point().decisionsByName())) {
                return List.of(episode);
            }
        }
        return sampler.next(p -> journal.isNew(p) && inBatch.add(p.decisionsByName()))
                .map(point -> List.of(policy.episodeTo(point, space, shape)))
                .orElse(List.of());
    }

    private static double reward(Journal journal, Point point, double reference) {
        double seconds = journal.find(point).map(Journal.Trial::rank).orElse(Double.POSITIVE_INFINITY);
        return seconds == Double.POSITIVE_INFINITY
                ? LEAST_REWARD
                : Math.max(LEAST_REWARD, Math.log(reference / seconds));
    }
}
