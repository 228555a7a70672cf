package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Points as lists of numbers of one length: a gene for every choice that was met when the space was sampled. A gene in
 * [0, 1) says where in the choice's domain the value lies, so that it keeps its meaning where an earlier gene changes the
 * domain, and neighbouring values are neighbouring numbers.
 */
record Genome(List<String> names) {
    private static final int SAMPLES = 48;

    Genome {
        names = List.copyOf(names);
    }

    /** The choices of a space, as far as some dozens of its points meet them. */
    static Genome of(SearchSpace space, RandomGenerator random) {
        Set<String> found = new LinkedHashSet<>();
        Sampler sampler = new Sampler(space, random);
        add(space.point(Chooser.preferred()), found);
        for (int i = 0; i < SAMPLES; i++) {
            add(sampler.next(), found);
        }
        return new Genome(new ArrayList<>(found));
    }

    private static void add(Point point, Set<String> names) {
        point.decisions().forEach(decision -> names.add(decision.point().name()));
    }

    int size() {
        return names.size();
    }

    /** Answers as these genes say; choices without a gene are answered as preferred. */
    Chooser chooser(double[] genes) {
        Map<String, Double> positions = new HashMap<>();
        for (int i = 0; i < genes.length; i++) {
            positions.put(names.get(i), genes[i]);
        }
        return choice -> {
            Double position = positions.get(choice.name());
            if (position == null) {
                return choice.preferred();
            }
            int size = choice.domain().size();
            return choice.domain().get(Math.clamp((int) (position * size), 0, size - 1));
        };
    }

    /** The genes of a point; {@code otherwise} where its way did not meet a choice. */
    double[] genes(Point point, double[] otherwise) {
        double[] genes = otherwise.clone();
        for (Decision decision : point.decisions()) {
            int gene = names.indexOf(decision.point().name());
            if (gene >= 0) {
                List<Long> domain = decision.point().domain();
                genes[gene] = (domain.indexOf(decision.value()) + 0.5) / domain.size();
            }
        }
        return genes;
    }

    /** Each gene from either parent; on average one is changed, to a value at random or to one near by. */
    double[] child(double[] mother, double[] father, RandomGenerator random) {
        double[] genes = new double[size()];
        boolean crossed = random.nextBoolean();
        for (int i = 0; i < genes.length; i++) {
            genes[i] = crossed && random.nextBoolean() ? father[i] : mother[i];
            if (random.nextInt(size()) == 0) {
                double near = Math.clamp(genes[i] + random.nextGaussian() * 0.2, 0, 0.999);
                genes[i] = random.nextBoolean() ? near : random.nextDouble();
            }
        }
        return genes;
    }

    double[] random(RandomGenerator random) {
        return random.doubles(size()).toArray();
    }
}
