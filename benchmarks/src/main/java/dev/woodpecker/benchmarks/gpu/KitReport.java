package dev.woodpecker.benchmarks.gpu;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Writes what a run has found so far as tables for people, and as one file of JSON. */
final class KitReport {
    static final String FILE = "README.md";
    static final String JSON = "results.json";
    /** What is listed of checks that fail: more of them hide the tables. */
    private static final int MOST_WRONG = 20;

    private final Path results;
    private final StringBuilder out = new StringBuilder();
    private final JsonObject json = new JsonObject();

    private KitReport(Path results) {
        this.results = results;
    }

    /** Anew from the journals; what is missing is left out. */
    static Path write(Path results) throws IOException {
        KitReport report = new KitReport(results);
        report.facts();
        report.steps();
        report.bars();
        report.checks();
        for (String table : List.of("ceilings", "convolutions", "products")) {
            report.layers(table);
        }
        report.tuning();
        report.models();
        Files.writeString(
                results.resolve(JSON),
                new GsonBuilder()
                                .setPrettyPrinting()
                                .disableHtmlEscaping()
                                .create()
                                .toJson(report.json) + "\n");
        return Files.writeString(results.resolve(FILE), report.out);
    }

    private void facts() {
        List<FactsStep.Row> rows = StepJournal.open(results, FactsStep.NAME).rows(FactsStep.Row.class);
        line("# Measured by the GPU kit");
        line("");
        if (rows.isEmpty()) {
            line("No device was reached; `log.txt` says why.");
            line("");
            return;
        }
        FactsStep.Row facts = rows.getFirst();
        json.add("facts", StepJournal.GSON.toJsonTree(facts));
        line("| | |");
        line("|---|---|");
        line("| device | " + facts.device().summary() + " |");
        if (!facts.state().isEmpty()) {
            line("| as found | " + facts.state() + " |");
        }
        line("| copy of its memory | %.0f GB/s, read and written |", facts.copyGigabytesPerSecond());
        line("| libraries | " + facts.libraries() + " |");
        line("| nvcc | " + (facts.nvcc().isEmpty() ? "none" : facts.nvcc()) + " |");
        line("| kit | commit " + facts.kitCommit() + ", packed " + facts.kitDate() + " for " + facts.architecture()
                + " |");
        for (Peers peers : StepJournal.open(results, "peers").rows(Peers.class)) {
            json.add("peers", StepJournal.GSON.toJsonTree(peers));
            line("| beside us | " + peers.versions() + " |");
        }
        line("| date | " + facts.date() + " |");
        line("");
    }

    /** What there is below, and why the rest is not. */
    private void steps() {
        List<StepOutcome> outcomes = StepOutcome.all(results);
        if (outcomes.isEmpty()) {
            return;
        }
        json.add("steps", StepJournal.GSON.toJsonTree(outcomes));
        line("| step | outcome | s | rows |");
        line("|---|---|--:|--:|");
        for (StepOutcome step : outcomes) {
            line(
                    "| %s | %s | %.0f | %d |",
                    step.step(),
                    step.outcome().replace("|", "/"),
                    step.seconds(),
                    StepJournal.open(results, step.step())
                            .rows(JsonObject.class)
                            .size());
        }
        line("");
    }

    private void bars() {
        List<KitBars> bars = KitBars.of(results);
        if (bars.stream().allMatch(bar -> bar.reached().isEmpty())) {
            return;
        }
        json.add("bars", StepJournal.GSON.toJsonTree(bars));
        line("## What was aimed at on an H200");
        line("");
        line("| | reached | wanted | |");
        line("|---|---|--:|---|");
        for (KitBars bar : bars) {
            String verdict = bar.reached().isEmpty() ? "not measured" : bar.isMet() ? "met" : "missed";
            line("| %s | %s | %s | %s |", bar.what(), bar.reached(), bar.wanted(), verdict);
        }
        line("");
    }

    /** As peers.py writes it. */
    private record Peers(String versions) {}

