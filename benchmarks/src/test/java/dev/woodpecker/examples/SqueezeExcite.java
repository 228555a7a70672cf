package dev.woodpecker.examples;

// begin kernel

import static dev.woodpecker.dsl.Dsl.*;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

public final class SqueezeExcite {
    /** Weights each channel by a gate that depends on the means of all. x: [n, c, h, w]; w: [c, c]. */
    @Kernel(op = "com.acme::SqueezeExcite")
    @Example("x=1x32x14x14 w=32x32")
    public static Tensor squeezeExcite(Tensor x, Tensor w) {
        int height = x.size(2), width = x.size(3), channels = x.size(1);
        Tensor mean = tensor(
                x.size(0), channels, (n, c) -> sum(height, width, (i, j) -> x.at(n, c, i, j)) / (height * width));
        Tensor gate =
                tensor(x.size(0), channels, (n, k) -> 1 / (1 + exp(-sum(channels, c -> w.at(k, c) * mean.at(n, c)))));
        return tensor(x.shape(), i -> x.at(i) * gate.at(i.get(0), i.get(1)));
    }
}
// end
