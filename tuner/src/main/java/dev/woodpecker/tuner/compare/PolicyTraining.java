package dev.woodpecker.tuner.compare;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.search.Knowledge;
import dev.woodpecker.tuner.search.Policy;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Trains the policy that reinforcement learning starts from: against the analytic model, so that nothing is measured, and
 * on kernels that are drawn at random and never those that searches are compared on.
 */
public final class PolicyTraining {
    private static final long SEED = 20260101;
    private static final int KERNELS = 40;
    private static final int BATCHES = 8;
    private static final int EPISODES = 16;
    private static final double RATE = 3e-3;
    private static final double LEAST_REWARD = -2;

    /** Channels and sizes of the kernels to train on; no kernel to compare on has one of these channels. */
    private static final List<Integer> CHANNELS = List.of(32, 48, 80, 160, 192, 320);

    private static final List<Integer> SIZES = List.of(7, 10, 20, 28, 40, 80);

    private static final List<String> TARGETS = List.of("cpu:x86-64-v4", "cpu:x86-64-v3");

    private PolicyTraining() {}

    /** The trained policy; the same each time. */
    public static Policy run(Consumer<String> progress) {
        RandomGenerator random = new SplittableRandom(SEED);
        List<TuningTask> tasks = new ArrayList<>();
        for (int i = 0; i < KERNELS; i++) {
            Target target = Target.parse(TARGETS.get(random.nextInt(TARGETS.size())));
            tasks.add(kernel(i, random).task(target));
        }
        List<Knowledge> knowledge = tasks.stream()
                .map(task -> Knowledge.of(task, new LearnedModel(), List.of()))
                .toList();
        Policy policy = Policy.untrained(random);
        for (int batch = 0; batch < BATCHES; batch++) {
            double sum = 0;
            for (int i = 0; i < tasks.size(); i++) {
                sum += learn(policy, SearchSpace.of(tasks.get(i)), knowledge.get(i), random);
            }
            progress.accept("pass %d of %d: mean reward %.3f".formatted(batch + 1, BATCHES, sum / tasks.size()));
        }
        return policy;
    }

    private static double learn(Policy policy, SearchSpace space, Knowledge knowledge, RandomGenerator random) {
        double reference = seconds(space.point(Chooser.preferred()), knowledge);
        List<Policy.Rewarded> episodes = new ArrayList<>();
        for (int i = 0; i < EPISODES; i++) {
            Policy.Episode episode = policy.episode(space, knowledge.shape(), 1, random);
            double seconds = seconds(episode.point(), knowledge);
            double reward = Math.max(LEAST_REWARD, Math.log(reference / seconds));
            episodes.add(new Policy.Rewarded(episode, reward));
        }
        policy.learn(episodes, RATE);
        return episodes.stream().mapToDouble(Policy.Rewarded::reward).average().orElse(0);
    }

    private static double seconds(Point point, Knowledge knowledge) {
        return knowledge
                .featurizer()
                .features(point)
                .map(features -> knowledge.analytic().seconds(point, features))
                .orElse(Double.POSITIVE_INFINITY);
    }

    /** The kernels that training draws. */
    static ComparisonKernel kernel(int index, RandomGenerator random) {
        int in = CHANNELS.get(random.nextInt(CHANNELS.size()));
        int out = CHANNELS.get(random.nextInt(CHANNELS.size()));
        int size = SIZES.get(random.nextInt(SIZES.size()));
        int stride = 1 + random.nextInt(2);
        String name = "training " + index;
        return switch (index % 5) {
            case 0 ->
                new ComparisonKernel(
                        name,
                        "Conv",
                        "x=1x%dx%dx%d w=%dx%dx3x3 b=%d strides=%d,%d pads=1,1,1,1"
                                .formatted(in, size, size, out, in, out, stride, stride));
            case 1 ->
                new ComparisonKernel(
                        name,
                        "Conv",
                        "x=1x%dx%dx%d w=%dx%dx1x1 b=%d strides=1,1 pads=0,0,0,0"
                                .formatted(in, size, size, out, in, out));
            case 2 ->
                new ComparisonKernel(
                        name,
                        "Conv",
                        "x=1x%dx%dx%d w=%dx1x3x3 b=%d strides=%d,%d pads=1,1,1,1 group=%d"
                                .formatted(in, size, size, in, in, stride, stride, in));
            case 3 -> new ComparisonKernel(name, "MatMul", "a=%dx%d b=%dx%d".formatted(size * 8, in, in, out * 2));
            default -> new ComparisonKernel(name, "Softmax", "x=%dx%dx%d axis=2".formatted(in, size, size * 4));
        };
    }
}
