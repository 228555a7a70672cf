package dev.woodpecker.tuner.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.compare.ComparisonKernel;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Counts of a matrix product whose loops are known: 512 by 512 by 512, in vectors of 16. */
class FeaturizerTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v4");
    private static final TuningTask TASK =
            new ComparisonKernel("product", "MatMul", "a=512x512 b=512x512").task(TARGET);

    private static KernelFeatures features(Map<String, Long> decisions) {
        Point point = SearchSpace.of(TASK).point(Chooser.of(decisions));
        return Featurizer.of(TASK).features(point).orElseThrow();
    }

    private static Map<String, Long> tile(long vectors, long rows) {
        return Map.of("out.tile.vectors", vectors, "out.tile.rows", rows);
    }

    @Test
    void workIsCounted() {
        KernelFeatures features = features(tile(2, 8));
        assertThat(features.get(Feature.FLOPS)).isEqualTo(2.0 * 512 * 512 * 512);
        assertThat(features.get(Feature.VECTOR_SHARE)).isEqualTo(1);
        assertThat(features.get(Feature.CALLS)).isZero();
        assertThat(features.get(Feature.GATHERED)).isZero();
    }

    @Test
    void aTileIsItsRegisters() {
        KernelFeatures features = features(tile(2, 8));
        assertThat(features.get(Feature.BUSY_ACCUMULATORS)).isEqualTo(16);
        assertThat(features.get(Feature.BUSY_ARITHMETIC)).isEqualTo(16);
        // Eight scalars and two vectors.
        assertThat(features.get(Feature.BUSY_LOADS)).isEqualTo(10.0 / 16);
        assertThat(features.get(Feature.SPILL_CYCLES)).isZero();
    }

    @Test
    void tooFewAccumulatorsWaitForEachOther() {
        assertThat(features(tile(1, 2)).get(Feature.COMPUTE_CYCLES))
                .isGreaterThan(3 * features(tile(2, 8)).get(Feature.COMPUTE_CYCLES));
    }

    @Test
    void everyDatumComesFromMemoryAboutOnce() {
        double compulsory = 3.0 * 512 * 512 * 4;
        KernelFeatures features = features(tile(2, 8));
        assertThat(features.get(Feature.MEMORY_BYTES)).isBetween(0.8 * compulsory, 1.5 * compulsory);
        assertThat(features.get(Feature.FIRST_CACHE_BYTES)).isGreaterThan(features.get(Feature.SECOND_CACHE_BYTES));
    }

    @Test
    void largerTilesMoveLess() {
        assertThat(features(tile(2, 8)).get(Feature.FIRST_CACHE_BYTES))
                .isLessThan(features(tile(1, 2)).get(Feature.FIRST_CACHE_BYTES));
    }

    @Test
    void theAnalyticModelPrefersTilesThatFillTheRegisters() {
        AnalyticModel model = new AnalyticModel(TARGET);
        double full = model.seconds(features(tile(2, 14)));
        assertThat(full).isLessThan(model.seconds(features(tile(2, 4))));
        assertThat(full).isLessThan(model.seconds(features(tile(1, 1))) / 3);
    }

    @Test
    void everyKernelOfTheComparisonHasFeatures() {
        for (ComparisonKernel kernel : ComparisonKernel.ALL) {
            TuningTask task = kernel.task(TARGET);
            Point point = SearchSpace.of(task).point(Chooser.preferred());
            KernelFeatures features = Featurizer.of(task).features(point).orElseThrow();
            assertThat(features.get(Feature.FLOPS)).isPositive();
            assertThat(new AnalyticModel(TARGET).seconds(features)).isBetween(1e-6, 1e-1);
        }
    }
}
