package dev.woodpecker.cli.bench;

import dev.woodpecker.cli.bench.BenchRow.Column;
import dev.woodpecker.cli.bench.BenchRow.Timed;
import java.io.PrintWriter;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The rows as Markdown. */
public final class BenchTable {
    private static final double MEGABYTE = 1 << 20;
    private static final int LONGEST_REASON = 240;
    private static final String NOTHING = "-";

    private final Machine machine;
    private final BenchSettings settings;
    private final PrintWriter out;

    public BenchTable(Machine machine, BenchSettings settings, PrintWriter out) {
        this.machine = machine;
        this.settings = settings;
        this.out = out;
    }

    /** What it was measured on, and how. */
    public void printHeader() {
        out.printf(
                Locale.ROOT,
                "%s, %d cores; Java %s; %s%n%n",
                machine.processor(),
                machine.cores(),
                machine.java(),
                LocalDate.now());
        for (Machine.Peak peak : machine.peaks()) {
            out.printf(
                    Locale.ROOT,
                    "- threads %d: FMA peak %.1f GFLOP/s, reads %.1f GB/s, fork and join %.1f us (99 %% within %.1f)%n",
                    peak.threads(),
                    peak.gigaflopsPerSecond(),
                    peak.gigabytesPerSecond(),
                    peak.forkAndJoin().medianSeconds() * 1e6,
                    peak.forkAndJoin().p99Seconds() * 1e6);
        }
        out.printf(
                Locale.ROOT,
                "- each system in a process of its own, stopped while another is timed; %d blocks of %d runs in the"
                        + " order A B B A (other counts are in the row), medians, 95 %% intervals of the bootstrap over"
                        + " blocks%n",
                settings.blocks(),
                settings.runs());
        settings.variants().forEach(variant -> out.printf("- %s: Woodpecker, %s%n", variant.name(), variant.meaning()));
        out.println();
    }

    /** The times, then memory and loading, then the summary. */
    public void print(List<BenchRow> rows) {
        printTimes(rows);
        printLoading(rows);
        rows.stream()
                .flatMap(row -> row.peer().stream().map(Timed::system))
                .distinct()
                .forEach(system -> out.println("- " + system));
        printFailures(rows);
        if (settings.againstOnnxRuntime()) {
            new BenchSummary(rows).print(settings.variants(), out);
        }
        out.flush();
    }

    private void printTimes(List<BenchRow> rows) {
        List<String> header = new ArrayList<>(List.of("model", "threads", "blocks x runs"));
        if (settings.againstOnnxRuntime()) {
            header.add("ONNX Runtime ms");
        }
        for (Variant variant : settings.variants()) {
            header.add(variant.name() + " ms");
            if (settings.againstOnnxRuntime()) {
                header.add("speed (95 %)");
            }
        }
        printHeading(header, 1);
        for (BenchRow row : rows) {
            List<String> cells = new ArrayList<>(
                    List.of(row.model(), Integer.toString(row.threads()), row.blocks() + " x " + row.runs()));
            if (settings.againstOnnxRuntime()) {
                cells.add(row.peer().map(BenchTable::milliseconds).orElse(NOTHING)
                        + (row.peer()
                                        .filter(peer -> peer.system().endsWith("spinning on"))
                                        .isPresent()
                                ? " s"
                                : ""));
            }
            for (Variant variant : settings.variants()) {
                Optional<Column> column = column(row, variant);
                cells.add(column.flatMap(Column::timed)
                        .map(BenchTable::milliseconds)
                        .orElse(NOTHING));
                if (settings.againstOnnxRuntime()) {
                    cells.add(column.map(BenchTable::speed).orElse(NOTHING));
                }
            }
            printCells(cells);
        }
        if (settings.againstOnnxRuntime()) {
            out.printf(
                    "%ns: its threads spin, which was the faster of both. Speed: times of ONNX Runtime by ours.%n%n");
        }
    }

    /** Memory, at its peak and in the end, without what an idle JVM takes, and seconds from loading to the first output. */
    private void printLoading(List<BenchRow> rows) {
        out.printf(
                Locale.ROOT,
                "Peak memory in MB and that after all runs, both less the %.0f MB of an idle JVM, and seconds from"
                        + " loading to the first output (in brackets: of the first process, which may compile kernels;"
                        + " then what tuning took).%n%n",
                machine.idleBytes() / MEGABYTE);
        List<String> header = new ArrayList<>(List.of("model", "threads"));
        if (settings.againstOnnxRuntime()) {
            header.addAll(List.of("ONNX Runtime MB", "s"));
        }
        for (Variant variant : settings.variants()) {
            header.addAll(List.of(variant.name() + " MB", "s"));
        }
        printHeading(header, 1);
        for (BenchRow row : rows) {
            List<String> cells = new ArrayList<>(List.of(row.model(), Integer.toString(row.threads())));
            if (settings.againstOnnxRuntime()) {
                cells.add(row.peer().map(this::megabytes).orElse(NOTHING));
                cells.add(row.peer().map(peer -> seconds(peer.loadSeconds())).orElse(NOTHING));
            }
            for (Variant variant : settings.variants()) {
                Optional<Column> column = column(row, variant);
                cells.add(column.flatMap(Column::timed).map(this::megabytes).orElse(NOTHING));
                cells.add(column.flatMap(found -> found.timed()
                                .map(timed -> seconds(timed.loadSeconds()) + " (" + seconds(timed.firstLoadSeconds())
                                        + (found.tuningSeconds() > 0 ? ", " + seconds(found.tuningSeconds()) : "")
                                        + ")"))
                        .orElse(NOTHING));
            }
            printCells(cells);
        }
        out.println();
    }

    private void printFailures(List<BenchRow> rows) {
        out.println();
        for (BenchRow row : rows) {
            row.failure()
                    .ifPresent(reason ->
                            out.printf("FAILED %s, threads %d: %s%n", row.model(), row.threads(), shortened(reason)));
            row.columns()
                    .forEach(column -> column.wrong()
                            .ifPresent(reason -> out.printf(
                                    "FAILED %s, threads %d, %s: %s%n",
                                    row.model(), row.threads(), column.variant(), shortened(reason))));
        }
    }

    /** Messages can list all that would have been allowed; the JSON file has them whole. */
    private static String shortened(String reason) {
        String line = reason.replaceAll("\\s*\\R\\s*", "; ");
        return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "...";
    }

    private static Optional<Column> column(BenchRow row, Variant variant) {
        return row.columns().stream()
                .filter(column -> column.variant().equals(variant.name()))
                .findFirst();
    }

    private static String milliseconds(Timed timed) {
        return String.format(Locale.ROOT, "%.3f", timed.median() * 1e3);
    }

    private static String speed(Column column) {
        if (column.wrong().isPresent()) {
            return "FAILED";
        }
        return column.speed().map(Ratio::toString).orElse(NOTHING);
    }

    private String megabytes(Timed timed) {
        return String.format(
                Locale.ROOT,
                "%.0f, %.0f",
                (timed.memory().peakBytes() - machine.idleBytes()) / MEGABYTE,
                (timed.memory().residentBytes() - machine.idleBytes()) / MEGABYTE);
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.2f", seconds);
    }

    private void printHeading(List<String> cells, int texts) {
        printCells(cells);
        List<String> rules = new ArrayList<>(Collections.nCopies(texts, "---"));
        rules.addAll(Collections.nCopies(cells.size() - texts, "--:"));
        printCells(rules);
    }

    private void printCells(List<String> cells) {
        out.println("| " + String.join(" | ", cells) + " |");
    }
}
