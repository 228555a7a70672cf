package dev.woodpecker.runtime.vendor.cuda;

import java.util.List;

/**
 * A two-dimensional convolution of {@code x: [n, c, h, w]} by {@code w: [k, c / groups, r, s]}.
 *
 * @param strides of the height and the width, like {@code dilations}
 * @param pads before the height and the width, then after them
 */
public record ConvolutionShape(
        long n,
        long c,
        long h,
        long w,
        long k,
        long r,
        long s,
        List<Long> strides,
        List<Long> pads,
        List<Long> dilations,
        long groups) {
    public ConvolutionShape {
        strides = List.copyOf(strides);
        pads = List.copyOf(pads);
        dilations = List.copyOf(dilations);
        if (strides.size() != 2 || dilations.size() != 2 || pads.size() != 4) {
            throw new IllegalArgumentException(
                    "two strides, two dilations and four pads: " + strides + ", " + dilations + ", " + pads);
        }
    }

    /** The extents of the input. */
    public List<Long> input() {
        return List.of(n, c, h, w);
    }

    /** The extents of the weights. */
    public List<Long> weights() {
        return List.of(k, c / groups, r, s);
    }

    /** The extents of the result. */
    public List<Long> result() {
        return List.of(n, k, extent(h, r, 0), extent(w, s, 1));
    }

    private long extent(long size, long window, int axis) {
        long reach = dilations.get(axis) * (window - 1) + 1;
        return (size + pads.get(axis) + pads.get(axis + 2) - reach) / strides.get(axis) + 1;
    }

    /** Multiplications and additions. */
    public double operations() {
        return 2.0 * elements(result()) * elements(weights()) / k;
    }

    /** Of a tensor of these extents. */
    public static long elements(List<Long> extents) {
        return extents.stream().reduce(1L, Math::multiplyExact);
    }
}
