package dev.woodpecker.runtime.vendor.cuda;

/**
 * Types of elements, and what they are multiplied as; sums are in fp32 always.
 *
 * <p>Numbers are those of {@code cudaDataType_t} (library_types.h), {@code cublasComputeType_t} (cublas_api.h) and
 * {@code cudnnDataType_t} (cudnn_graph.h 9).
 */
public enum Precision {
    /** CUDA_R_32F; CUBLAS_COMPUTE_32F_PEDANTIC: no shorter type on the way; CUDNN_DATA_FLOAT. */
    FP32(4, 0, 69, 0),
    /** CUDA_R_32F; CUBLAS_COMPUTE_32F_FAST_TF32; CUDNN_DATA_FLOAT. */
    TF32(4, 0, 77, 0),
    /** CUDA_R_16F; CUBLAS_COMPUTE_32F; CUDNN_DATA_HALF. */
    FP16(2, 2, 68, 2),
    /** CUDA_R_16BF; CUBLAS_COMPUTE_32F; CUDNN_DATA_BFLOAT16. */
    BF16(2, 14, 68, 9);

    private final int bytes;
    private final int cudaType;
    private final int cublasCompute;
    private final int cudnnType;

    Precision(int bytes, int cudaType, int cublasCompute, int cudnnType) {
        this.bytes = bytes;
        this.cudaType = cudaType;
        this.cublasCompute = cublasCompute;
        this.cudnnType = cudnnType;
    }

    /** Of an element. */
    public int bytes() {
        return bytes;
    }

    int cudaType() {
        return cudaType;
    }

    int cublasCompute() {
        return cublasCompute;
    }

    int cudnnType() {
        return cudnnType;
    }
}
