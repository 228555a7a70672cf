package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.schedule.TwistedRows;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which tiles of a matrix product suit groups of warps, by arithmetic, as {@link CudaTensorTiles} has it for warps: of each
 * candidate the cycles in which a multiprocessor multiplies a block's tile, brings it to shared memory and reads it there.
 *
 * @param rings whether a group of its own copies, box by box: nothing then waits for a barrier of the block
 */
record CudaWarpgroupTiles(CudaTiles problem, long sharedBytes, boolean rings) {
    /** Products of halves in a cycle: the data sheet's of H100, of which groups of warps reach 87 % (Luo et al. 2024). */
    private static final double OPERATIONS = 2048 * 0.87;

    private static final double SHARED_BYTES_A_CYCLE = 128;

    /** As in {@link CudaTensorTiles}. */
    private static final double CACHE_BYTES_A_CYCLE = 30;

    /** Until a block's first boxes or rows are there. */
    private static final double FILL_CYCLES = 1000;

    /** What storing the results of a tile adds. */
    private static final double STORE_CYCLES = 500;

    /** Of a stretch of the reduction: the barrier, and what the first product after it waits for. */
    private static final double EXPOSED_CYCLES = 60;

    private static final long ELEMENT_BYTES = 2;
    private static final long GROUP_ROWS = 64;
    private static final long GROUP_THREADS = 128;
    private static final long MOST_RESULTS = 192 * 256;
    private static final List<Long> ROWS = List.of(192L, 128L, 256L, 64L);
    private static final List<Long> COLUMNS = List.of(256L, 128L, 64L);
    private static final long MOST_STAGES = 4;
    private static final long MOST_GROUPS_OF_RINGS = 2;
    private static final long MOST_ACCUMULATORS = 128;

    /** Of a thread, beside its accumulators. */
    private static final long OTHER_REGISTERS = 40;

    private static final long REGISTERS = 64 << 10;

    /** Results of a block: two groups of warps have halves of it, one below the other or else beside it; three have thirds. */
    record Tile(long rows, long columns) {
        long groupRows() {
            return rows % (3 * GROUP_ROWS) == 0 || rows == GROUP_ROWS ? GROUP_ROWS : rows / 2;
        }

        /** Those of an instruction, too. */
        long groupColumns() {
            return rows > GROUP_ROWS || columns == GROUP_ROWS ? columns : columns / 2;
        }

        long groups() {
            return rows / groupRows() * (columns / groupColumns());
        }

        /** Both operands of a stretch of the reduction. */
        long bytes() {
            return (rows + columns) * TwistedRows.ROW * ELEMENT_BYTES;
        }

        /** Of a thread. */
        private long accumulators() {
            return groupRows() * groupColumns() / GROUP_THREADS;
        }

        private long residentBlocks(long copyingGroups) {
            long threads = (groups() + copyingGroups) * GROUP_THREADS;
            return Math.max(1, REGISTERS / (threads * (accumulators() + OTHER_REGISTERS)));
        }

        private double sharedBytes() {
            long products = rows / GROUP_ROWS * (columns / groupColumns());
            double read = (double) products * (GROUP_ROWS + groupColumns()) * TwistedRows.ROW * ELEMENT_BYTES;
            return read + bytes();
        }
    }

    /**
     * The same with rings. Two groups multiply at most: with one more that copies, three would have 128 registers a thread,
     * as many as their sums, where the PTX compiler does not count what groups give each other.
     */
    CudaWarpgroupTiles ofRings() {
        return new CudaWarpgroupTiles(problem, sharedBytes, true);
    }

    static List<Long> columns() {
        return COLUMNS;
    }

    List<Long> rows(long columns) {
        return ROWS.stream()
                .filter(rows ->
                        rows * columns <= MOST_RESULTS && new Tile(rows, columns).accumulators() <= MOST_ACCUMULATORS)
                .filter(rows -> !rings || new Tile(rows, columns).groups() <= MOST_GROUPS_OF_RINGS)
                .toList();
    }

    private List<Tile> all() {
        List<Tile> tiles = new ArrayList<>();
        columns().forEach(columns -> rows(columns).forEach(rows -> tiles.add(new Tile(rows, columns))));
        return tiles;
    }

    Tile best() {
        return all().stream().min(Comparator.comparingDouble(this::cycles)).orElseThrow();
    }

    double bestCycles() {
        return cycles(best());
    }

    private double cycles(Tile tile) {
        double blocks = problem.blocks(tile.rows, tile.columns);
        double rounds = Math.ceil(blocks / problem.units());
        double resident = Math.min(rounds, residentBlocks(tile));
        double stretches = Math.ceilDiv(problem.depthExtent(), TwistedRows.ROW);
        double multiplied = tile.rows * tile.columns * TwistedRows.ROW / OPERATIONS;
        double shared = tile.sharedBytes() / SHARED_BYTES_A_CYCLE;
        double cached = tile.bytes() / CACHE_BYTES_A_CYCLE;
        // While one block waits for its products, others multiply; copies go on.
        double exposed = rings ? 0 : EXPOSED_CYCLES / resident;
        double computed = Math.max(multiplied, shared) + exposed;
        // A block that goes on with another tile has its first boxes when it comes to it.
        double fills = turnsTiles(tile) ? 1 : rounds;
        return rounds * stretches * Math.max(computed, cached)
                + (fills * FILL_CYCLES + rounds * STORE_CYCLES) / resident;
    }

    /** The blocks that the device runs at once. */
    long grid(Tile tile) {
        return problem.units() * (long) residentBlocks(tile);
    }

    /** Whether blocks go from tile to tile, as far as there are more of these than blocks that run at once. */
    boolean turnsTiles(Tile tile) {
        return rings && problem.blocks(tile.rows, tile.columns) > grid(tile);
    }

    private double residentBlocks(Tile tile) {
        return Math.max(1, Math.min(tile.residentBlocks(rings ? 1 : 0), sharedBytes / (tile.bytes() * 3)));
    }

    /** How many stages of a pipeline suit a tile: as many as leave room for the blocks that registers do. */
    long stages(Tile tile, List<Long> domain) {
        return domain.stream()
                .filter(n -> n <= MOST_STAGES && (n <= 2 || n * tile.bytes() * residentBlocks(tile) <= sharedBytes))
                .reduce(1L, Math::max);
    }
}
