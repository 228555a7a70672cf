package dev.woodpecker.tuner.search;

import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import io.jenetics.DoubleChromosome;
import io.jenetics.DoubleGene;
import io.jenetics.EliteSelector;
import io.jenetics.GaussianMutator;
import io.jenetics.Genotype;
import io.jenetics.Mutator;
import io.jenetics.Optimize;
import io.jenetics.Phenotype;
import io.jenetics.TournamentSelector;
import io.jenetics.UniformCrossover;
import io.jenetics.engine.Engine;
import io.jenetics.engine.EvolutionStart;
import io.jenetics.util.ISeq;
import io.jenetics.util.RandomRegistry;
import io.jenetics.util.Seq;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A genetic algorithm over decisions. What an individual's genes ask for is repaired by the space itself, which leads
 * every chooser to a point; the individual then carries the genes of that point. Children that were tried before are
 * changed until they are new, so that every trial shows something.
 */
final class GeneticSearch implements Search {
    private static final int POPULATION = 16;

    /** Of a generation; the others are the best so far. */
    private static final double OFFSPRING = 0.75;

    private static final int TOURNAMENT = 3;
    private static final double CROSSOVER = 0.6;

    /** Changes of one gene that a child may undergo to become new. */
    private static final int NUDGES = 12;

    /** Generations without a new point, after which the population starts afresh around the best. */
    private static final int PATIENCE = 2;

    @Override
    public void run(SearchSpace space, Trials trials, RandomGenerator random) {
        Journal journal = new Journal(trials);
        journal.measure(List.of(space.point(dev.woodpecker.compiler.schedule.Chooser.preferred())));
        Genome genome = Genome.of(space, random);
        if (genome.size() > 0) {
            RandomRegistry.using(random, r -> new Evolution(space, journal, genome, r).run());
        }
    }

    private static final class Evolution {
        private final SearchSpace space;
        private final Journal journal;
        private final Genome genome;
        private final RandomGenerator random;
        private final Engine<DoubleGene, Double> engine;
        private int newPoints;

        Evolution(SearchSpace space, Journal journal, Genome genome, RandomGenerator random) {
            this.space = space;
            this.journal = journal;
            this.genome = genome;
            this.random = random;
            // A gene or two of each child change, half of them to a neighbour.
            double mutation = Math.min(0.5, 0.75 / genome.size());
            this.engine = new Engine.Builder<DoubleGene, Double>(
                            this::evaluate, Genotype.of(DoubleChromosome.of(0, 1, genome.size())))
                    .optimize(Optimize.MINIMUM)
                    .populationSize(POPULATION)
                    .offspringFraction(OFFSPRING)
                    .offspringSelector(new TournamentSelector<>(TOURNAMENT))
                    .survivorsSelector(new EliteSelector<DoubleGene, Double>(2, new TournamentSelector<>(TOURNAMENT)))
                    .alterers(
                            new UniformCrossover<>(CROSSOVER, 0.5),
                            new Mutator<>(mutation),
                            new GaussianMutator<>(mutation))
                    // The thread that asks is the only one that may draw random numbers.
                    .executor(Runnable::run)
                    .build();
        }

        void run() {
            EvolutionStart<DoubleGene, Double> start = start();
            int stale = 0;
            while (true) {
                newPoints = 0;
                start = engine.evolve(start).next();
                stale = newPoints == 0 ? stale + 1 : 0;
                if (stale > PATIENCE) {
                    Sampler sampler = new Sampler(space, random);
                    if (sampler.next(journal::isNew).isEmpty()) {
                        return;
                    }
                    start = start();
                    stale = 0;
                }
            }
        }

        /** The best quarter of what is known, and points at random. */
        private EvolutionStart<DoubleGene, Double> start() {
            List<Phenotype<DoubleGene, Double>> population = new ArrayList<>();
            journal.ranking().stream()
                    .limit(POPULATION / 4)
                    .forEach(trial -> population.add(individual(genome.genes(trial.point(), genome.random(random)))));
            Sampler sampler = new Sampler(space, random);
            while (population.size() < POPULATION) {
                Point point = sampler.next(journal::isNew).orElseGet(sampler::next);
                population.add(individual(genome.genes(point, genome.random(random))));
            }
            return EvolutionStart.of(ISeq.of(population), 1);
        }

        private static Phenotype<DoubleGene, Double> individual(double[] genes) {
            return Phenotype.of(genotype(genes), 1);
        }

        private static Genotype<DoubleGene> genotype(double[] genes) {
            List<DoubleGene> list = new ArrayList<>();
            for (double gene : genes) {
                list.add(DoubleGene.of(gene, 0, 1));
            }
            return Genotype.of(DoubleChromosome.of(list));
        }

        private ISeq<Phenotype<DoubleGene, Double>> evaluate(Seq<Phenotype<DoubleGene, Double>> population) {
            Set<Map<String, Long>> inBatch = new HashSet<>();
            List<double[]> genes = new ArrayList<>();
            List<Point> points = new ArrayList<>();
            for (Phenotype<DoubleGene, Double> individual : population) {
                double[] own = individual
                        .genotype()
                        .chromosome()
                        .as(DoubleChromosome.class)
                        .toArray();
                Point point = space.point(genome.chooser(own));
                for (int i = 0; i < NUDGES && individual.nonEvaluated() && !isNew(point, inBatch); i++) {
                    own = genome.genes(point, own);
                    own[random.nextInt(own.length)] = random.nextDouble();
                    point = space.point(genome.chooser(own));
                }
                inBatch.add(point.decisionsByName());
                points.add(point);
                genes.add(genome.genes(point, own));
            }
            newPoints += journal.measure(points).size();
            List<Phenotype<DoubleGene, Double>> evaluated = new ArrayList<>();
            for (int i = 0; i < points.size(); i++) {
                evaluated.add(
                        Phenotype.of(genotype(genes.get(i)), population.get(i).generation(), fitness(points.get(i))));
            }
            return ISeq.of(evaluated);
        }

        private boolean isNew(Point point, Set<Map<String, Long>> inBatch) {
            return journal.isNew(point) && !inBatch.contains(point.decisionsByName());
        }

        /** Finite, as selectors may want to compute with it. */
        private double fitness(Point point) {
            return journal.find(point)
                    .flatMap(trial -> trial.seconds().stream().boxed().findFirst())
                    .map(Math::log)
                    .orElse(Double.MAX_VALUE);
        }
    }
}
