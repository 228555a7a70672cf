package dev.woodpecker.runtime.vendor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.woodpecker.runtime.toolchain.NvidiaLibrary;
import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Order;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Port;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Tail;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How NVIDIA's libraries are called, as a library in C that has their names sees it. */
class VendorLibrariesTest {
    /** What recording.c writes for each call. */
    private static final long ATTRIBUTE = 3;

    private static final long LAYOUT = 4;
    private static final long MATMUL = 11;
    private static final long SET = 102;
    private static final long EXECUTE = 105;

    private static final PostOperation SUM =
            new PostOperation.Combination(PostOperation.Operator.ADD, VendorTensor.rowMajor(List.of(2L, 16L, 5L, 7L)));
    private static final PostOperation SIX = new PostOperation.Activation(PostOperation.Function.CLIP, 0, 6);

    @TempDir
    static Path directory;

    private static RecordingLibrary library;

    @BeforeAll
    static void compile() throws Exception {
        library = RecordingLibrary.compile(directory);
    }

    @BeforeEach
    void forget() {
        library.take();
    }

    @Test
    void aRowMajorProductIsThatOfTheTransposesInTheOtherOrder() {
        try (CublasLt blas = CublasLt.of(library.symbols())) {
            assertThat(blas.version()).isEqualTo(130001);
            library.take();
            try (var product = blas.product(MatrixProduct.of(Precision.FP16, 30, 20, 10), 0, 1 << 20)) {
                assertThat(library.take())
                        // CUBLAS_COMPUTE_32F, scaled in CUDA_R_32F; CUBLASLT_EPILOGUE_DEFAULT.
                        .containsSubsequence(68L, 0L, ATTRIBUTE, 7L, 4L, 1L)
                        // b, then a, then the result: CUDA_R_16F, rows, columns, leading dimension.
                        .containsSubsequence(
                                LAYOUT, 2L, 20L, 10L, 20L, LAYOUT, 2L, 10L, 30L, 10L, LAYOUT, 2L, 20L, 30L, 20L);
                var algorithms = product.algorithms(3);
                // The second of the three is not supported; of the ids one is the first heuristic, one is refused.
                assertThat(algorithms)
                        .extracting(CublasLtProduct.Algorithm::origin, CublasLtProduct.Algorithm::workspaceBytes)
                        .containsExactly(tuple("heuristic 0", 0L), tuple("heuristic 2", 8192L), tuple("id 21, 0", 0L));
                // At most so much work space; arrays are aligned to 64 bytes, not to 256, which is the default.
                assertThat(library.take())
                        .containsSubsequence(7L, 1L, 8L, 1L << 20, 7L, 5L, 4L, 64L)
                        .containsSubsequence(7L, 6L, 4L, 64L, 7L, 7L, 4L, 64L, 7L, 8L, 4L, 64L);
                product.run(algorithms.get(1), 1111, 2222, 0, 3333, 4444, 55);
                assertThat(library.take())
                        .containsExactly(MATMUL, 10L, 0L, 2222L, 1111L, 3333L, 3333L, 42L, 4444L, 8192L, 55L);
            }
        }
    }

    @Test
    void transpositionBiasAndBatchesAreDescribed() {
        try (CublasLt blas = CublasLt.of(library.symbols())) {
            library.take();
            var described =
                    new MatrixProduct(Precision.TF32, 30, 20, 10, 4, true, true, true, ProductEpilogue.BIAS_GELU);
            try (var product = blas.product(described, 9999, 0)) {
                List<Long> calls = library.take();
                assertThat(calls)
                        // CUBLAS_COMPUTE_32F_FAST_TF32; the bias' address as 8 bytes.
                        .containsSubsequence(
                                77L, 0L, ATTRIBUTE, 7L, 4L, 36L, ATTRIBUTE, 3L, 4L, 1L, ATTRIBUTE, 4L, 4L, 1L)
                        .containsSubsequence(ATTRIBUTE, 8L, 8L, 9999L)
                        // b lies as 20 rows of 10: the layout that the memory has, batches 200 elements apart.
                        .containsSubsequence(LAYOUT, 0L, 10L, 20L, 10L, 5L, 5L, 4L, 4L, 5L, 6L, 8L, 200L);
                var algorithm = product.algorithms(1).getFirst();
                library.take();
                product.run(algorithm, 1111, 2222, 3333, 4444, 0, 55);
                // What is added is C, times one.
                assertThat(library.take())
                        .containsExactly(MATMUL, 10L, 10L, 2222L, 1111L, 3333L, 4444L, 40L, 0L, 0L, 55L);
            }
        }
    }

