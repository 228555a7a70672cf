package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Intrinsic.Access;
import dev.woodpecker.compiler.ir.Intrinsic.Level;
import dev.woodpecker.compiler.ir.Intrinsic.Operand;
import dev.woodpecker.compiler.ir.Intrinsic.Semantics;
import dev.woodpecker.compiler.ir.Scope;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Hopper's matrix products of a group of four warps, {@code wgmma}: both operands are tiles in shared memory, rows of 128
 * bytes whose pieces of 16 are twisted by the row ("128-Byte swizzle" of the PTX ISA). They run asynchronously, so that what
 * orders them with other instructions is part of the table.
 */
public final class WarpgroupProducts {
    /** The architecture that has them, and the only one: its successors have others. */
    public static final int CAPABILITY = 90;

    /** Bytes of a tile's row in shared memory. */
    public static final int ROW_BYTES = 128;

    /** Eight rows, after which the order of pieces repeats; a tile in shared memory starts at a multiple of it. */
    public static final int PERIOD_BYTES = 8 * ROW_BYTES;

    private static final int ROWS = 64;
    private static final int DEPTH = 16;

    /** What threads wrote to shared memory before is seen by products after the next barrier. */
    public static final Intrinsic PROXY_FENCE = order("fence_proxy_async", Level.THREAD);

    /** What was written to accumulators before is seen by products that follow. */
    public static final Intrinsic FENCE = order("wgmma_fence", Level.WARPGROUP);

    /** Ends a group of products. */
    public static final Intrinsic COMMIT = order("wgmma_commit", Level.WARPGROUP);

    /** All groups are done: accumulators can be used, and operands be overwritten. */
    public static final Intrinsic WAIT = order("wgmma_wait_0", Level.WARPGROUP);

    /** All groups but the last are done. */
    public static final Intrinsic WAIT_BUT_ONE = order("wgmma_wait_1", Level.WARPGROUP);

    static final List<Intrinsic> ORDER = List.of(PROXY_FENCE, FENCE, COMMIT, WAIT, WAIT_BUT_ONE);

    /** Columns of results: wider ones read less of shared memory for each product. */
    static final List<TensorTile> TILES = IntStream.of(256, 128, 64)
            .boxed()
            .flatMap(columns -> Stream.of(DType.F16, DType.BF16).map(type -> tile(columns, type)))
            .toList();

    private WarpgroupProducts() {}

    private static TensorTile tile(int columns, DType type) {
        return new TensorTile(
                product(columns, type, true, true),
                List.of(
                        product(columns, type, false, true),
                        product(columns, type, true, false),
                        product(columns, type, false, false)),
                TensorTile.Loads.none(),
                TensorTile.Loads.none(),
                CAPABILITY,
                BinaryOp.MUL,
                false);
    }

    /** {@code accumulator += left * right}; {@code _km} is a left operand along the depth, a right one along its side. */
    private static Intrinsic product(int columns, DType type, boolean leftAlongDepth, boolean rightAlongDepth) {
        String name = "wgmma_m" + ROWS + "n" + columns + "k" + DEPTH + "_f32_" + type.text() + "_"
                + (leftAlongDepth ? "k" : "m") + (rightAlongDepth ? "k" : "m");
        Semantics product = MatrixProduct.of(ROWS, columns, DEPTH, (a, b) -> a * b, sum -> sum);
        return new Intrinsic(
                name,
                Level.WARPGROUP,
                List.of(
                        Operand.fragment(
                                "accumulator", DType.F32, Fragments.warpgroupAccumulator(columns), Access.UPDATE),
                        operand("left", type, ROWS, leftAlongDepth),
                        operand("right", type, columns, rightAlongDepth)),
                tiles -> product.execute(new double[][] {
                    tiles[0], alongDepth(tiles[1], ROWS, leftAlongDepth), alongDepth(tiles[2], columns, rightAlongDepth)
                }),
                Map.of("cuda", name + "($accumulator, $left, $left.stride, $right, $right.stride)"));
    }

    private static Operand operand(String name, DType type, int side, boolean alongDepth) {
        List<Integer> shape = alongDepth ? List.of(side, DEPTH) : List.of(DEPTH, side);
        return Operand.memory(name, type, shape, Scope.SHARED, Access.READ);
    }

    private static double[] alongDepth(double[] tile, int side, boolean isAlready) {
        if (isAlready) {
            return tile;
        }
        double[] turned = new double[tile.length];
        for (int i = 0; i < tile.length; i++) {
            turned[i % side * DEPTH + i / side] = tile[i];
        }
        return turned;
    }

    /** An instruction without operands; what it orders is in order anyway where one instruction follows another. */
    private static Intrinsic order(String name, Level level) {
        return new Intrinsic(name, level, List.of(), _ -> {}, Map.of("cuda", name + "()"));
    }
}
