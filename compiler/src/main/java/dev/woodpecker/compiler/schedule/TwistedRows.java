package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.LayoutMap.Dimension;
import java.util.ArrayList;
import java.util.List;

/**
 * How a matrix of elements of two bytes lies in shared memory for products of groups of warps: rows of 128 bytes, whose
 * pieces of 16 bytes change places by the number of the row. A matrix whose rows go along the depth has one column of
 * such rows; another, as many as its side needs, one after another.
 */
public final class TwistedRows {
    /** Elements of a row of 128 bytes. */
    public static final long ROW = 64;

    private static final long PIECE = 8;

    private TwistedRows() {}

    public static LayoutMap layout(int rank, boolean alongDepth) {
        int row = rank - 2;
        int last = rank - 1;
        List<Dimension> dimensions = new ArrayList<>();
        for (int axis = 0; axis < row; axis++) {
            dimensions.add(Dimension.whole(axis));
        }
        if (!alongDepth) {
            dimensions.add(new Dimension(last, ROW, 0));
        }
        dimensions.add(Dimension.whole(row));
        dimensions.add(new Dimension(last, PIECE, alongDepth ? 0 : ROW / PIECE).twistedBy(row));
        dimensions.add(new Dimension(last, 1, PIECE));
        return new LayoutMap(rank, dimensions);
    }
}
