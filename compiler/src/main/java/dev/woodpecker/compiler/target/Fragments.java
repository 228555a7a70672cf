package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Distribution.Digit;
import dev.woodpecker.compiler.ir.Distribution.Source;
import java.util.List;

/**
 * How the lanes of a warp, or of a group of four, hold the operands of matrix products. Unless said otherwise they are those of
 * {@code mma.m16n8k16} with elements of 16 bits: PTX ISA, "Matrix Fragments for
 * mma.m16n8k16 with floating point type". There {@code groupID} is {@code lane / 4} and {@code threadID_in_group} is
 * {@code lane % 4}.
 */
public final class Fragments {
    private static final int LANES = 32;

    private static final Digit GROUP = new Digit(Source.LANE, 4, 0, 1);
    private static final Digit IN_GROUP = new Digit(Source.LANE, 1, 4, 2);
    /** Two neighbours of a row fill a register. */
    private static final Digit LOW_HIGH = new Digit(Source.VALUE, 1, 2, 1);

    /** The left operand, 16 rows of 16, in values {@code a0 .. a7}. */
    public static final Distribution M16K16_LEFT = new Distribution(
            "m16n8k16.a",
            16,
            16,
            LANES,
            8,
            List.of(GROUP, new Digit(Source.VALUE, 2, 2, 8)),
            List.of(IN_GROUP, LOW_HIGH, new Digit(Source.VALUE, 4, 0, 8)));

    /** The right operand in values {@code b0 .. b3}, transposed: a row of the tile is a column of the operand. */
    public static final Distribution N8K16_RIGHT = new Distribution(
            "m16n8k16.b",
            8,
            16,
            LANES,
            4,
            List.of(GROUP),
            List.of(IN_GROUP, LOW_HIGH, new Digit(Source.VALUE, 2, 0, 8)));

    private static final Digit QUAD = new Digit(Source.LANE, 1, 4, 1);

    /** The left operand of {@code m16n8k8} with tf32, 16 rows of 8, in values {@code a0 .. a3}. */
    public static final Distribution M16K8_LEFT = new Distribution(
            "m16n8k8.a",
            16,
            8,
            LANES,
            4,
            List.of(GROUP, new Digit(Source.VALUE, 1, 2, 8)),
            List.of(QUAD, new Digit(Source.VALUE, 2, 0, 4)));

    /** The right operand of {@code m16n8k8}, transposed, in values {@code b0, b1}. */
    public static final Distribution N8K8_RIGHT = new Distribution(
            "m16n8k8.b", 8, 8, LANES, 2, List.of(GROUP), List.of(QUAD, new Digit(Source.VALUE, 1, 0, 4)));

    /** The left operand of {@code m16n8k8} with halves, in values {@code a0 .. a3}; also how accumulators of it lie. */
    public static final Distribution M16K8_HALVES_LEFT = new Distribution(
            "m16n8k8.f16.a",
            16,
            8,
            LANES,
            4,
            List.of(GROUP, new Digit(Source.VALUE, 2, 0, 8)),
            List.of(IN_GROUP, LOW_HIGH));

    /** The right operand of {@code m16n8k8} with halves, transposed, in values {@code b0, b1}. */
    public static final Distribution N8K8_HALVES_RIGHT =
            new Distribution("m16n8k8.f16.b", 8, 8, LANES, 2, List.of(GROUP), List.of(IN_GROUP, LOW_HIGH));

    /** The accumulator, 16 rows of 8 elements of 32 bits, in values {@code c0 .. c3}. */
    public static final Distribution M16N8_ACCUMULATOR = new Distribution(
            "m16n8k16.c",
            16,
            8,
            LANES,
            4,
            List.of(GROUP, new Digit(Source.VALUE, 2, 0, 8)),
            List.of(IN_GROUP, LOW_HIGH));

    /**
     * The accumulator of {@code wgmma.m64nNk16}, 64 rows of elements of 32 bits, of which each of four warps holds 16: PTX ISA,
     * "Register Fragments for wgmma.mma_async.m64nNk16".
     */
    public static Distribution warpgroupAccumulator(int columns) {
        return new Distribution(
                "m64n" + columns + ".d",
                64,
                columns,
                4 * LANES,
                columns / 2,
                List.of(
                        new Digit(Source.LANE, LANES, 0, 16),
                        new Digit(Source.LANE, 4, 8, 1),
                        new Digit(Source.VALUE, 2, 2, 8)),
                List.of(IN_GROUP, LOW_HIGH, new Digit(Source.VALUE, 4, 0, 8)));
    }

    /** Two values of each lane. */
    public static final Distribution PAIRS_OF_WARP = new Distribution(
            "pairs",
            1,
            2 * LANES,
            LANES,
            2,
            List.of(),
            List.of(new Digit(Source.LANE, 1, 0, 2), new Digit(Source.VALUE, 1, 0, 1)));

    /** One value of each lane. */
    public static final Distribution LANES_OF_WARP =
            new Distribution("lanes", 1, LANES, LANES, 1, List.of(), List.of(new Digit(Source.LANE, 1, 0, 1)));

    private Fragments() {}
}
