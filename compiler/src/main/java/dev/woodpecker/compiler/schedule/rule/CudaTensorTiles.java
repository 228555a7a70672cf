package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.List;

/**
 * Which tiles of a matrix product suit tensor cores, by arithmetic: of each candidate the cycles in which a
 * multiprocessor multiplies a block's tile, reads and writes it in shared memory, and gets it from the second-level cache.
 *
 * @param problem extents of the product
 * @param operations multiply-adds of a multiprocessor in a cycle by instructions of a warp
 * @param elementBytes of both operands
 * @param hasPlainOperands whether neighbours of an operand's row are neighbours in memory, so that few registers hold
 *     addresses
 */
record CudaTensorTiles(
        CudaTiles problem, double operations, int elementBytes, long sharedBytes, boolean hasPlainOperands) {
    /** Halves: data sheets of T4, A100 and H100, where a warp's products reach 63 % (Luo et al. 2024, "Dissecting Hopper"). */
    private static final double TURING_OPERATIONS = 512;

    private static final double OPERATIONS = 1024;

    private static final double HOPPER_OPERATIONS = 2048 * 0.63;

    /** 32 banks of four bytes. */
    private static final double SHARED_BYTES_A_CYCLE = 128;

    /** A multiprocessor's of the 5120 bytes a cycle that the second-level cache has for all, two thirds of them in practice. */
    private static final double CACHE_BYTES_A_CYCLE = 30;

    /** With fewer warps loads of fragments are waited for. */
    private static final double ENOUGH_WARPS = 8;

    /** What a block does before its first product and after its last. */
    private static final double BLOCK_CYCLES = 1500;

    static final List<Long> BLOCKS = List.of(128L, 256L, 64L, 32L);
    /** A pipeline that hides the latency of memory: so many stages of so many bytes of each row or column. */
    private static final double USUAL_STAGES = 3;

    private static final long MOST_STAGES = 4;

    private static final double STRETCH_BYTES = 80;

    private static final List<Long> WARPS = List.of(64L, 32L, 16L);

    /** 128 accumulators of a lane and 32 operands leave registers for addresses; more do not. */
    private static final long MOST_ACCUMULATORS = 128;

    /** What leaves registers for the addresses of a window's elements, or for operands of four bytes. */
    private static final long ACCUMULATORS_BESIDE_ADDRESSES = 64;

    private static final long THREADS_FOR_EACH_ADDRESS = 2;

    private static final long MOST_WARPS = 8;
    private static final long LANES = 32;

    /** A tile of a block and of a warp. */
    record Tile(long rows, long columns, long warpRows, long warpColumns) {
        long warps() {
            return rows / warpRows * (columns / warpColumns);
        }

        private long accumulators() {
            return warpRows * warpColumns / LANES;
        }

        private boolean isUsable() {
            return warps() >= 2
                    && warps() <= MOST_WARPS
                    && rows % warpRows == 0
                    && columns % warpColumns == 0
                    && rows * columns <= 128 * 256
                    && accumulators() <= MOST_ACCUMULATORS;
        }
    }

    /** {@code products} of the instruction make one of the program. */
    static CudaTensorTiles of(Contraction c, TensorTile tile, int products, Target target) {
        int bytes = tile.memoryType().bytes();
        double halves = target.capability() >= 90
                ? HOPPER_OPERATIONS
                : target.capability() >= SharedTiles.ASYNCHRONOUS ? OPERATIONS : TURING_OPERATIONS;
        boolean plain = c.stage().reduction().orElseThrow().axes().size() == 1 && bytes <= 2;
        return new CudaTensorTiles(
                CudaTiles.of(c, target), halves * 2 / bytes / products, bytes, target.fastBytes(), plain);
    }

    private double cycles(Tile tile, long parts) {
        double blocks = problem.blocks(tile.rows, tile.columns) * parts;
        double depth = Math.ceil((double) problem.depthExtent() / parts);
        double multiplied = tile.rows * tile.columns * depth / operations;
        double read = tile.warps() * (tile.warpRows + tile.warpColumns);
        double sides = tile.rows + tile.columns;
        double shared = (read + sides) * depth * elementBytes / SHARED_BYTES_A_CYCLE;
        double cached = sides * depth * elementBytes / CACHE_BYTES_A_CYCLE;
        double resident = Math.min(
                Math.ceil(blocks / problem.units()),
                Math.min(
                        ENOUGH_WARPS / tile.warps(), Math.floor(sharedBytes / (sides * USUAL_STAGES * STRETCH_BYTES))));
        double waiting = Math.min(1, 0.4 + 0.6 * resident * tile.warps() / ENOUGH_WARPS);
        double longest = Math.max(multiplied, Math.max(shared, cached));
        double rounds = Math.ceil(blocks / problem.units());
        return rounds * (longest / waiting + BLOCK_CYCLES / Math.max(1, resident)) + problem.combiningCycles(parts);
    }

    /** A block's tile, shared out to warps in each usable way. */
    static List<Tile> inWarps(long rows, long columns) {
        List<Tile> tiles = new ArrayList<>();
        for (long warpRows : WARPS) {
            for (long warpColumns : WARPS) {
                Tile tile = new Tile(rows, columns, warpRows, warpColumns);
                if (tile.isUsable()) {
                    tiles.add(tile);
                }
            }
        }
        return tiles;
    }

    /** The best where the reduction is shared out to so many blocks. */
    Tile best(long parts) {
        Tile best = new Tile(128, 128, 64, 32);
        for (long rows : BLOCKS) {
            for (long columns : BLOCKS) {
                for (Tile tile : inWarps(rows, columns)) {
                    if (suits(tile) && cycles(tile, parts) < cycles(best, parts)) {
                        best = tile;
                    }
                }
            }
        }
        return best;
    }

    private boolean suits(Tile tile) {
        return hasPlainOperands
                || tile.accumulators() <= ACCUMULATORS_BESIDE_ADDRESSES
                        && tile.warps() * LANES >= THREADS_FOR_EACH_ADDRESS * Math.max(tile.rows, tile.columns);
    }

    double bestCycles(long parts) {
        return cycles(best(parts), parts);
    }

    long parts(List<Long> domain) {
        return CudaTiles.parts(domain, this::bestCycles);
    }

    /** How many stages of a pipeline suit a tile: enough warps shall fit a multiprocessor. */
    long stages(Tile tile, long bytes, List<Long> domain) {
        long blocks = Math.max(1, (long) ENOUGH_WARPS / tile.warps());
        return domain.stream()
                .filter(n -> n <= MOST_STAGES && (n <= 2 || n * bytes * blocks <= sharedBytes))
                .reduce(1L, Math::max);
    }
}
