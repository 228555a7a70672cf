package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Intrinsic.Access;
import dev.woodpecker.compiler.ir.Intrinsic.Level;
import dev.woodpecker.compiler.ir.Intrinsic.Operand;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.target.TensorTile.Loads;
import java.util.Comparator;
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
    public static final Intrinsic LDMATRIX_X4 = load("ldmatrix_x4", DType.F16, Fragments.M16K16_LEFT, false);

    /** Two 8x8 matrices of 16-bit elements, an 8x16 tile, from shared memory to the registers of a warp. */
    public static final Intrinsic LDMATRIX_X2 = load("ldmatrix_x2", DType.F16, Fragments.N8K16_RIGHT, false);

    /** As {@link #LDMATRIX_X4}, of a tile whose rows in memory are columns of the operand. */
    public static final Intrinsic LDMATRIX_X4_TRANS = load("ldmatrix_x4_trans", DType.F16, Fragments.M16K16_LEFT, true);

    /** As {@link #LDMATRIX_X2}, of a tile whose rows in memory go along the columns of the result. */
    public static final Intrinsic LDMATRIX_X2_TRANS = load("ldmatrix_x2_trans", DType.F16, Fragments.N8K16_RIGHT, true);

    /** A tile of 16 x 8 words: a word is two neighbours of the 16 bits that the instruction speaks of. */
    public static final Intrinsic LDMATRIX_X4_F32 = load("ldmatrix_x4_f32", DType.F32, Fragments.M16K8_LEFT, false);

    /** A tile of 8 x 8 words. */
    public static final Intrinsic LDMATRIX_X2_F32 = load("ldmatrix_x2_f32", DType.F32, Fragments.N8K8_RIGHT, false);

    /** As {@link #LDMATRIX_X4_F32}, of words of four bytes each. */
    public static final Intrinsic LDMATRIX_X4_I32 = load("ldmatrix_x4_i32", DType.I32, Fragments.M16K8_LEFT, false);

    /** As {@link #LDMATRIX_X2_F32}, of words of four bytes each. */
    public static final Intrinsic LDMATRIX_X2_I32 = load("ldmatrix_x2_i32", DType.I32, Fragments.N8K8_RIGHT, false);

    private static final Distribution TALL = Fragments.M16K8_HALVES_LEFT;

    /** Tiles of halves 8 deep: 16 x 8 of the left operand, and of 8 x 8 of the right one. */
    private static final List<Intrinsic> HALVES_8_DEEP = List.of(
            load("ldmatrix_x2_tall", DType.F16, TALL, false),
            load("ldmatrix_x2_tall_trans", DType.F16, TALL, true),
            load("ldmatrix_x1", DType.F16, Fragments.N8K8_HALVES_RIGHT, false),
            load("ldmatrix_x1_trans", DType.F16, Fragments.N8K8_HALVES_RIGHT, true));

    /** As {@link #MMA_M16N8K16_F32_F16}, 8 points deep: Turing's. */
    public static final Intrinsic MMA_M16N8K8_F32_F16 =
            mma("mma_m16n8k8_f32_f16", DType.F16, TALL, Fragments.N8K8_HALVES_RIGHT);

    /** As {@link #MMA_M16N8K16_F32_F16}, of bfloat16. */
    public static final Intrinsic MMA_M16N8K16_F32_BF16 =
            mma("mma_m16n8k16_f32_bf16", DType.BF16, Fragments.M16K16_LEFT, Fragments.N8K16_RIGHT);

    /** As {@link #MMA_M16N8K16_F32_F16}, of tf32, 8 points deep. */
    public static final Intrinsic MMA_M16N8K8_F32_TF32 =
            mma("mma_m16n8k8_f32_tf32", DType.TF32, Fragments.M16K8_LEFT, Fragments.N8K8_RIGHT);

    /** Of bytes, 32 points deep, four in a word: those of {@code left} have no sign. Sums wrap around. */
    public static final Intrinsic MMA_M16N8K32_I32_U8_S8 = wordProduct("mma_m16n8k32_i32_u8_s8", false);

    /** As {@link #MMA_M16N8K32_I32_U8_S8}; those of {@code right} have no sign. */
    public static final Intrinsic MMA_M16N8K32_I32_S8_U8 = wordProduct("mma_m16n8k32_i32_s8_u8", true);

    /**
     * {@code accumulator += left * right}. Products are exact; in which order and with which roundings they are added
     * the PTX ISA leaves open, to no less than single precision.
     */
    public static final Intrinsic MMA_M16N8K16_F32_F16 =
            mma("mma_m16n8k16_f32_f16", DType.F16, Fragments.M16K16_LEFT, Fragments.N8K16_RIGHT);

    /** Asks for the cache line of an address; no result depends on it. */
    public static final Intrinsic PREFETCH = new Intrinsic(
            "prefetch",
            Level.THREAD,
            List.of(Operand.memory("line", DType.F32, List.of(1), Scope.GLOBAL, Access.READ)),
            tiles -> {},
            Map.of("c", "__builtin_prefetch($line)"));

    private static final List<Intrinsic> COPIES =
            IntStream.of(4, 8, 16).mapToObj(Intrinsics::copy).toList();

    /** Lanes of a warp whose numbers differ in one bit exchange a value. */
    private static final List<Intrinsic> EXCHANGES = Stream.of(DType.F32, DType.I32)
            .flatMap(type -> Stream.of(16, 8, 4, 2, 1).map(distance -> exchanging(distance, type)))
            .toList();

    /** Two values of single precision rounded to nearest, to the halves of a register. */
    private static final List<Intrinsic> NARROWINGS =
            Stream.of(DType.F16, DType.BF16).map(Intrinsics::narrowingTo).toList();

    private static final Loads LEFT_HALVES = Loads.of(LDMATRIX_X4, LDMATRIX_X4_TRANS);
    private static final Loads RIGHT_HALVES = Loads.of(LDMATRIX_X2, LDMATRIX_X2_TRANS);

    private static final Loads LEFT_WORDS = Loads.alongDepth(LDMATRIX_X4_I32);
    private static final Loads RIGHT_WORDS = Loads.alongDepth(LDMATRIX_X2_I32);

    private static final List<TensorTile> OF_WARPS = List.of(
            new TensorTile(MMA_M16N8K16_F32_F16, LEFT_HALVES, RIGHT_HALVES, 80, BinaryOp.MUL, false),
            new TensorTile(
                    MMA_M16N8K8_F32_F16,
                    Loads.of(HALVES_8_DEEP.get(0), HALVES_8_DEEP.get(1)),
                    Loads.of(HALVES_8_DEEP.get(2), HALVES_8_DEEP.get(3)),
                    75,
                    BinaryOp.MUL,
                    false),
            new TensorTile(MMA_M16N8K16_F32_BF16, LEFT_HALVES, RIGHT_HALVES, 80, BinaryOp.MUL, false),
            new TensorTile(
                    MMA_M16N8K8_F32_TF32,
                    Loads.alongDepth(LDMATRIX_X4_F32),
                    Loads.alongDepth(LDMATRIX_X2_F32),
                    80,
                    BinaryOp.MUL,
                    false),
            new TensorTile(MMA_M16N8K32_I32_U8_S8, LEFT_WORDS, RIGHT_WORDS, 80, BinaryOp.DOT4, false),
            new TensorTile(MMA_M16N8K32_I32_S8_U8, LEFT_WORDS, RIGHT_WORDS, 80, BinaryOp.DOT4, true));

    private static final List<TensorTile> TILES =
            Stream.concat(OF_WARPS.stream(), WarpgroupProducts.TILES.stream()).toList();

    private static final List<Intrinsic> ALL = Stream.of(
                    List.of(LDMATRIX_X4, LDMATRIX_X2, LDMATRIX_X4_TRANS, LDMATRIX_X2_TRANS, PREFETCH),
                    List.of(LDMATRIX_X4_F32, LDMATRIX_X2_F32, LDMATRIX_X4_I32, LDMATRIX_X2_I32),
                    HALVES_8_DEEP,
                    TILES.stream()
                            .flatMap(t -> Stream.concat(Stream.of(t.product()), t.others().stream()))
                            .toList(),
                    WarpgroupProducts.ORDER,
                    Rings.ALL,
                    COPIES,
                    EXCHANGES,
                    NARROWINGS)
            .flatMap(List::stream)
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

    /** The tile one of whose products has this name. */
    public static Optional<TensorTile> tile(String product) {
        return TILES.stream()
                .filter(t -> t.name().equals(product)
                        || t.others().stream().anyMatch(o -> o.name().equals(product)))
                .findFirst();
    }

    /** The tile of a warp that combines elements of a type in memory so, the newest that a generation has. */
    public static Optional<TensorTile> tile(DType memory, BinaryOp operation, boolean swapped, int capability) {
        return OF_WARPS.stream()
                .filter(t -> t.memoryType() == memory && t.takes(operation, swapped))
                .filter(t -> t.capability() <= capability)
                .max(Comparator.comparingInt(TensorTile::capability));
    }

    /** The tile of these extents, rows, columns and depth, that combines elements of a type in memory so. */
    public static Optional<TensorTile> tile(DType memory, BinaryOp operation, boolean swapped, List<Integer> extents) {
        return TILES.stream()
                .filter(t -> t.memoryType() == memory && t.takes(operation, swapped))
                .filter(t -> List.of(t.rows(), t.columns(), t.depth()).equals(extents))
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

    /** Gives each lane the value of the lane so many further on or back: of the one whose number differs in this bit. */
    public static Intrinsic exchange(int distance, DType type) {
        return EXCHANGES.stream()
                .filter(e -> e.name().equals(exchangeName(distance, type)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "lanes exchange f32 and i32, 1, 2, 4, 8 or 16 apart, not " + type.text() + ", " + distance));
    }

    /** Rounds each lane's two values to {@code type}, of 16 bits. */
    public static Intrinsic narrowing(DType type) {
        return NARROWINGS.stream()
                .filter(n -> n.operand("to").type() == type)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("nothing is rounded to halves of " + type.text()));
    }

    private static Intrinsic narrowingTo(DType type) {
        String name = "narrow_" + type.text() + "x2";
        return new Intrinsic(
                name,
                Level.WARP,
                List.of(
                        Operand.fragment("to", type, Fragments.PAIRS_OF_WARP, Access.WRITE),
                        Operand.fragment("from", DType.F32, Fragments.PAIRS_OF_WARP, Access.READ)),
                Intrinsics::assign,
                Map.of("cuda", name + "($to, $from)"));
    }

    private static String exchangeName(int distance, DType type) {
        return "shfl_xor_" + distance + "_" + type.text();
    }

    private static Intrinsic exchanging(int distance, DType type) {
        String name = exchangeName(distance, type);
        return new Intrinsic(
                name,
                Level.WARP,
                List.of(
                        Operand.fragment("to", type, Fragments.LANES_OF_WARP, Access.WRITE),
                        Operand.fragment("from", type, Fragments.LANES_OF_WARP, Access.READ)),
                tiles -> {
                    for (int lane = 0; lane < tiles[0].length; lane++) {
                        tiles[0][lane] = tiles[1][lane ^ distance];
                    }
                },
                Map.of("cuda", name + "($to, $from)"));
    }

    private static Intrinsic mma(String name, DType type, Distribution left, Distribution right) {
        return new Intrinsic(
                name,
                Level.WARP,
                List.of(
                        Operand.fragment("accumulator", DType.F32, Fragments.M16N8_ACCUMULATOR, Access.UPDATE),
                        Operand.fragment("left", type, left, Access.READ),
                        Operand.fragment("right", type, right, Access.READ)),
                MatrixProduct.of(left.rows(), right.rows(), left.columns(), (a, b) -> a * b, sum -> sum),
                Map.of("cuda", name + "($accumulator, $left, $right)"));
    }

    private static Intrinsic wordProduct(String name, boolean swapped) {
        Distribution left = Fragments.M16K8_LEFT;
        Distribution right = Fragments.N8K8_RIGHT;
        return new Intrinsic(
                name,
                Level.WARP,
                List.of(
                        Operand.fragment("accumulator", DType.I32, Fragments.M16N8_ACCUMULATOR, Access.UPDATE),
                        Operand.fragment("left", DType.I32, left, Access.READ),
                        Operand.fragment("right", DType.I32, right, Access.READ)),
                MatrixProduct.of(
                        left.rows(), right.rows(), left.columns(), (a, b) -> swapped ? dot4(b, a) : dot4(a, b), sum ->
                                (int) (long) sum),
                Map.of("cuda", name + "($accumulator, $left, $right)"));
    }

    private static double dot4(double unsigned, double signed) {
        return Arithmetic.integer(BinaryOp.DOT4, DType.I32, (long) unsigned, (long) signed)
                .orElseThrow();
    }

    private static Intrinsic load(String name, DType type, Distribution distribution, boolean transposed) {
        int rows = distribution.rows();
        int columns = distribution.columns();
        List<Integer> shape = transposed ? List.of(columns, rows) : List.of(rows, columns);
        return new Intrinsic(
                name,
                Level.WARP,
                List.of(
                        Operand.fragment("fragment", type, distribution, Access.WRITE),
                        Operand.memory("tile", type, shape, Scope.SHARED, Access.READ)),
                transposed ? tiles -> transpose(tiles, rows, columns) : Intrinsics::assign,
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

    private static void transpose(double[][] tiles, int rows, int columns) {
        for (int i = 0; i < rows * columns; i++) {
            tiles[0][i] = tiles[1][i % columns * rows + i / columns];
        }
    }
}
