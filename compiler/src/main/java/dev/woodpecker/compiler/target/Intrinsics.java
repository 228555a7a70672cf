package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Intrinsic.Access;
import dev.woodpecker.compiler.ir.Intrinsic.Level;
import dev.woodpecker.compiler.ir.Intrinsic.Operand;
import dev.woodpecker.compiler.ir.Intrinsic.Semantics;
import dev.woodpecker.compiler.ir.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The instructions that code is generated for by name. Each is one instruction of the processor, whose text is in the
 * prelude of its dialect; a new one is an entry here and a function there.
 */
public final class Intrinsics {
    /** Four 8x8 matrices of 16-bit elements, a 16x16 tile, from shared memory to the registers of a warp. */
    public static final Intrinsic LDMATRIX_X4 = load("ldmatrix_x4", Fragments.M16K16_LEFT);

    /** Two 8x8 matrices of 16-bit elements, an 8x16 tile, from shared memory to the registers of a warp. */
    public static final Intrinsic LDMATRIX_X2 = load("ldmatrix_x2", Fragments.N8K16_RIGHT);

    /**
     * {@code accumulator += left * right}. Products are exact; in which order and with which roundings they are added
     * the PTX ISA leaves open, to no less than single precision.
     */
    public static final Intrinsic MMA_M16N8K16_F32_F16 = new Intrinsic(
            "mma_m16n8k16_f32_f16",
            Level.WARP,
            List.of(
                    Operand.fragment("accumulator", DType.F32, Fragments.M16N8_ACCUMULATOR, Access.UPDATE),
                    Operand.fragment("left", DType.F16, Fragments.M16K16_LEFT, Access.READ),
                    Operand.fragment("right", DType.F16, Fragments.N8K16_RIGHT, Access.READ)),
            product(16, 8, 16),
            Map.of("cuda", "mma_m16n8k16_f32_f16($accumulator, $left, $right)"));

    /** Asks for the cache line of an address; no result depends on it. */
    public static final Intrinsic PREFETCH = new Intrinsic(
            "prefetch",
            Level.THREAD,
            List.of(Operand.memory("line", DType.F32, List.of(1), Scope.GLOBAL, Access.READ)),
            tiles -> {},
            Map.of("c", "__builtin_prefetch($line)"));

    private static final List<Intrinsic> COPIES =
            IntStream.of(4, 8, 16).mapToObj(Intrinsics::copy).toList();

    private static final List<TensorTile> TILES =
            List.of(new TensorTile(MMA_M16N8K16_F32_F16, LDMATRIX_X4, LDMATRIX_X2, 80));

    private static final List<Intrinsic> ALL = Stream.concat(
                    Stream.of(LDMATRIX_X4, LDMATRIX_X2, MMA_M16N8K16_F32_F16, PREFETCH), COPIES.stream())
            .toList();

    private Intrinsics() {}

    /** The whole table. */
    public static List<Intrinsic> all() {
        return ALL;
    }

    /** The matrix products of one instruction. */
    public static List<TensorTile> tiles() {
        return TILES;
    }

    /** The tile whose product has this name. */
    public static Optional<TensorTile> tile(String product) {
        return TILES.stream().filter(t -> t.name().equals(product)).findFirst();
    }

    /** The tile of these extents and types; there is at most one. */
    public static Optional<TensorTile> tile(long rows, long columns, long depth, DType element, DType accumulator) {
        return TILES.stream()
                .filter(t -> t.rows() == rows && t.columns() == columns && t.depth() == depth)
                .filter(t -> t.elementType() == element && t.accumulatorType() == accumulator)
                .findFirst();
    }

    /**
     * The asynchronous copy of so many bytes from global to shared memory; both addresses are multiples of their number.
     * Its template has {@code $guard}, without which zeros are written.
     */
    public static Optional<Intrinsic> asynchronousCopy(int bytes) {
        return COPIES.stream()
                .filter(c -> c.operand("to").shape().getFirst() == bytes)
                .findFirst();
    }

    private static Intrinsic load(String name, Distribution distribution) {
        List<Integer> shape = List.of(distribution.rows(), distribution.columns());
        return new Intrinsic(
                name,
                Level.WARP,
                List.of(
                        Operand.fragment("fragment", DType.F16, distribution, Access.WRITE),
                        Operand.memory("tile", DType.F16, shape, Scope.SHARED, Access.READ)),
                Intrinsics::assign,
                Map.of("cuda", name + "($fragment, $tile, $tile.stride)"));
    }

    private static Intrinsic copy(int bytes) {
        String name = "cp_async_" + bytes;
        return new Intrinsic(
                name,
                Level.THREAD,
                List.of(
                        Operand.memory("to", DType.U8, List.of(bytes), Scope.SHARED, Access.WRITE),
                        Operand.memory("from", DType.U8, List.of(bytes), Scope.GLOBAL, Access.READ)),
                Intrinsics::assign,
                Map.of("cuda", name + "($to, $from, $guard)"));
    }

    private static void assign(double[][] tiles) {
        System.arraycopy(tiles[1], 0, tiles[0], 0, tiles[0].length);
    }

    private static Semantics product(int rows, int columns, int depth) {
        return tiles -> {
            for (int m = 0; m < rows; m++) {
                for (int n = 0; n < columns; n++) {
                    double sum = tiles[0][m * columns + n];
                    for (int k = 0; k < depth; k++) {
                        sum += tiles[1][m * depth + k] * tiles[2][n * depth + k];
                    }
                    tiles[0][m * columns + n] = sum;
                }
            }
        };
    }
}
