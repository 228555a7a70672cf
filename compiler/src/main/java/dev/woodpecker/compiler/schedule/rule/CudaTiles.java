package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.target.Target;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/**
 * Which tiles of a matrix product suit a GPU, by arithmetic: how many waves of blocks there are, how full the last is,
 * and how much larger tiles load for each product.
 *
 * @param rows of the result, all axes of its side together
 * @param products matrices of a batch
 * @param operations multiply-adds of a multiprocessor in a cycle, on its arithmetic units
 */
record CudaTiles(long rowExtent, long columnExtent, long depthExtent, long products, int units, double operations) {
    /** Multiply-adds of a multiprocessor in a cycle, on its arithmetic units, before and from Hopper on. */
    private static final double OPERATIONS = 64;

    private static final double HOPPER_OPERATIONS = 128;

    /** The bytes that it gets of the memory's in one. */
    static final double BYTES = 12;

    /** What a second kernel costs, in cycles. */
    static final double LAUNCH = 4000;

    private static final List<Long> SIZES = List.of(128L, 64L, 32L);

    static CudaTiles of(Contraction c, Target target) {
        long rows = extent(c.rows());
        long columns = Stages.extent(c.column());
        long all = extent(c.stage().axes());
        long depth = extent(c.stage().reduction().orElseThrow().axes());
        List<Axis> axes = c.stage().axes();
        // Columns of the tile are along memory.
        boolean swapped = c.rows().contains(axes.getLast());
        return new CudaTiles(
                swapped ? columns : rows,
                swapped ? rows : columns,
                depth,
                all / (rows * columns),
                target.units(),
                target.capability() >= 90 ? HOPPER_OPERATIONS : OPERATIONS);
    }

    private static long extent(List<Axis> axes) {
        return axes.stream().mapToLong(Stages::extent).reduce(1, Math::multiplyExact);
    }

    /** Cycles of the busiest multiprocessor. */
    private double cycles(long rows, long columns, long parts) {
        double blocks = blocks(rows, columns) * parts;
        double depth = Math.ceil((double) depthExtent / parts);
        // Small tiles load more for each product; 8 x 8 results of a thread keep the arithmetic units busy, 4 x 4 do
        // not.
        double arithmetic =
                rows * columns * depth / operations / (0.55 + 0.15 * (rows / 128.0) + 0.2 * (columns / 128.0));
        double loads = (rows + columns) * depth * Float.BYTES / (2.5 * BYTES);
        double block = Math.max(arithmetic, loads);
        double rounds = Math.ceil(blocks / units);
        return rounds * block + combiningCycles(parts);
    }

    /** Blocks with tiles of this size. */
    double blocks(long rows, long columns) {
        return (double) Math.ceilDiv(rowExtent, rows) * Math.ceilDiv(columnExtent, columns) * products;
    }

    /** What adding the parts of a reduction takes. */
    double combiningCycles(long parts) {
        return parts == 1
                ? 0
                : LAUNCH + movingCycles(2.0 * (parts + 1) * rowExtent * columnExtent * products * Float.BYTES);
    }

    /** What so many bytes take to and from memory. */
    double movingCycles(double bytes) {
        return bytes / (BYTES * units);
    }

    private record Tile(long rows, long columns) {}

    private Tile best(long parts) {
        Tile best = new Tile(SIZES.getFirst(), SIZES.getFirst());
        for (long rows : SIZES) {
            for (long columns : SIZES) {
                if (cycles(rows, columns, parts) < cycles(best.rows, best.columns, parts)) {
                    best = new Tile(rows, columns);
                }
            }
        }
        return best;
    }

    long rows() {
        return best(1).rows;
    }

    long columns() {
        return best(1).columns;
    }

    long depth() {
        return depthExtent >= 16 ? 16 : 8;
    }

    /** Of these numbers of parts of the reduction, the one that is worth it. */
    long parts(List<Long> domain) {
        return parts(domain, this::bestCycles);
    }

    double bestCycles(long parts) {
        Tile tile = best(parts);
        return cycles(tile.rows, tile.columns, parts);
    }

    static long parts(List<Long> domain, LongToDoubleFunction cycles) {
        long best = 1;
        for (long parts : domain) {
            if (cycles.applyAsDouble(parts) < 0.9 * cycles.applyAsDouble(best)) {
                best = parts;
            }
        }
        return best;
    }
}
