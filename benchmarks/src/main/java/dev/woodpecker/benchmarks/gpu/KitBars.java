package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.compiler.target.Numerics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What was aimed at on an H200, beside what a run has found: a few lines to read before the tables.
 *
 * @param reached for people; empty where nothing was found
 */
record KitBars(String what, String reached, String wanted, boolean isMet) {
    private static final String CONVOLUTIONS = "convolutions";
    private static final String PRODUCT = "4096 x 4096 x 4096 fp16";
    private static final String MODEL = KitModel.RESNET + " " + Numerics.FP16.text();
    private static final String OURS = "Woodpecker";

    static List<KitBars> of(Path results) {
        List<LayerRow> layers = StepJournal.open(results, CONVOLUTIONS).rows(LayerRow.class).stream()
                .filter(LayerRow::hasRatio)
                .toList();
        List<KitBars> bars = new ArrayList<>();
        bars.add(checks(StepJournal.open(results, CheckStep.NAME).rows(CheckStep.Row.class)));
        for (Numerics mode : List.of(Numerics.FP16, Numerics.TF32)) {
            String group = "batch 1, " + mode.text();
            List<Double> ratios = layers.stream()
                    .filter(row -> row.group().equals(group))
                    .map(LayerRow::ratio)
                    .toList();
            bars.add(ratio(
                    "convolutions, " + group + ": geometric mean against cuDNN's best",
                    ratios.isEmpty()
                            ? Optional.empty()
                            : Optional.of(GroupSummary.of(ratios).geometricMean()),
                    1.2,
                    ratios.size() + " layers"));
        }
        Optional<LayerRow> best = layers.stream().max(Comparator.comparingDouble(LayerRow::ratio));
        bars.add(ratio(
                "the best convolution against cuDNN's best",
                best.map(LayerRow::ratio),
                5.4,
                best.map(LayerRow::name).orElse("")));
        bars.add(ratio(
                "product " + PRODUCT + ": cuBLASLt's time over ours",
                StepJournal.open(results, "products")
                        .row(PRODUCT, LayerRow.class)
                        .filter(LayerRow::hasRatio)
                        .map(LayerRow::ratio),
                0.8,
                "0.55 without wgmma"));
        bars.add(model(results));
        bars.add(tuning(StepJournal.open(results, TuningStep.NAME).row(MODEL, TuningStep.Row.class)));
        return List.copyOf(bars);
    }

    private static KitBars checks(List<CheckStep.Row> rows) {
        long wrong = rows.stream().filter(row -> !row.problem().isEmpty()).count();
        return new KitBars(
                "cases of kernels that are wrong",
                rows.isEmpty() ? "" : wrong + " of " + rows.size(),
                "0",
                !rows.isEmpty() && wrong == 0);
    }

    private static KitBars ratio(String what, Optional<Double> reached, double wanted, String remark) {
        return new KitBars(
                what,
                reached.map(ratio ->
                                String.format(Locale.ROOT, "%.2f", ratio) + (remark.isEmpty() ? "" : ", " + remark))
                        .orElse(""),
                String.format(Locale.ROOT, "%.2f", wanted),
                reached.filter(ratio -> ratio >= wanted).isPresent());
    }

    /** On the device both: PyTorch's and XLA's inputs and results are there as well. */
    private static KitBars model(Path results) {
        Optional<ModelStep.Row> ours =
                fastest(StepJournal.open(results, ModelStep.NAME).rows(ModelStep.Row.class));
        Optional<ModelStep.Row> peer =
                fastest(StepJournal.open(results, "peer-models").rows(ModelStep.Row.class));
        boolean both = ours.isPresent() && peer.isPresent();
        return ratio(
                MODEL + ": the fastest peer's time over ours",
                both ? Optional.of(peer.get().microseconds() / ours.get().microseconds()) : Optional.empty(),
                1.18,
                both ? ours.get().system() + " against " + peer.get().system() : "");
    }

    private static Optional<ModelStep.Row> fastest(List<ModelStep.Row> rows) {
        return rows.stream()
                .filter(row -> row.name().equals(MODEL) && row.microseconds() > 0)
                .filter(row -> !row.system().startsWith(OURS) || !row.system().endsWith("on the host"))
                .min(Comparator.comparingDouble(ModelStep.Row::microseconds));
    }

    private static KitBars tuning(Optional<TuningStep.Row> row) {
        Optional<TuningStep.Row> whole = row.filter(
                found -> found.bestMicroseconds() > 0 && found.problem().isEmpty());
        return new KitBars(
                MODEL + ": tuned in so many seconds, among carried schedules",
                whole.map(found -> String.format(Locale.ROOT, "%.0f", found.seconds()))
                        .orElse(""),
                "480 at most",
                whole.filter(found -> found.seconds() <= 480).isPresent());
    }
}
