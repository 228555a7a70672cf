package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.cli.layers.ConvolutionLayer;
import dev.woodpecker.cli.layers.LayerList;
import dev.woodpecker.compiler.target.Numerics;
import java.util.ArrayList;
import java.util.List;

/** What the kit measures: the same list where it is packed and where it runs. */
final class Workloads {
    /** The extents of a square product that fills any GPU. */
    private static final long SQUARE = 4096;

    private static final List<Integer> BATCHES = List.of(1, 16);
    private static final List<Numerics> MODES = List.of(Numerics.STRICT, Numerics.TF32, Numerics.FP16);

    /** Rows, columns and depth: BERT's layers at 128 tokens, classifiers, and squares. */
    private static final List<long[]> PRODUCTS = List.of(
            new long[] {128, 768, 768},
            new long[] {128, 3072, 768},
            new long[] {128, 768, 3072},
            new long[] {2048, 768, 768},
            new long[] {2048, 3072, 768},
            new long[] {1, 1000, 2048},
            new long[] {16, 4096, 4096},
            new long[] {512, 512, 512},
            new long[] {1024, 1024, 1024},
            new long[] {2048, 2048, 2048},
            new long[] {SQUARE, SQUARE, SQUARE},
            new long[] {1000, 1000, 1000});

    private Workloads() {}

    /**
     * All distinct convolutions of the zoo's networks, those of one batch and mode together, the one of most work first.
     *
     * @param layers of each batch and mode, at most, spread over all
     */
    static List<Workload> convolutions(int layers) {
        List<ConvolutionLayer> all = LayerList.ofZoo();
        List<ConvolutionLayer> some = new ArrayList<>();
        for (int i = 0; i < Math.min(layers, all.size()); i++) {
            some.add(all.get((int) ((long) i * all.size() / Math.min(layers, all.size()))));
        }
        List<Workload> workloads = new ArrayList<>();
        for (int batch : BATCHES) {
            for (Numerics mode : MODES.reversed()) {
                some.forEach(layer -> workloads.add(new Workload.Convolution(layer, batch, mode)));
            }
        }
        return workloads;
    }

    /** @param count of each mode, at most */
    static List<Workload> products(int count) {
        List<Workload> workloads = new ArrayList<>();
        for (Numerics mode : List.of(Numerics.FP16, Numerics.BF16, Numerics.TF32, Numerics.STRICT)) {
            PRODUCTS.stream().limit(count).forEach(p -> workloads.add(new Workload.Product(p[0], p[1], p[2], mode)));
        }
        return workloads;
    }

    /** What tells how fast the device is at best. */
    static List<Workload> ceilings() {
        return List.of(
                new Workload.Stream(1L << 27),
                new Workload.Product(SQUARE, SQUARE, SQUARE, Numerics.FP32),
                new Workload.Product(2 * SQUARE, 2 * SQUARE, 2 * SQUARE, Numerics.BF16));
    }
}
