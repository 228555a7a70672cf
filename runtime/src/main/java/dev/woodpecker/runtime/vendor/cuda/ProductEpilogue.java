package dev.woodpecker.runtime.vendor.cuda;

/** What follows a product before it is stored; numbers are those of {@code cublasLtEpilogue_t} (cublasLt.h). */
public enum ProductEpilogue {
    /** CUBLASLT_EPILOGUE_DEFAULT. */
    NONE(1, false),
    /** CUBLASLT_EPILOGUE_RELU. */
    RELU(2, false),
    /** CUBLASLT_EPILOGUE_BIAS: an element for each column of the row-major result. */
    BIAS(4, true),
    /** CUBLASLT_EPILOGUE_RELU_BIAS. */
    BIAS_RELU(6, true),
    /** CUBLASLT_EPILOGUE_GELU, by tanh. */
    GELU(32, false),
    /** CUBLASLT_EPILOGUE_GELU_BIAS. */
    BIAS_GELU(36, true);

    private final int number;
    private final boolean bias;

    ProductEpilogue(int number, boolean bias) {
        this.number = number;
        this.bias = bias;
    }

    int number() {
        return number;
    }

    /** Whether a bias is added. */
    public boolean hasBias() {
        return bias;
    }
}
