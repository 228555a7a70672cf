package dev.woodpecker.cli.bench;

import java.util.List;
import java.util.Optional;

/**
 * A model on a number of threads: a row of the table.
 *
 * @param family empty if no system could run it
 * @param runs counted in a block
 * @param peer ONNX Runtime; empty if it was not asked for or failed
 * @param failure what failed for all
 */
public record BenchRow(
        String model,
        int threads,
        Optional<Family> family,
        int blocks,
        int runs,
        Optional<Timed> peer,
        List<Column> columns,
        Optional<String> failure) {

    /**
     * A system's measurements.
     *
     * @param system what it was asked for, in a line
     * @param blockSeconds the median of each block
     * @param firstLoadSeconds of the first process that loaded the model: kernels may have been compiled in it
     * @param loadSeconds from loading to the first output, in the process that was timed
     * @param memory of the process, after all its runs
     */
    public record Timed(
            String system,
            List<Double> blockSeconds,
            double firstLoadSeconds,
            double loadSeconds,
            ProcessMemory memory) {
        double median() {
            return interval().median();
        }

        Ratio interval() {
            return Ratio.ofMedian(
                    blockSeconds.stream().mapToDouble(Double::doubleValue).toArray());
        }
    }

    /**
     * A variant of Woodpecker.
     *
     * @param tuningSeconds what {@code wpk tune} took for it; 0 if it was not run
     * @param timed empty if it failed
     * @param speed how many times as fast as the peer
     * @param wrong what is wrong with the outputs, or why there are none
     */
    public record Column(
            String variant,
            double tuningSeconds,
            Optional<Timed> timed,
            Optional<Ratio> speed,
            Optional<String> wrong) {}

    static BenchRow failed(String model, int threads, String reason) {
        return new BenchRow(model, threads, Optional.empty(), 0, 0, Optional.empty(), List.of(), Optional.of(reason));
    }

    /** Whether all ran that could, with the same outputs. */
    public boolean isRight() {
        return failure.isEmpty()
                && columns.stream().allMatch(column -> column.wrong().isEmpty());
    }
}
