package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.pow;
import static dev.woodpecker.dsl.Dsl.sqrt;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/** Normalisations of tensors of any rank; axis 1 holds the channels. Results have the input's shape. */
public final class Normalization {

    /** Keeps {@code MeanVarianceNormalization} from dividing by 0; fixed by ONNX. */
    private static final float MEAN_VARIANCE_EPSILON = 1e-9f;

    private Normalization() {}

    /** By given statistics of each channel. x: [n, c, d...], or [n] of one channel; scale, b, inputMean, inputVar: [c]. */
    @Kernel(op = "BatchNormalization")
    @Example("x=1x64x56x56 scale=64 b=64 inputMean=64 inputVar=64 epsilon=1e-5")
    public static Tensor batchNormalization(
            Tensor x, Tensor scale, Tensor b, Tensor inputMean, Tensor inputVar, float epsilon) {
        int axis = Math.min(1, x.rank() - 1);
        return tensor(x.shape(), i -> {
            int c = i.get(axis) * axis;
            return (x.at(i) - inputMean.at(c)) / sqrt(inputVar.at(c) + epsilon) * scale.at(c) + b.at(c);
        });
    }

    /**
     * Each map by its own mean and variance, summed line by line: one sum over a map of 800x800 would lose three digits.
     * x: [n, c, d...]; scale, b: [c].
     */
    @Kernel(op = "InstanceNormalization")
    @Example("x=1x32x64x64 scale=32 b=32 epsilon=1e-5")
    public static Tensor instanceNormalization(Tensor x, Tensor scale, Tensor b, float epsilon) {
        int last = x.rank() - 1;
        Index lines = x.shape().first(last).from(2);
        int count = x.shape().from(2).product();
        Tensor lineSums = tensor(x.shape().first(last), i -> sum(x.size(last), t -> x.at(i.concat(Index.of(t)))));
        Tensor mean = tensor(
                x.size(0),
                x.size(1),
                (n, c) -> sum(lines, t -> lineSums.at(Index.of(n, c).concat(t))) / count);
        Tensor lineSquares = tensor(
                x.shape().first(last),
                i -> sum(x.size(last), t -> {
                    float deviation = x.at(i.concat(Index.of(t))) - mean.at(i.first(2));
                    return deviation * deviation;
                }));
        Tensor variance = tensor(
                x.size(0),
                x.size(1),
                (n, c) -> sum(lines, t -> lineSquares.at(Index.of(n, c).concat(t))) / count);
        return tensor(x.shape(), i -> {
            float deviation = x.at(i) - mean.at(i.first(2));
            return deviation / sqrt(variance.at(i.first(2)) + epsilon) * scale.at(i.get(1)) + b.at(i.get(1));
        });
    }

    /** {@code numGroups} equal groups of channels, each by its own mean and variance. x: [n, c, d...]; scale, bias: [c]. */
    @Kernel(op = "GroupNormalization")
    @Example("x=1x32x16x16 scale=32 bias=32 epsilon=1e-5 numGroups=8")
    public static Tensor groupNormalization(Tensor x, Tensor scale, Tensor bias, float epsilon, int numGroups) {
        int channels = x.size(1) / numGroups;
        Index map = x.shape().from(2);
        Index group = Index.of(channels).concat(map);
        int count = group.product();
        Tensor mean = tensor(
                x.size(0),
                numGroups,
                (n, g) -> sum(
                                group,
                                t -> x.at(Index.of(n, g * channels + t.get(0)).concat(t.from(1))))
                        / count);
        Tensor variance = tensor(x.size(0), numGroups, (n, g) -> {
            float squares = sum(group, t -> {
                float deviation = x.at(Index.of(n, g * channels + t.get(0)).concat(t.from(1))) - mean.at(n, g);
                return deviation * deviation;
            });
            return squares / count;
        });
        return tensor(x.shape(), i -> {
            int n = i.get(0);
            int c = i.get(1);
            float normalized = (x.at(i) - mean.at(n, c / channels)) / sqrt(variance.at(n, c / channels) + epsilon);
            return normalized * scale.at(c) + bias.at(c);
        });
    }

    /** The results of {@link #layerNormalization}; the statistics have extent 1 on the normalised axes. */
    public record LayerNormalized(Tensor y, Tensor mean, Tensor invStdDev) {}

