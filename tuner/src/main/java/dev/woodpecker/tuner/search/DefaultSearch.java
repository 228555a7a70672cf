package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The search for everyday use. It begins with what is known: the preferred point, what was good for the nearest kernels on
 * record, the best of some hundred by the analytic model. Then children of the best so far, of which the learned model
 * says what is worth measuring. Where that stops getting better, the best point's neighbours are tried, one decision
 * changed at a time. It can be stopped at any time, and goes on until it has seen everything.
 */
final class DefaultSearch implements Search {
    /** Points that the analytic model ranks at the start. */
    private static final int SAMPLED = 128;

    /** Measured before the learned model has a say. */
    private static final int FIRST_TRIALS = 8;

    private static final int BATCH = 8;

    /** Of a batch: points that no model has asked for. */
    private static final int EXPLORED = 1;

    private static final int PARENTS = 8;
    private static final int CHILDREN = 48;

    /** Batches in a row that found nothing better by a hundredth, after which neighbours are tried. */
    private static final int PATIENCE = 1;

    private static final double BETTER = 0.99;

    /** The budget that is left for neighbours at the end. */
    private static final int LAST_TRIALS = 24;

    private final Knowledge knowledge;

    DefaultSearch(Knowledge knowledge) {
        this.knowledge = knowledge;
    }

    @Override
    public void run(SearchSpace space, Trials trials, RandomGenerator random) {
        new Run(knowledge, space, new Journal(trials), random).run();
    }

    private static final class Run {
        private final SearchSpace space;
        private final Journal journal;
        private final RandomGenerator random;
        private final Sampler sampler;
        private final Screen screen;

        Run(Knowledge knowledge, SearchSpace space, Journal journal, RandomGenerator random) {
            this.space = space;
            this.journal = journal;
            this.random = random;
            this.sampler = new Sampler(space, random);
            this.screen = new Screen(knowledge, journal);
        }

        void run() {
            List<Point> known = new ArrayList<>(List.of(space.point(Chooser.preferred())));
            screen.knowledge().seeds().forEach(seed -> known.add(space.point(Chooser.of(seed))));
            screen.measure(known.subList(0, Math.min(known.size(), FIRST_TRIALS - 2)));
            Genome genome = Genome.of(space, random);
            List<Point> pool = pool();
            screen.measure(screen.byAnalysis(pool).stream()
                    .limit(Math.max(1, FIRST_TRIALS - journal.trials().size()))
                    .toList());
            int stale = 0;
            while (true) {
                double before = best();
                int measured = screen.measure(batch(genome, pool)).size();
                stale = best() < before * BETTER ? 0 : stale + 1;
                if (stale > PATIENCE || journal.remaining() <= LAST_TRIALS) {
                    measured += descend();
                    stale = 0;
                }
                if (measured == 0) {
                    return;
                }
            }
        }

        private double best() {
            return journal.ranking().stream()
                    .findFirst()
                    .map(Journal.Trial::rank)
                    .orElse(Double.POSITIVE_INFINITY);
        }

        private List<Point> pool() {
            Map<Map<String, Long>, Point> pool = new HashMap<>();
            List<Point> points = new ArrayList<>();
            while (points.size() < SAMPLED) {
                var point = sampler.next(p -> journal.isNew(p) && !pool.containsKey(p.decisionsByName()));
                if (point.isEmpty()) {
                    break;
                }
                pool.put(point.get().decisionsByName(), point.get());
                points.add(point.get());
            }
            return points;
        }

        /** Of the best points' children, and of what the analytic model has seen, the best by the learned model. */
        private List<Point> batch(Genome genome, List<Point> pool) {
            screen.train();
            List<Point> proposed = new ArrayList<>(pool);
            List<double[]> parents = journal.ranking().stream()
                    .limit(PARENTS)
                    .map(trial -> genome.genes(trial.point(), genome.random(random)))
                    .toList();
            for (int i = 0; i < CHILDREN && !parents.isEmpty() && genome.size() > 0; i++) {
                // Better parents have more children: ranks are drawn twice.
                int mother = Math.min(random.nextInt(parents.size()), random.nextInt(parents.size()));
                int father = random.nextInt(parents.size());
                proposed.add(
                        space.point(genome.chooser(genome.child(parents.get(mother), parents.get(father), random))));
            }
            List<Point> batch = new ArrayList<>(
                    screen.byModel(proposed).stream().limit(BATCH - EXPLORED).toList());
            while (batch.size() < BATCH) {
                var point = sampler.next(journal::isNew);
                if (point.isEmpty()) {
                    break;
                }
                batch.add(point.get());
            }
            return batch;
        }

        /** Tries the best point's neighbours, and those of what is found; how many were new. */
        private int descend() {
            int measured = 0;
            while (true) {
                double before = best();
                List<Point> around = journal.ranking().stream()
                        .findFirst()
                        .map(trial -> neighbours(trial.point()))
                        .orElse(List.of());
                List<Point> batch = screen.byModel(around).stream().limit(BATCH).toList();
                if (batch.isEmpty()) {
                    return measured;
                }
                measured += screen.measure(batch).size();
                if (best() >= before && batch.size() < BATCH) {
                    return measured;
                }
            }
        }

        /** The points that differ in one decision by one step; what follows from it is repaired. */
        private List<Point> neighbours(Point point) {
            List<Point> found = new ArrayList<>();
            for (Decision decision : point.decisions()) {
                List<Long> domain = decision.point().domain();
                int position = domain.indexOf(decision.value());
                for (int next : new int[] {position - 1, position + 1}) {
                    if (next >= 0 && next < domain.size()) {
                        Map<String, Long> changed = new HashMap<>(point.decisionsByName());
                        changed.put(decision.point().name(), domain.get(next));
                        found.add(space.point(Chooser.of(changed)));
                    }
                }
            }
            return found;
        }
    }
}