    /** y = relu(x w + b + r): the buffers are x, w, b, r and y. */
    @Test
    void aKernelOfAPlanIsEveryAlgorithmsCall() {
        VendorTensor result = VendorTensor.rowMajor(List.of(30L, 20L));
        var kernel = new VendorKernel.Product(
                VendorTensor.rowMajor(List.of(30L, 10L)),
                VendorTensor.rowMajor(List.of(10L, 20L)),
                List.of(VendorTensor.rowMajor(List.of(1L, 20L))),
                result,
                true,
                List.of(
                        new PostOperation.Combination(PostOperation.Operator.ADD, result),
                        new PostOperation.Activation(PostOperation.Function.RELU, 0, 0)));
        try (CublasLt blas = CublasLt.of(library.symbols())) {
            DeviceVendor vendor = NvidiaVendor.of(() -> {}, Optional.empty(), Optional.of(blas));
            List<DeviceVendor.Call> calls = vendor.calls(kernel, Precision.FP16);
            assertThat(calls)
                    .extracting(DeviceVendor.Call::name)
                    .containsExactly(
                            "cuBLASLt heuristic 0",
                            "cuBLASLt heuristic 2",
                            "cuBLASLt heuristic 3",
                            "cuBLASLt id 21, 0");
            library.take();
            calls.getLast().enqueue(List.of(11L, 22L, 33L, 44L, 55L), 0, 7);
            assertThat(library.take())
                    // CUBLASLT_EPILOGUE_RELU_BIAS, the bias, then the product.
                    .containsSubsequence(ATTRIBUTE, 7L, 4L, 6L, ATTRIBUTE, 8L, 8L, 33L)
                    .containsSubsequence(MATMUL, 10L, 10L, 22L, 11L, 44L, 55L, 40L, 0L, 0L, 7L);
            calls.forEach(DeviceVendor.Call::close);
        }
    }

    @Test
    void aStatusIsCalledByItsName() {
        try (CublasLt blas = CublasLt.of(library.symbols());
                var product = blas.product(MatrixProduct.of(Precision.BF16, 8, 8, 8), 0, 0)) {
            var algorithm = product.algorithms(1).getFirst();
            assertThatThrownBy(() -> product.run(algorithm, 1, 2, 0, 3, 0, 13))
                    .isInstanceOf(VendorCallException.class)
                    .hasMessage("cublasLtMatmul gives CUBLAS_STATUS_EXECUTION_FAILED (13)");
        }
    }

    @Test
    void aConvolutionAndItsTailAreOneGraph() {
        var shape = new ConvolutionShape(
                2, 8, 9, 7, 16, 3, 3, List.of(2L, 1L), List.of(1L, 1L, 1L, 1L), List.of(1L, 1L), 2);
        assertThat(shape.result()).containsExactly(2L, 16L, 5L, 7L);
        try (Cudnn dnn = Cudnn.of(library.symbols());
                var convolution =
                        dnn.convolution(shape, Precision.FP16, Order.NHWC, new Tail(true, List.of(SUM, SIX)))) {
            List<Long> calls = library.take();
            // x: half, its extents, channels side by side.
            assertThat(calls).containsSubsequence(SET, 901L, 1L, 1L, 2L, SET, 902L, 3L, 4L, 2L, 8L, 9L, 7L, SET, 903L);
            assertThat(calls).containsSubsequence(903L, 3L, 4L, 504L, 1L, 56L, 8L);
            assertThat(calls).containsSubsequence(SET, 103L, 3L, 2L, 2L, 1L); // strides
            assertThat(calls).containsSubsequence(SET, 801L, 15L, 4L); // four operations
            // An addition, another, and Relu up to 6, a double.
            assertThat(calls)
                    .containsSubsequence(0L, 14L, 1L, 0L, 0L, 14L, 1L, 0L, 0L, 14L, 1L, 100L)
                    .containsSubsequence(4L, 5L, 1L, Double.doubleToRawLongBits(6));
            // Virtual tensors between them, and only there.
            assertThat(Collections.indexOfSubList(calls, List.of(907L, 2L, 1L, 1L)))
                    .isPositive();
            assertThat(convolution.plans(1)).isNotEmpty();
        }
    }

    @Test
    void inStrictNumericsEnginesOnTensorCoresAreOut() {
        var shape = new ConvolutionShape(
                1, 8, 9, 7, 16, 3, 3, List.of(1L, 1L), List.of(1L, 1L, 1L, 1L), List.of(1L, 1L), 1);
        try (Cudnn dnn = Cudnn.of(library.symbols())) {
            try (var strict = dnn.convolution(shape, Precision.FP32, Order.NCHW, Tail.NONE);
                    var short32 = dnn.convolution(shape, Precision.TF32, Order.NCHW, Tail.NONE)) {
                assertThat(strict.plans(8)).hasSize(3);
                assertThat(short32.plans(8)).hasSize(6).allSatisfy(plan -> {
                    assertThat(plan.workspaceBytes()).isEqualTo(123456);
                    assertThat(plan.engine()).isEqualTo("engine 57 NCHW");
                });
                var arguments = strict.arguments(Map.of(Port.X, 11L, Port.W, 22L, Port.Y, 44L), 55);
                assertThat(library.take()).containsSubsequence(1001L, 6L, 3L, 11L, 22L, 44L, 1003L, 6L, 1L, 55L);
                dnn.useStream(5);
                strict.run(strict.plans(1).getFirst(), arguments);
                assertThat(library.take()).containsSubsequence(EXECUTE, 88L);
            }
        }
    }

    /** The names are part of what was agreed with NVIDIA: a new major version has other functions. */
    @Test
    void onlyVersionsThatTheCodeWasWrittenForAreLookedFor() {
        assertThat(NvidiaLibrary.CUBLAS_LT.names()).containsExactly("libcublasLt.so.13", "libcublasLt.so.12");
        assertThat(NvidiaLibrary.CUDNN.names()).containsExactly("libcudnn.so.9");
    }
}
