package dev.woodpecker.cli.bench;

import java.util.List;

/**
 * Blocks of runs in the order A B B A A B B A ..., so that a machine's drift touches all alike.
 *
 * @param blocks of each worker
 * @param runs counted in a block
 */
record Turns(int blocks, int runs) {
    /** A block lasts at least this long, however short a run is: the clock and a disturbance then weigh little. */
    private static final double SHORTEST_BLOCK_SECONDS = 0.01;

    private static final int MOST_RUNS = 5000;
    private static final int FEWEST_RUNS = 2;

    /** As many runs as asked for, more of short ones, and fewer where all would take longer than the limit. */
    static Turns within(BenchSettings settings, List<Double> runSeconds) {
        double all = runSeconds.stream().mapToDouble(Double::doubleValue).sum();
        double shortest =
                runSeconds.stream().mapToDouble(Double::doubleValue).min().orElse(1);
        int wanted = Math.max(settings.runs(), (int) Math.min(MOST_RUNS, SHORTEST_BLOCK_SECONDS / shortest));
        // One more run of each block is not counted.
        int allowed = (int) Math.min(MOST_RUNS, settings.limitSeconds() / (settings.blocks() * all) - 1);
        return new Turns(settings.blocks(), Math.max(FEWEST_RUNS, Math.min(wanted, allowed)));
    }

    /** The median of each block, by worker. */
    double[][] time(List<WorkerProcess> workers) {
        double[][] medians = new double[workers.size()][blocks];
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < workers.size(); i++) {
                int turn = block % 2 == 0 ? i : workers.size() - 1 - i;
                medians[turn][block] = Ratio.median(workers.get(turn).block(runs));
            }
        }
        return medians;
    }
}