    private void checks() {
        List<CheckStep.Row> rows = StepJournal.open(results, CheckStep.NAME).rows(CheckStep.Row.class);
        if (rows.isEmpty()) {
            return;
        }
        json.add("checks", StepJournal.GSON.toJsonTree(rows));
        List<CheckStep.Row> wrong =
                rows.stream().filter(row -> !row.problem().isEmpty()).toList();
        line("## Kernels on the device");
        line("");
        line(
                "%d cases of the library's kernels: %d right, %d wrong.",
                rows.size(), rows.size() - wrong.size(), wrong.size());
        line("");
        for (CheckStep.Row row : wrong.subList(0, Math.min(MOST_WRONG, wrong.size()))) {
            line("- `" + row.name() + "`: " + row.problem());
        }
        if (wrong.size() > MOST_WRONG) {
            line("- and %d more, in `checks.jsonl`", wrong.size() - MOST_WRONG);
        }
        if (!wrong.isEmpty()) {
            line("");
        }
    }

    private void layers(String table) {
        List<LayerRow> rows = StepJournal.open(results, table).rows(LayerRow.class);
        if (rows.isEmpty()) {
            return;
        }
        json.add(table, StepJournal.GSON.toJsonTree(rows));
        Map<String, Map<String, Double>> peers = peers();
        List<String> systems = peers.values().stream()
                .flatMap(times -> times.keySet().stream())
                .distinct()
                .sorted()
                .toList();
        Map<String, List<LayerRow>> groups =
                rows.stream().collect(Collectors.groupingBy(LayerRow::group, LinkedHashMap::new, Collectors.toList()));
        line("## " + table.substring(0, 1).toUpperCase(Locale.ROOT) + table.substring(1));
        line("");
        summary(groups, systems, peers);
        failures(rows);
        for (Map.Entry<String, List<LayerRow>> group : groups.entrySet()) {
            line("### " + group.getKey());
            line("");
            details(group.getValue(), systems, peers);
            line("");
        }
    }

    /** How many times as fast as each other system we are, for the rows that both have. */
    private void summary(
            Map<String, List<LayerRow>> groups, List<String> systems, Map<String, Map<String, Double>> peers) {
        line("How many times as fast as others we are: their time over ours.");
        line("");
        line("| group | against | rows | geometric mean | 10th percentile | best | worst | lost |");
        line("|---|---|--:|--:|--:|--:|--:|--:|");
        groups.forEach((group, rows) -> {
            ratios(
                    group,
                    "vendor's best",
                    rows.stream()
                            .filter(LayerRow::hasRatio)
                            .map(LayerRow::ratio)
                            .toList());
            for (String system : systems) {
                ratios(
                        group,
                        system,
                        rows.stream()
                                .filter(row -> row.ours() > 0)
                                .map(row ->
                                        peers.getOrDefault(row.name(), Map.of()).getOrDefault(system, 0.0) / row.ours())
                                .filter(ratio -> ratio > 0)
                                .toList());
            }
        });
        line("");
    }

    private void ratios(String group, String system, List<Double> ratios) {
        if (!ratios.isEmpty()) {
            GroupSummary s = GroupSummary.of(ratios);
            line(
                    "| %s | %s | %d | %.2f | %.2f | %.2f | %.2f | %.0f %% |",
                    group,
                    system,
                    s.count(),
                    s.geometricMean(),
                    s.tenthPercentile(),
                    s.best(),
                    s.worst(),
                    100 * s.lost());
        }
    }

    /** Which rows another system has not, and the reason of the first. */
    private void failures(List<LayerRow> rows) {
        List<String> names = rows.stream().map(LayerRow::name).toList();
        Map<String, List<PeerRow>> failed = StepJournal.open(results, "peer-layers").rows(PeerRow.class).stream()
                .filter(row -> !(row.microseconds() > 0) && names.contains(row.name()))
                .collect(Collectors.groupingBy(PeerRow::system, LinkedHashMap::new, Collectors.toList()));
        failed.forEach((system, all) -> line(
                "%s failed for %d workloads, first for `%s`: %s",
                system,
                all.size(),
                all.getFirst().name(),
                Objects.requireNonNullElse(all.getFirst().problem(), "")));
        if (!failed.isEmpty()) {
            line("");
        }
    }

