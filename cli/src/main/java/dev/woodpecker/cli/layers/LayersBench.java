package dev.woodpecker.cli.layers;

import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Times convolutions one by one on one thread, ours and oneDNN's by turns in blocks, each with bias and Relu, its weights
 * as the last run left them in the caches.
 */
public final class LayersBench {
    private static final int RUNS_IN_A_BLOCK = 5;
    private static final int FEWEST_BLOCKS = 3;

    /** For one layer, from which on there are fewer blocks. */
    private static final long LIMIT_NANOSECONDS = 1_500_000_000L;

    private final OneDnn library;
    private final Options options;
    private final OptionalDouble peakGigaflops;
    private final int blocks;

    /**
     * @param options which records count
     * @param peakGigaflops of one thread, if known
     * @param blocks of runs of each
     */
    public LayersBench(OneDnn library, Options options, OptionalDouble peakGigaflops, int blocks) {
        this.library = library;
        this.options = options.withThreads(1).withVendors(Vendors.NONE);
        this.peakGigaflops = peakGigaflops;
        this.blocks = blocks;
    }

    /** Medians in seconds; oneDNN's is missing where it has reference code only. */
    private record Result(ConvolutionLayer layer, double ours, OptionalDouble vendors) {
        /** How many times as fast as oneDNN. */
        OptionalDouble ratio() {
            return vendors.isEmpty() ? vendors : OptionalDouble.of(vendors.getAsDouble() / ours);
        }
    }

    /**
     * Times the layers of a file, or those of the zoo, and prints a table and what it comes to.
     *
     * @throws IllegalArgumentException if the file has a line that is no layer
     */
    public void run(Optional<Path> file, PrintWriter out) {
        List<ConvolutionLayer> layers = file.map(LayerList::read).orElseGet(LayerList::ofZoo);
        out.printf(
                Locale.ROOT,
                "%d convolutions with bias and Relu, 1 thread, beside oneDNN %s%s%n",
                layers.size(),
                library.version(),
                peakGigaflops.isPresent()
                        ? String.format(Locale.ROOT, "; measured FMA peak %.1f GFLOP/s", peakGigaflops.getAsDouble())
                        : "");
        out.println("  ours ms  oneDNN ms  ratio  GFLOP/s   peak  uses  layer");
        List<Result> results = new ArrayList<>();
        for (ConvolutionLayer layer : layers) {
            try (OurLayer ours = OurLayer.of(layer, options)) {
                Optional<VendorLayer> vendors = VendorLayer.of(layer, library);
                try {
                    Result result = time(layer, ours, vendors);
                    results.add(result);
                    print(result, ours, vendors, out);
                } finally {
                    vendors.ifPresent(VendorLayer::close);
                }
            }
        }
        summary(results, out);
    }

    private Result time(ConvolutionLayer layer, OurLayer ours, Optional<VendorLayer> vendors) {
        ours.seconds(1);
        vendors.ifPresent(v -> v.seconds(1));
        List<Double> first = new ArrayList<>();
        List<Double> second = new ArrayList<>();
        long start = System.nanoTime();
        for (int block = 0; block < blocks; block++) {
            if (block >= FEWEST_BLOCKS && System.nanoTime() - start > LIMIT_NANOSECONDS) {
                break;
            }
            boolean turned = block % 2 == 1;
            if (turned) {
                vendors.ifPresent(v -> second.add(v.seconds(RUNS_IN_A_BLOCK)));
            }
            first.add(ours.seconds(RUNS_IN_A_BLOCK));
            if (!turned) {
                vendors.ifPresent(v -> second.add(v.seconds(RUNS_IN_A_BLOCK)));
            }
        }
        return new Result(
                layer, median(first), second.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(median(second)));
    }

    private static double median(List<Double> values) {
        return Distribution.of(values.stream().mapToDouble(Double::doubleValue).toArray())
                .median();
    }

    private void print(Result result, OurLayer ours, Optional<VendorLayer> vendors, PrintWriter out) {
        double gigaflops = 2e-9 * result.layer().multiplyAdds() / result.ours();
        out.printf(
                Locale.ROOT,
                "%9.4f  %9s %6s %8.1f %6s %5d  %s  (%s; %s)%n",
                result.ours() * 1e3,
                text(result.vendors(), 1e3, "%9.4f"),
                text(result.ratio(), 1, "%.2f"),
                gigaflops,
                peakGigaflops.isPresent()
                        ? String.format(Locale.ROOT, "%.0f %%", 100 * gigaflops / peakGigaflops.getAsDouble())
                        : "",
                result.layer().useCount(),
                result.layer().text(),
                ours.implementation(),
                vendors.map(VendorLayer::implementation).orElse("no optimised code"));
        out.flush();
    }

    private static String text(OptionalDouble value, double scale, String format) {
        return value.isEmpty() ? "-" : String.format(Locale.ROOT, format, value.getAsDouble() * scale);
    }

    private static void summary(List<Result> results, PrintWriter out) {
        List<Result> compared =
                results.stream().filter(result -> result.ratio().isPresent()).toList();
        if (compared.isEmpty()) {
            out.println("none of them compared");
            return;
        }
        Summary summary = new Summary(
                compared.stream().map(result -> result.ratio().getAsDouble()).toList(),
                compared.stream()
                        .map(result -> Math.max(1, result.layer().useCount()))
                        .toList());
        out.printf(
                Locale.ROOT,
                "%d compared, %d that oneDNN has no optimised code for%n",
                compared.size(),
                results.size() - compared.size());
        out.printf(
                Locale.ROOT,
                "speed relative to oneDNN: geometric mean %.3f, by use %.3f; tenth percentile %.3f%n",
                summary.geometricMean(false),
                summary.geometricMean(true),
                summary.tenthPercentile());
        out.printf(
                Locale.ROOT,
                "slower than oneDNN: %.1f %% of layers, by use %.1f %%%n",
                100 * summary.shareLost(false),
                100 * summary.shareLost(true));
    }
}
