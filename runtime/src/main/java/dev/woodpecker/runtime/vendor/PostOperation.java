package dev.woodpecker.runtime.vendor;

/** What is done to each element of a result before it is stored. */
public sealed interface PostOperation {
    /** The element becomes a function of itself. */
    record Activation(Function function, float alpha, float beta) implements PostOperation {}

    /** The element is joined to that of another tensor, which has its extents or 1. */
    record Combination(Operator operator, VendorTensor other) implements PostOperation {}

    /** Functions of {@code x}, {@code alpha} and {@code beta}. */
    enum Function {
        /** {@code x < 0 ? alpha * x : x}. */
        RELU,
        /** {@code min(max(x, alpha), beta)}. */
        CLIP,
        /** {@code 1 / (1 + exp(-x))}. */
        LOGISTIC,
        TANH,
        /** {@code min(max(alpha * x + beta, 0), 1)}. */
        HARD_SIGMOID,
        /** {@code x * min(max(alpha * x + beta, 0), 1)}. */
        HARD_SWISH,
        /** {@code x / (1 + exp(-alpha * x))}. */
        SWISH,
        /** {@code x < 0 ? alpha * (exp(x) - 1) : x}. */
        ELU,
        /** {@code x / 2 * (1 + erf(x / sqrt(2)))}. */
        GELU,
        /** {@code x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)))}. */
        GELU_TANH,
        /** {@code alpha * x + beta}. */
        LINEAR
    }

    enum Operator {
        ADD,
        MULTIPLY
    }
}
