package golden;

import static dev.woodpecker.dsl.Dsl.*;

import dev.woodpecker.dsl.*;

/** The convolution of the design. */
public final class Convolution {
    private Convolution() {}

    /** 2-D convolution, NCHW by KCRS. */
    @Kernel(op = "Conv", variant = "direct")
    @Example("x=1x64x56x56 w=64x64x3x3 strides=1,1 pads=1,1,1,1 dilations=1,1")
    public static Tensor conv2d(
            Tensor x,
            Tensor w,
            @Absent Tensor b,
            int[] strides,
            int[] pads,
            int[] dilations,
            @Attribute(byDefault = "1") int group) {
        int cg = w.size(1), kg = w.size(0) / group;
        int p = (x.size(2) + pads[0] + pads[2] - dilations[0] * (w.size(2) - 1) - 1) / strides[0] + 1;
        int q = (x.size(3) + pads[1] + pads[3] - dilations[1] * (w.size(3) - 1) - 1) / strides[1] + 1;
        return tensor(x.size(0), w.size(0), p, q, (n, k, i, j) -> b.at(k)
                + sum(cg, w.size(2), w.size(3), (c, r, s) -> x.atOr(
                                0,
                                n,
                                k / kg * cg + c,
                                i * strides[0] - pads[0] + r * dilations[0],
                                j * strides[1] - pads[1] + s * dilations[1])
                        * w.at(k, c, r, s)));
    }
}
