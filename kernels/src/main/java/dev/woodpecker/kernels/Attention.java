package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.exp;
import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tanh;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;

/** Scaled dot-product attention, and the rotation of its queries and keys by their positions. */
public final class Attention {

    private static final float NEVER = Float.NEGATIVE_INFINITY;

    private Attention() {}

    /** The results of {@link #attention}; the last is an intermediate result of the attribute's choice. */
    public record Attended(Tensor y, Tensor presentKey, Tensor presentValue, Tensor qkMatmulOutput) {}

    /**
     * Each query's mean of the values, weighted by the softmax of its products with the keys. q: [n, h, l, e]; k: [n, g, s,
     * e]; v: [n, g, s, f], with h a multiple of g: successive query heads share a key head; pastKey: [n, g, p, e] and
     * pastValue: [n, g, p, f] stand before k and v; y: [n, h, l, f].
     *
     * <p>attnMask is added to the products and broadcasts to [n, h, l, p + s]; where its last axis is shorter, keys beyond
     * it do not count. nonpadKvSeqlen: [n], the number of keys that count. A query at position t counts keys at t -
     * {@code leftWindowSize} to t + {@code rightWindowSize}; -1 for no limit. The first query is at position p, or where
     * nonpadKvSeqlen is given the last is at its last key. A query that counts no key yields 0. {@code softcap}, if not 0,
     * is what no product exceeds. {@code qkMatmulOutputMode}: the fourth result is 0 the scaled products, 1 after
     * {@code softcap}, 2 after the mask, 3 the weights.
     */
    @Kernel(op = "Attention")
    @Example("q=1x12x128x64 k=1x12x128x64 v=1x12x128x64 scale=0.125 softcap=0 leftWindowSize=-1 rightWindowSize=-1"
            + " qkMatmulOutputMode=0")
    public static Attended attention(
            Tensor q,
            Tensor k,
            Tensor v,
            @Absent Tensor attnMask,
            @Absent Tensor pastKey,
            @Absent Tensor pastValue,
            @Absent IntTensor nonpadKvSeqlen,
            float scale,
            float softcap,
            int leftWindowSize,
            int rightWindowSize,
            int qkMatmulOutputMode) {
        require(q.rank() == 4);
        int batch = q.size(0);
        int heads = q.size(1);
        int queries = q.size(2);
        int groups = k.size(1);
        int past = pastKey.rank() == 0 ? 0 : pastKey.size(2);
        int length = past + k.size(2);
        Tensor keys = tensor(
                batch,
                groups,
                length,
                k.size(3),
                (n, g, j, d) -> j < past ? pastKey.at(n, g, j, d) : k.at(n, g, j - past, d));
        Tensor scaled = tensor(
                batch,
                heads,
                queries,
                length,
                (n, h, i, j) -> scale * sum(q.size(3), d -> q.at(n, h, i, d) * keys.at(n, h / (heads / groups), j, d)));
        Tensor capped =
                tensor(scaled.shape(), i -> softcap == 0 ? scaled.at(i) : softcap * tanh(scaled.at(i) / softcap));
        Tensor masked = tensor(batch, heads, queries, length, (n, h, i, j) -> {
            long position = i + (nonpadKvSeqlen.rank() == 0 ? past : nonpadKvSeqlen.at(n) - queries);
            boolean counts = (nonpadKvSeqlen.rank() == 0 || j < nonpadKvSeqlen.at(n))
                    && (leftWindowSize < 0 || j >= position - leftWindowSize)
                    && (rightWindowSize < 0 || j <= position + rightWindowSize);
            float bias = attnMask.atOr(NEVER, Index.of(n, h, i, j).within(attnMask.shape()));
            return counts ? capped.at(n, h, i, j) + bias : NEVER;
        });
        Tensor greatest = tensor(batch, heads, queries, (n, h, i) -> max(length, j -> masked.at(n, h, i, j)));
        // Where no key counts all powers are 0; elsewhere the greatest's is 1, so that the total is at least that.
        Tensor power = tensor(
                batch,
                heads,
                queries,
                length,
                (n, h, i, j) -> exp(masked.at(n, h, i, j) - Math.max(-Float.MAX_VALUE, greatest.at(n, h, i))));
        Tensor total = tensor(batch, heads, queries, (n, h, i) -> Math.max(1, sum(length, j -> power.at(n, h, i, j))));
        Tensor weights =
                tensor(batch, heads, queries, length, (n, h, i, j) -> power.at(n, h, i, j) / total.at(n, h, i));
        Tensor values = tensor(
                batch,
                groups,
                length,
                v.size(3),
                (n, g, j, d) -> j < past ? pastValue.at(n, g, j, d) : v.at(n, g, j - past, d));
        Tensor y = tensor(
                batch,
                heads,
                queries,
                v.size(3),
                (n, h, i, d) -> sum(length, j -> weights.at(n, h, i, j) * values.at(n, h / (heads / groups), j, d)));
        Tensor products = tensor(
                scaled.shape(),
                i -> qkMatmulOutputMode == 0
                        ? scaled.at(i)
                        : qkMatmulOutputMode == 1
                                ? capped.at(i)
                                : qkMatmulOutputMode == 2 ? masked.at(i) : weights.at(i));
        return new Attended(y, keys, values, products);
    }

