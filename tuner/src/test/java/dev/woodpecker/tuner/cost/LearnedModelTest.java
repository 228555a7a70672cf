package dev.woodpecker.tuner.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.tuner.compare.RankCorrelation;
import dev.woodpecker.tuner.cost.LearnedModel.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Learns from times that the analytic model is systematically wrong about. */
class LearnedModelTest {
    private record Sample(Candidate candidate, double seconds) {}

    /** The analytic model sees cycles; in truth, few accumulators cost as much again, and one decision does. */
    private static List<Sample> samples(int count, long seed, double scale) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double cycles = 1e6 * (1 + random.nextDouble());
            double accumulators = 1 + random.nextInt(30);
            long mode = random.nextInt(3);
            KernelFeatures features =
                    new KernelFeatures(Map.of(Feature.COMPUTE_CYCLES, cycles, Feature.BUSY_ACCUMULATORS, accumulators));
            double analytic = cycles / 3e9;
            double seconds = scale
                    * analytic
                    * (1 + 6 / accumulators)
                    * (mode == 1 ? 1.6 : 1)
                    * (1 + 0.05 * random.nextGaussian());
            samples.add(new Sample(new Candidate(features, analytic, Map.of("border", mode)), seconds));
        }
        return samples;
    }

    private static double correlation(LearnedModel model, List<Sample> samples) {
        return RankCorrelation.of(
                samples.stream()
                        .mapToDouble(sample -> model.score(sample.candidate()))
                        .toArray(),
                samples.stream().mapToDouble(Sample::seconds).toArray());
    }

    @Test
    void beforeTrainingItIsTheAnalyticModel() {
        LearnedModel model = new LearnedModel();
        samples(20, 1, 1)
                .forEach(sample -> assertThat(model.score(sample.candidate()))
                        .isEqualTo(Math.log(sample.candidate().analyticSeconds())));
    }

    @Test
    void itOrdersWhatItHasNotSeen() {
        LearnedModel model = new LearnedModel();
        samples(96, 1, 1).forEach(sample -> model.observe("a", sample.candidate(), sample.seconds()));
        List<Sample> unseen = samples(200, 2, 1);
        double before = correlation(model, unseen);
        model.train();
        assertThat(correlation(model, unseen)).isGreaterThan(0.85).isGreaterThan(before + 0.2);
    }

    @Test
    void whatWasLearnedFromOneTaskHelpsWithAnother() {
        LearnedModel model = new LearnedModel();
        samples(96, 1, 40).forEach(sample -> model.observe("slow", sample.candidate(), sample.seconds()));
        samples(8, 3, 1).forEach(sample -> model.observe("fast", sample.candidate(), sample.seconds()));
        model.train();
        assertThat(correlation(model, samples(200, 2, 1))).isGreaterThan(0.8);
    }

    @Test
    void theSameObservationsTeachTheSame() {
        List<Sample> unseen = samples(20, 2, 1);
        List<List<Double>> scores = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            LearnedModel model = new LearnedModel();
            samples(64, 1, 1).forEach(sample -> model.observe("a", sample.candidate(), sample.seconds()));
            model.train();
            scores.add(unseen.stream()
                    .map(sample -> model.score(sample.candidate()))
                    .toList());
        }
        assertThat(scores.getFirst()).isEqualTo(scores.getLast());
    }
}
