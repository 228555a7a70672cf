package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.round;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * {@link QuantizedProduct} by {@link Ints#dot4}: four products at a time, for which bytes along the sum lie four to a word,
 * unsigned on the left and signed on the right. An offset, added to a factor and to its zero point alike, changes nothing
 * and makes them so: 128 for signed bytes on the left, -128 for unsigned ones on the right, else 0. Zero points are taken
 * off afterwards:
 *
 * <pre>
 * sum (a - p) * (b - q) = sum a * b - p * sum b - q * (sum a - n * p)
 * </pre>
 *
 * <p>Words and sums of constant factors are made once. All is modulo 2^32, as in the other variants.
 */
public final class ByteProduct {
    private static final int FOUR_ONES = 0x01010101;

    private ByteProduct() {}

    /** {@link QuantizedProduct#matmul}. */
    @Kernel(op = "MatMulInteger", variant = "dot4")
    @Example("a=128x384 b=384x384 aOffset=0 bOffset=0")
    public static IntTensor matmul(
            IntTensor a,
            IntTensor b,
            @Absent IntTensor aZeroPoint,
            @Absent IntTensor bZeroPoint,
            int aOffset,
            int bOffset) {
        require(a.rank() >= 2 && b.rank() >= 2);
        require(a.size(a.rank() - 1) == b.size(b.rank() - 2));
        IntTensor left = rowWords(a, aOffset);
        IntTensor right = columnWords(b, bOffset);
        IntTensor ofRows = rowSums(left);
        IntTensor ofColumns = columnSums(right);
        int n = a.size(a.rank() - 1);
        return Ints.tensor(
                productShape(a, b),
                o -> product(o, left, right) - ends(o, ofRows, aZeroPoint, aOffset, ofColumns, bZeroPoint, bOffset, n));
    }

    /** {@link QuantizedProduct#quantizedMatmul}. */
    @Kernel(op = "QLinearMatMul", variant = "dot4")
    @Example("a=128x384 aScale=scalar aZeroPoint=scalar b=384x384 bScale=384 bZeroPoint=384 yScale=scalar"
            + " yZeroPoint=scalar least=-128 greatest=127 aOffset=128 bOffset=0")
    public static IntTensor quantizedMatmul(
            IntTensor a,
            Tensor aScale,
            IntTensor aZeroPoint,
            IntTensor b,
            Tensor bScale,
            IntTensor bZeroPoint,
            Tensor yScale,
            IntTensor yZeroPoint,
            float least,
            float greatest,
            int aOffset,
            int bOffset) {
        require(a.rank() >= 2 && b.rank() >= 2);
        require(a.size(a.rank() - 1) == b.size(b.rank() - 2));
        IntTensor left = rowWords(a, aOffset);
        IntTensor right = columnWords(b, bOffset);
        IntTensor ofRows = rowSums(left);
        IntTensor ofColumns = columnSums(right);
        int n = a.size(a.rank() - 1);
        return Ints.tensor(productShape(a, b), o -> {
            float scale = aScale.at(o.within(aScale.shape()))
                    * bScale.at(o.within(bScale.shape()))
                    / yScale.at(o.within(yScale.shape()));
            long total =
                    product(o, left, right) - ends(o, ofRows, aZeroPoint, aOffset, ofColumns, bZeroPoint, bOffset, n);
            return quantized(total * scale, yZeroPoint.at(o.within(yZeroPoint.shape())), least, greatest);
        });
    }

    /** {@link QuantizedProduct#convolution}; groups are of whole words. */
    @Kernel(op = "ConvInteger", variant = "dot4")
    @Example("x=1x64x56x56 w=64x64x3x3 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1 xOffset=0 wOffset=0")
    public static IntTensor convolution(
            IntTensor x,
            IntTensor w,
            @Absent IntTensor xZeroPoint,
            @Absent IntTensor wZeroPoint,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group,
            int xOffset,
            int wOffset) {
        require(x.size(1) == w.size(1) * group && w.size(0) % group == 0);
        require(group == 1 || w.size(1) % 4 == 0);
        IntTensor pixels = pixelWords(x, xZeroPoint, xOffset);
        IntTensor filters = filterWords(w, wOffset);
        IntTensor ofFilters = filterSums(filters);
        Index places = places(x, w, strides, pads, dilations);
        IntTensor ofWindows = windowSums(pixels, xZeroPoint, xOffset, filters, places, strides, pads, dilations, group);
        return Ints.tensor(
                Index.of(x.size(0), w.size(0)).concat(places),
                o -> window(o, pixels, xZeroPoint, xOffset, filters, strides, pads, dilations, group)
                        - ends(o, ofWindows, xZeroPoint, xOffset, ofFilters, wZeroPoint, wOffset, filters, group));
    }

    /** {@link QuantizedProduct#quantizedConvolution}; groups are of whole words. */
    @Kernel(op = "QLinearConv", variant = "dot4")
    @Example("x=1x64x56x56 xScale=scalar xZeroPoint=scalar w=64x64x3x3 wScale=64 wZeroPoint=64 yScale=scalar"
            + " yZeroPoint=scalar b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1 least=0 greatest=255 xOffset=0"
            + " wOffset=0")
    public static IntTensor quantizedConvolution(
            IntTensor x,
            Tensor xScale,
            IntTensor xZeroPoint,
            IntTensor w,
            Tensor wScale,
            IntTensor wZeroPoint,
            Tensor yScale,
            IntTensor yZeroPoint,
            @Absent IntTensor b,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group,
            float least,
            float greatest,
            int xOffset,
            int wOffset) {
        require(x.size(1) == w.size(1) * group && w.size(0) % group == 0);
        require(group == 1 || w.size(1) % 4 == 0);
        IntTensor pixels = pixelWords(x, xZeroPoint, xOffset);
        IntTensor filters = filterWords(w, wOffset);
        IntTensor ofFilters = filterSums(filters);
        Index places = places(x, w, strides, pads, dilations);
        IntTensor ofWindows = windowSums(pixels, xZeroPoint, xOffset, filters, places, strides, pads, dilations, group);
        return Ints.tensor(Index.of(x.size(0), w.size(0)).concat(places), o -> {
            float scale = xScale.at(Index.of(0).within(xScale.shape()))
                    * wScale.at(Index.of(o.get(1)).within(wScale.shape()))
                    / yScale.at(Index.of(0).within(yScale.shape()));
            long total = b.at(o.get(1))
                    + window(o, pixels, xZeroPoint, xOffset, filters, strides, pads, dilations, group)
                    - ends(o, ofWindows, xZeroPoint, xOffset, ofFilters, wZeroPoint, wOffset, filters, group);
            return quantized(total * scale, zeroPoint(yZeroPoint, 0), least, greatest);
        });
    }

    private static Index productShape(IntTensor a, IntTensor b) {
        Index batch = a.shape().first(a.rank() - 2).broadcast(b.shape().first(b.rank() - 2));
        return batch.concat(Index.of(a.size(a.rank() - 2), b.size(b.rank() - 1)));
    }

    /** Four columns to a word; what is missing is 0. a: [..., m, k]; returns [..., m, ceil(k / 4)]. */
    private static IntTensor rowWords(IntTensor a, int offset) {
        int last = a.rank() - 1;
        return Ints.tensor(
                a.shape().with(last, (a.size(last) + 3) / 4),
                i -> word(
                        offset + a.atOr(-offset, i.with(last, 4 * i.get(last))),
                        offset + a.atOr(-offset, i.with(last, 4 * i.get(last) + 1)),
                        offset + a.atOr(-offset, i.with(last, 4 * i.get(last) + 2)),
                        offset + a.atOr(-offset, i.with(last, 4 * i.get(last) + 3))));
    }

    /** Four rows to a word; what is missing is 0. b: [..., k, n]; returns [..., ceil(k / 4), n]. */
    private static IntTensor columnWords(IntTensor b, int offset) {
        int rows = b.rank() - 2;
        return Ints.tensor(
                b.shape().with(rows, (b.size(rows) + 3) / 4),
                i -> word(
                        offset + b.atOr(-offset, i.with(rows, 4 * i.get(rows))),
                        offset + b.atOr(-offset, i.with(rows, 4 * i.get(rows) + 1)),
                        offset + b.atOr(-offset, i.with(rows, 4 * i.get(rows) + 2)),
                        offset + b.atOr(-offset, i.with(rows, 4 * i.get(rows) + 3))));
    }

    /** Four channels to a word; what is missing is the zero point. x: [n, c, d...]; returns [n, ceil(c / 4), d...]. */
    private static IntTensor pixelWords(IntTensor x, IntTensor xZeroPoint, int offset) {
        long nothing = zeroPoint(xZeroPoint, 0);
        return Ints.tensor(
                x.shape().with(1, (x.size(1) + 3) / 4),
                i -> word(
                        offset + x.atOr(nothing, i.with(1, 4 * i.get(1))),
                        offset + x.atOr(nothing, i.with(1, 4 * i.get(1) + 1)),
                        offset + x.atOr(nothing, i.with(1, 4 * i.get(1) + 2)),
                        offset + x.atOr(nothing, i.with(1, 4 * i.get(1) + 3))));
    }

    /** Four channels to a word; what is missing is 0. w: [k, c, r...]; returns [k, ceil(c / 4), r...]. */
    private static IntTensor filterWords(IntTensor w, int offset) {
        return Ints.tensor(
                w.shape().with(1, (w.size(1) + 3) / 4),
                i -> word(
                        offset + w.atOr(-offset, i.with(1, 4 * i.get(1))),
                        offset + w.atOr(-offset, i.with(1, 4 * i.get(1) + 1)),
                        offset + w.atOr(-offset, i.with(1, 4 * i.get(1) + 2)),
                        offset + w.atOr(-offset, i.with(1, 4 * i.get(1) + 3))));
    }

    private static long word(long first, long second, long third, long fourth) {
        return (first & 255) | (second & 255) << 8 | (third & 255) << 16 | fourth << 24;
    }

    private static IntTensor rowSums(IntTensor left) {
        int last = left.rank() - 1;
        return Ints.tensor(
                left.shape().drop(last),
                i -> Ints.sum(left.size(last), k -> Ints.dot4(left.at(i.concat(Index.of(k))), FOUR_ONES)));
    }

    private static IntTensor columnSums(IntTensor right) {
        int rows = right.rank() - 2;
        return Ints.tensor(
                right.shape().drop(rows),
                i -> Ints.sum(right.size(rows), k -> Ints.dot4(FOUR_ONES, right.at(i.weave(Index.of(k), rows)))));
    }

    private static IntTensor filterSums(IntTensor filters) {
        return Ints.tensor(
                filters.size(0),
                k -> Ints.sum(
                        filters.shape().from(1),
                        t -> Ints.dot4(FOUR_ONES, filters.at(Index.of(k).concat(t)))));
    }

    /** Of a group's pixels under a window. filters: [k, words of a group, r...]; returns [n, group, p...]. */
    private static IntTensor windowSums(
            IntTensor pixels,
            IntTensor xZeroPoint,
            int xOffset,
            IntTensor filters,
            Index places,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group) {
        long outside = FOUR_ONES * (zeroPoint(xZeroPoint, 0) + xOffset);
        return Ints.tensor(
                Index.of(pixels.size(0), group).concat(places),
                o -> Ints.sum(filters.shape().from(1), t -> {
                    int word = o.get(1) * filters.size(1) + t.get(0);
                    Index position = places.map(d -> o.get(2 + d) * strides[d] - pads[d] + t.get(1 + d) * dilations[d]);
                    return Ints.dot4(
                            pixels.atOr(outside, Index.of(o.get(0), word).concat(position)), FOUR_ONES);
                }));
    }

    private static Index places(IntTensor x, IntTensor w, int[] strides, int[] pads, int[] dilations) {
        Index window = w.shape().from(2);
        int spatial = window.rank();
        return window.map(
                d -> (x.size(2 + d) + pads[d] + pads[spatial + d] - dilations[d] * (window.get(d) - 1) - 1) / strides[d]
                        + 1);
    }

    /** The product at {@code o}, zero points not taken off. */
    private static long product(Index o, IntTensor left, IntTensor right) {
        Index batch = o.first(o.rank() - 2);
        Index rows = batch.within(left.shape().first(left.rank() - 2));
        Index columns = batch.within(right.shape().first(right.rank() - 2));
        return Ints.sum(
                left.size(left.rank() - 1),
                k -> Ints.dot4(
                        left.at(rows.concat(Index.of(o.get(o.rank() - 2), k))),
                        right.at(columns.concat(Index.of(k, o.get(o.rank() - 1))))));
    }

    /** The convolution at {@code o}, zero points not taken off. */
    private static long window(
            Index o,
            IntTensor pixels,
            IntTensor xZeroPoint,
            int xOffset,
            IntTensor filters,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group) {
        int ofGroup = filters.size(0) / group;
        Index window = filters.shape().from(2);
        long outside = FOUR_ONES * (zeroPoint(xZeroPoint, 0) + xOffset);
        return Ints.sum(filters.shape().from(1), t -> {
            int word = o.get(1) / ofGroup * filters.size(1) + t.get(0);
            Index position = window.map(d -> o.get(2 + d) * strides[d] - pads[d] + t.get(1 + d) * dilations[d]);
            return Ints.dot4(
                    pixels.atOr(outside, Index.of(o.get(0), word).concat(position)),
                    filters.at(Index.of(o.get(1)).concat(t)));
        });
    }

    /** What zero points take off a product of {@code n} terms. */
    private static long ends(
            Index o,
            IntTensor ofRows,
            IntTensor aZeroPoint,
            int aOffset,
            IntTensor ofColumns,
            IntTensor bZeroPoint,
            int bOffset,
            int n) {
        Index row = o.first(o.rank() - 1);
        Index column = o.drop(o.rank() - 2);
        long p = aZeroPoint.at(o.within(aZeroPoint.shape())) + aOffset;
        long q = bZeroPoint.at(o.within(bZeroPoint.shape())) + bOffset;
        return p * ofColumns.at(column.within(ofColumns.shape())) + q * (ofRows.at(row.within(ofRows.shape())) - n * p);
    }

    /** What zero points take off a convolution. */
    private static long ends(
            Index o,
            IntTensor ofWindows,
            IntTensor xZeroPoint,
            int xOffset,
            IntTensor ofFilters,
            IntTensor wZeroPoint,
            int wOffset,
            IntTensor filters,
            int group) {
        long p = zeroPoint(xZeroPoint, 0) + xOffset;
        long q = zeroPoint(wZeroPoint, o.get(1)) + wOffset;
        int n = 4 * filters.shape().from(1).product();
        return p * ofFilters.at(o.get(1)) + q * (ofWindows.at(o.with(1, o.get(1) / (filters.size(0) / group))) - n * p);
    }

    /** That of a whole tensor, or the one of a filter. */
    private static long zeroPoint(IntTensor zeroPoints, int filter) {
        return zeroPoints.at(Index.of(filter).within(zeroPoints.shape()));
    }

    private static long quantized(float value, long zeroPoint, float least, float greatest) {
        return (int) Math.max(least, Math.min(greatest, round(value) + zeroPoint));
    }
}