    /** {@link #attention} with a mask that says which keys count. */
    @Kernel(op = "Attention")
    public static Attended attention(
            Tensor q,
            Tensor k,
            Tensor v,
            MaskTensor attnMask,
            @Absent Tensor pastKey,
            @Absent Tensor pastValue,
            @Absent IntTensor nonpadKvSeqlen,
            float scale,
            float softcap,
            int leftWindowSize,
            int rightWindowSize,
            int qkMatmulOutputMode) {
        require(q.rank() == 4);
        return attention(
                q,
                k,
                v,
                tensor(attnMask.shape(), i -> attnMask.at(i) ? 0 : NEVER),
                pastKey,
                pastValue,
                nonpadKvSeqlen,
                scale,
                softcap,
                leftWindowSize,
                rightWindowSize,
                qkMatmulOutputMode);
    }

    /**
     * Pairs of the first {@code rotaryEmbeddingDim} elements of each head (0 for all, r) rotated as their position says:
     * with {@code interleaved} 1 neighbours are a pair, else those r / 2 apart. x: [n, h, l, e], or [n, l, h * e] with
     * {@code numHeads} heads; cosCache, sinCache: [positions, r / 2] and positionIds: [n, l], or without it [n, l, r / 2];
     * returns the shape of x. Su et al., "RoFormer" (2021).
     */
    @Kernel(op = "RotaryEmbedding")
    @Example("x=1x12x128x64 cosCache=512x32 sinCache=512x32 positionIds=1x128 interleaved=0 numHeads=0"
            + " rotaryEmbeddingDim=0")
    public static Tensor rotaryEmbedding(
            Tensor x,
            Tensor cosCache,
            Tensor sinCache,
            @Absent IntTensor positionIds,
            int interleaved,
            int numHeads,
            int rotaryEmbeddingDim) {
        int last = x.rank() - 1;
        int size = x.rank() == 4 ? x.size(3) : x.size(2) / numHeads;
        int rotated = rotaryEmbeddingDim == 0 ? size : rotaryEmbeddingDim;
        int half = rotated / 2;
        return tensor(x.shape(), i -> {
            int d = i.get(last) % size;
            int head = i.get(last) - d;
            int row = x.rank() == 4 ? i.get(2) : i.get(1);
            int pair = interleaved == 0 ? d % half : d / 2;
            boolean first = interleaved == 0 ? d < half : d % 2 == 0;
            Index angle = positionIds.rank() == 0
                    ? Index.of(i.get(0), row, pair)
                    : Index.of((int) positionIds.at(i.get(0), row), pair);
            Index real = i.with(last, head + (interleaved == 0 ? pair : 2 * pair));
            Index imaginary = i.with(last, head + (interleaved == 0 ? pair + half : 2 * pair + 1));
            return d >= rotated
                    ? x.at(i)
                    : first
                            ? x.at(real) * cosCache.at(angle) - x.at(imaginary) * sinCache.at(angle)
                            : x.at(real) * sinCache.at(angle) + x.at(imaginary) * cosCache.at(angle);
        });
    }
}
