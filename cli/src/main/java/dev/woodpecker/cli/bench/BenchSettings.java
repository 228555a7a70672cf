package dev.woodpecker.cli.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How models are timed.
 *
 * @param runs counted in a block
 * @param limitSeconds how long all blocks of a row may take; runs become fewer where they would take longer
 * @param warmUpSeconds of each system before its first block
 * @param extents of the models' open dimensions, by name
 * @param tunedRecords records for the variant that is tuned
 * @param tuneBudget how long each model is tuned before, as {@code wpk tune --budget} takes it
 */
public record BenchSettings(
        List<Variant> variants,
        boolean againstOnnxRuntime,
        int blocks,
        int runs,
        double limitSeconds,
        double warmUpSeconds,
        Map<String, Integer> extents,
        Optional<Path> tunedRecords,
        Optional<String> tuneBudget) {}
