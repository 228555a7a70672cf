package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * How far predictions are from labels. {@code reduction}: 0 {@code none}, the loss at each label; 1 {@code sum}; 2
 * {@code mean}, weighted. Labels that are {@code ignoreIndex} count nothing.
 */
public final class Loss {

    private Loss() {}

    /**
     * The negative log-likelihood of each label, times the weight of its class. input: [n, c, d...], log-likelihoods; target:
     * [n, d...]; weight: [c]; returns [n, d...], or a scalar.
     */
    @Kernel(op = "NegativeLogLikelihoodLoss")
    @Example("input=32x1000 target=32 weight=1000 ignoreIndex=-1 reduction=2")
    public static Tensor negativeLogLikelihood(
            Tensor input, IntTensor target, @Absent(1) Tensor weight, int ignoreIndex, int reduction) {
        Tensor weights = tensor(target.shape(), i -> target.at(i) == ignoreIndex ? 0 : weight.at((int) target.at(i)));
        Tensor losses = tensor(
                target.shape(),
                i -> target.at(i) == ignoreIndex
                        ? 0
                        : -weights.at(i)
                                * input.at(
                                        Index.of(i.get(0), (int) target.at(i)).concat(i.from(1))));
        return tensor(reduction == 0 ? target.shape() : Index.of(), o -> {
            float total = reduction == 0 ? losses.at(o) : sum(target.shape(), i -> losses.at(i));
            return reduction == 2 ? total / sum(target.shape(), i -> weights.at(i)) : total;
        });
    }

    /** The results of {@link #softmaxCrossEntropy}. */
    public record CrossEntropy(Tensor output, Tensor logProb) {}

    /** {@link #negativeLogLikelihood} of the logarithm of the softmax of scores along axis 1, and that logarithm. */
    @Kernel(op = "SoftmaxCrossEntropyLoss")
    @Example("scores=32x1000 labels=32 weights=1000 ignoreIndex=-1 reduction=2")
    public static CrossEntropy softmaxCrossEntropy(
            Tensor scores, IntTensor labels, @Absent(1) Tensor weights, int ignoreIndex, int reduction) {
        Tensor logProb = Softmax.logSoftmax(scores, 1);
        return new CrossEntropy(negativeLogLikelihood(logProb, labels, weights, ignoreIndex, reduction), logProb);
    }
}