    /**
     * By mean and variance over the axes from {@code axis} on. x: [..., d...]; scale and b broadcast to x; mean and the
     * inverse standard deviation are [..., 1...].
     */
    @Kernel(op = "LayerNormalization")
    @Example("x=1x128x384 scale=384 b=384 axis=2 epsilon=1e-12")
    public static LayerNormalized layerNormalization(
            Tensor x, Tensor scale, @Absent Tensor b, int axis, float epsilon) {
        Index normalized = x.shape().from(axis);
        int count = normalized.product();
        Index kept = x.shape().first(axis).concat(normalized.map(d -> 1));
        Tensor mean = tensor(kept, o -> sum(normalized, t -> x.at(o.first(axis).concat(t))) / count);
        Tensor invStdDev = tensor(kept, o -> {
            float squares = sum(normalized, t -> {
                float deviation = x.at(o.first(axis).concat(t)) - mean.at(o);
                return deviation * deviation;
            });
            return 1 / sqrt(squares / count + epsilon);
        });
        Tensor y = tensor(x.shape(), i -> {
            Index o = i.within(kept);
            return (x.at(i) - mean.at(o)) * invStdDev.at(o) * scale.at(i.within(scale.shape()))
                    + b.at(i.within(b.shape()));
        });
        return new LayerNormalized(y, mean, invStdDev);
    }

    /** By the root of the mean square over the axes from {@code axis} on. x: [..., d...]; scale broadcasts to x. */
    @Kernel(op = "RMSNormalization")
    @Example("x=1x128x384 scale=384 axis=2 epsilon=1e-5")
    public static Tensor rmsNormalization(Tensor x, Tensor scale, int axis, float epsilon) {
        Index normalized = x.shape().from(axis);
        Tensor meanSquare = tensor(
                x.shape().first(axis),
                o -> sum(normalized, t -> {
                            float value = x.at(o.concat(t));
                            return value * value;
                        })
                        / normalized.product());
        return tensor(
                x.shape(),
                i -> x.at(i) / sqrt(meanSquare.at(i.first(axis)) + epsilon) * scale.at(i.within(scale.shape())));
    }

    /** By mean and variance over {@code axes}. */
    @Kernel(op = "MeanVarianceNormalization")
    @Example("x=1x16x32x32 axes=0,2,3")
    public static Tensor meanVarianceNormalization(Tensor x, int[] axes) {
        Index normalized = x.shape().pick(axes);
        int count = normalized.product();
        Tensor mean = tensor(x.shape().drop(axes), o -> sum(normalized, t -> x.at(o.weave(t, axes))) / count);
        Tensor variance = tensor(x.shape().drop(axes), o -> {
            float squares = sum(normalized, t -> {
                float deviation = x.at(o.weave(t, axes)) - mean.at(o);
                return deviation * deviation;
            });
            return squares / count;
        });
        return tensor(
                x.shape(),
                i -> (x.at(i) - mean.at(i.drop(axes))) / (sqrt(variance.at(i.drop(axes))) + MEAN_VARIANCE_EPSILON));
    }

    /** By the {@code p}-norm along {@code axis} (p is 1 or 2); 0 where the norm is 0. */
    @Kernel(op = "LpNormalization")
    @Example("x=1x512 axis=1 p=2")
    public static Tensor lpNormalization(Tensor x, int axis, int p) {
        Tensor norm = tensor(x.shape().drop(axis), o -> {
            float total = sum(x.size(axis), k -> {
                float value = Math.abs(x.at(o.weave(Index.of(k), axis)));
                return p == 1 ? value : value * value;
            });
            return p == 1 ? total : sqrt(total);
        });
        return tensor(x.shape(), i -> norm.at(i.drop(axis)) == 0 ? 0 : x.at(i) / norm.at(i.drop(axis)));
    }

    /** Local response: each element by its neighbours in {@code size} channels. x: [n, c, d...]. */
    @Kernel(op = "LRN")
    @Example("x=1x64x56x56 alpha=0.0001 beta=0.75 bias=1 size=5")
    public static Tensor localResponse(Tensor x, float alpha, float beta, float bias, int size) {
        Tensor squares = tensor(
                x.shape(),
                i -> sum(size, t -> {
                    float value = x.atOr(0, i.with(1, i.get(1) - (size - 1) / 2 + t));
                    return value * value;
                }));
        return tensor(x.shape(), i -> x.at(i) / pow(bias + alpha / size * squares.at(i), beta));
    }
}
