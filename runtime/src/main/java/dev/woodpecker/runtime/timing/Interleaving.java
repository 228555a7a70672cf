package dev.woodpecker.runtime.timing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Times alternatives against each other on a machine whose speed drifts: in blocks of some runs each, in the order
 * A B B A A B B A ..., so that a drift touches all alike. The first run of a block warms up and is not counted.
 *
 * @param blocks of each alternative
 * @param runs counted in a block
 * @param settling how long at most to wait before each block until the process is idle: an alternative's threads may spin
 *     on after their work, and must not be timed beside the next one's; zero for none that do
 */
public record Interleaving(int blocks, int runs, Duration settling) {
    public Interleaving {
        if (blocks < 1 || runs < 1 || settling.isNegative()) {
            throw new IllegalArgumentException("blocks " + blocks + ", runs " + runs + ", settling " + settling);
        }
    }

    /** The times of each alternative, in their order. */
    public List<Distribution> time(List<? extends Runnable> alternatives) {
        double[][] seconds = new double[alternatives.size()][blocks * runs];
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < alternatives.size(); i++) {
                int turn = block % 2 == 0 ? i : alternatives.size() - 1 - i;
                timeBlock(alternatives.get(turn), seconds[turn], block * runs);
            }
        }
        List<Distribution> result = new ArrayList<>();
        for (double[] times : seconds) {
            result.add(Distribution.of(times));
        }
        return result;
    }

    /** The times of one thing alone. */
    public Distribution time(Runnable only) {
        return time(List.of(only)).getFirst();
    }

    private void timeBlock(Runnable alternative, double[] seconds, int at) {
        ProcessIdle.await(settling);
        alternative.run();
        for (int run = 0; run < runs; run++) {
            long start = System.nanoTime();
            alternative.run();
            seconds[at + run] = (System.nanoTime() - start) * 1e-9;
        }
    }
}