    private void details(List<LayerRow> rows, List<String> systems, Map<String, Map<String, Double>> peers) {
        line("| workload | ours us | default us | vendor us | ratio | TFLOP/s | GB/s | "
                + systems.stream().map(system -> system + " us | ").collect(Collectors.joining())
                + "candidates | remarks |");
        line("|---|--:|--:|--:|--:|--:|--:|" + "--:|".repeat(systems.size()) + "--:|---|");
        for (LayerRow row : rows) {
            String others = systems.stream()
                    .map(system -> number(
                                    "%.1f",
                                    peers.getOrDefault(row.name(), Map.of()).getOrDefault(system, 0.0))
                            + " | ")
                    .collect(Collectors.joining());
            line(
                    "| %s | %s | %s | %s | %s | %s | %s | %s%d%s | %s |",
                    row.name(),
                    number("%.1f", row.ours()),
                    number("%.1f", row.standard()),
                    number("%.1f", row.vendor()),
                    row.hasRatio() ? number("%.2f", row.ratio()) : "",
                    row.ours() > 0 ? number("%.1f", row.operations() / row.ours() * 1e-6) : "",
                    row.ours() > 0 ? number("%.0f", row.bytes() / row.ours() * 1e-3) : "",
                    others,
                    row.candidates(),
                    row.failed() > 0 ? ", " + row.failed() + " failed" : "",
                    (row.vendorAlgorithm() + " " + row.problem()).strip().replace("|", "/"));
        }
    }

    /** A time of another system, in microseconds, as peers.py writes it. */
    private record PeerRow(String name, String system, double microseconds, String problem) {}

    private Map<String, Map<String, Double>> peers() {
        Map<String, Map<String, Double>> times = new LinkedHashMap<>();
        for (PeerRow row : StepJournal.open(results, "peer-layers").rows(PeerRow.class)) {
            if (row.microseconds() > 0) {
                times.computeIfAbsent(row.name(), _ -> new LinkedHashMap<>()).put(row.system(), row.microseconds());
            }
        }
        return times;
    }

    private void tuning() {
        List<TuningStep.Row> rows = StepJournal.open(results, TuningStep.NAME).rows(TuningStep.Row.class);
        if (rows.isEmpty()) {
            return;
        }
        json.add("tuning", StepJournal.GSON.toJsonTree(rows));
        line("## Tuning of whole models on the device");
        line("");
        line("Sums are of a model's kernels timed one by one, each beginning with cold caches.");
        line("");
        line("| model | kernels | candidates | failed | by default, us | tuned, us | gain | tuning time, s |"
                + " remarks |");
        line("|---|--:|--:|--:|--:|--:|--:|--:|---|");
        for (TuningStep.Row row : rows) {
            double gain = row.bestMicroseconds() > 0 ? row.defaultMicroseconds() / row.bestMicroseconds() : 0;
            line(
                    "| %s | %d | %d | %d | %s | %s | %s | %s | %s |",
                    row.name(),
                    row.tasks(),
                    row.trials(),
                    row.failed(),
                    number("%.1f", row.defaultMicroseconds()),
                    number("%.1f", row.bestMicroseconds()),
                    number("%.2f", gain),
                    number("%.1f", row.seconds()),
                    (row.ending() + " " + row.problem()).strip().replace("|", "/"));
        }
        line("");
    }

    private void models() {
        List<PeerRow> rows = new ArrayList<>();
        for (String journal : List.of("models", "peer-models")) {
            rows.addAll(StepJournal.open(results, journal).rows(PeerRow.class));
        }
        if (rows.isEmpty()) {
            return;
        }
        json.add("models", StepJournal.GSON.toJsonTree(rows));
        line("## Whole models, the median of runs one after another");
        line("");
        line("| model | system | us | remarks |");
        line("|---|---|--:|---|");
        rows.stream()
                .sorted(java.util.Comparator.comparing(PeerRow::name))
                .forEach(row -> line(
                        "| %s | %s | %s | %s |",
                        row.name(),
                        row.system(),
                        number("%.1f", row.microseconds()),
                        Objects.requireNonNullElse(row.problem(), "").replace("|", "/")));
        line("");
    }

    private static String number(String format, double value) {
        return value > 0 ? String.format(Locale.ROOT, format, value) : "";
    }

    private void line(String format, Object... values) {
        out.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values))
                .append('\n');
    }
}
