package dev.woodpecker.runtime.vendor.cuda;

import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.PostOperation.Activation;
import dev.woodpecker.runtime.vendor.PostOperation.Combination;
import dev.woodpecker.runtime.vendor.cuda.CudnnDescriptor.Attribute;
import java.util.Map;
import java.util.Optional;

/**
 * An operation of cuDNN on each element.
 *
 * @param mode a {@code cudnnPointwiseMode_t} of cudnn_graph.h 9
 * @param parameters what is said of it besides; the others are cuDNN's defaults
 */
record CudnnPointwise(int mode, Map<Attribute, Double> parameters) {
    /** CUDNN_POINTWISE_ADD. */
    static final CudnnPointwise ADD = new CudnnPointwise(0, Map.of());
    /** CUDNN_POINTWISE_RELU_FWD. */
    private static final int RELU = 100;

    /** What cuDNN calls it; empty where it has no word for it. */
    static Optional<CudnnPointwise> of(PostOperation operation) {
        return switch (operation) {
            case Combination(PostOperation.Operator operator, var _) ->
                operator == PostOperation.Operator.ADD ? Optional.of(ADD) : Optional.empty();
            case Activation activation -> of(activation);
        };
    }

    private static Optional<CudnnPointwise> of(Activation a) {
        return switch (a.function()) {
            case RELU ->
                a.alpha() == 0 ? plain(RELU) : with(RELU, Attribute.POINTWISE_RELU_LOWER_CLIP_SLOPE, a.alpha());
            // What lies below another bound than 0 is not said alike everywhere.
            case CLIP ->
                a.alpha() == 0 && a.beta() > 0
                        ? with(RELU, Attribute.POINTWISE_RELU_UPPER_CLIP, a.beta())
                        : Optional.empty();
            case TANH -> plain(101);
            case LOGISTIC -> plain(102);
            case ELU -> with(103, Attribute.POINTWISE_ELU_ALPHA, a.alpha());
            case GELU -> plain(104);
            case SWISH -> with(106, Attribute.POINTWISE_SWISH_BETA, a.alpha());
            case GELU_TANH -> plain(107);
            case HARD_SIGMOID, HARD_SWISH, LINEAR -> Optional.empty();
        };
    }

    private static Optional<CudnnPointwise> plain(int mode) {
        return Optional.of(new CudnnPointwise(mode, Map.of()));
    }

    private static Optional<CudnnPointwise> with(int mode, Attribute attribute, double value) {
        return Optional.of(new CudnnPointwise(mode, Map.of(attribute, value)));
    }
}
