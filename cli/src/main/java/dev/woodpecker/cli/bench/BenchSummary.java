package dev.woodpecker.cli.bench;

import dev.woodpecker.cli.bench.BenchRow.Column;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Geometric means of speeds by family. Models that the peer runs in less than a millisecond are apart: what is timed there is
 * the way from Java into native code more than the network.
 */
final class BenchSummary {
    private static final double LARGE_SECONDS = 1e-3;

    private final List<BenchRow> rows;

    BenchSummary(List<BenchRow> rows) {
        this.rows = rows;
    }

    void print(List<Variant> variants, PrintWriter out) {
        out.printf("%nGeometric means of speed (of the lower bounds), over models that take ONNX Runtime 1 ms or"
                + " more:%n%n");
        out.println("| family | threads | models | "
                + variants.stream().map(Variant::name).collect(Collectors.joining(" | ")) + " |");
        out.println("|---|--:|--:|" + "--:|".repeat(variants.size()));
        for (int threads : new TreeSet<>(rows.stream().map(BenchRow::threads).toList())) {
            for (Family family : Family.values()) {
                line(
                        family.title(),
                        threads,
                        variants,
                        out,
                        row -> isLarge(row) && row.family().equals(Optional.of(family)));
            }
            line("all of these", threads, variants, out, BenchSummary::isLarge);
            line("under 1 ms", threads, variants, out, row -> !isLarge(row));
        }
        out.println();
        variants.forEach(variant -> printSlower(variant, out));
    }

    private void line(String title, int threads, List<Variant> variants, PrintWriter out, Predicate<BenchRow> wanted) {
        List<BenchRow> chosen = rows.stream()
                .filter(row -> row.threads() == threads && row.peer().isPresent() && wanted.test(row))
                .toList();
        if (chosen.isEmpty()) {
            return;
        }
        String cells = variants.stream()
                .map(variant -> mean(chosen.stream()
                        .flatMap(row -> speed(row, variant).stream())
                        .toList()))
                .collect(Collectors.joining(" | "));
        out.printf("| %s | %d | %d | %s |%n", title, threads, chosen.size(), cells);
    }

    private void printSlower(Variant variant, PrintWriter out) {
        String slower = rows.stream()
                .flatMap(row -> speed(row, variant)
                        .filter(ratio -> ratio.median() < 1)
                        .map(ratio -> String.format(
                                Locale.ROOT,
                                "%s (threads %d%s) %.2f",
                                row.model(),
                                row.threads(),
                                isLarge(row) ? "" : ", under 1 ms",
                                ratio.median()))
                        .stream())
                .collect(Collectors.joining(", "));
        out.printf("%s below 1.0: %s%n", variant.name(), slower.isEmpty() ? "none" : slower);
    }

    /** The speed of a variant whose outputs are right. */
    private static Optional<Ratio> speed(BenchRow row, Variant variant) {
        return row.columns().stream()
                .filter(column -> column.variant().equals(variant.name())
                        && column.wrong().isEmpty())
                .findFirst()
                .flatMap(Column::speed);
    }

    private static boolean isLarge(BenchRow row) {
        return row.peer().filter(peer -> peer.median() >= LARGE_SECONDS).isPresent();
    }

    private static String mean(List<Ratio> ratios) {
        if (ratios.isEmpty()) {
            return "-";
        }
        double medians = ratios.stream()
                .mapToDouble(ratio -> Math.log(ratio.median()))
                .average()
                .orElseThrow();
        double lows = ratios.stream()
                .mapToDouble(ratio -> Math.log(ratio.low()))
                .average()
                .orElseThrow();
        return String.format(Locale.ROOT, "%.2f (%.2f)", Math.exp(medians), Math.exp(lows));
    }
}
