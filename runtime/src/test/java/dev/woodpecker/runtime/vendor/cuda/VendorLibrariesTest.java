package dev.woodpecker.runtime.vendor.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.runtime.toolchain.NvidiaLibrary;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Order;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Port;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Tail;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
                var algorithms = product.heuristics(3);
                // The second of the three is not supported.
                assertThat(algorithms)
                        .extracting(CublasLtProduct.Algorithm::workspaceBytes)
                        .containsExactly(0L, 8192L);
                library.take();
                product.run(algorithms.getLast(), 1111, 2222, 3333, 4444, 55);
                assertThat(library.take())
                        .containsExactly(MATMUL, 10L, 0L, 2222L, 1111L, 3333L, 3333L, 42L, 4444L, 8192L, 55L);
            }
        }
    }

    @Test
    void transpositionBiasAndBatchesAreDescribed() {
        try (CublasLt blas = CublasLt.of(library.symbols())) {
            library.take();
            var described = new MatrixProduct(Precision.TF32, 30, 20, 10, 4, true, true, ProductEpilogue.BIAS_GELU);
            try (var product = blas.product(described, 9999, 0)) {
                List<Long> calls = library.take();
                assertThat(calls)
                        // CUBLAS_COMPUTE_32F_FAST_TF32; the bias' address as 8 bytes.
                        .containsSubsequence(
                                77L, 0L, ATTRIBUTE, 7L, 4L, 36L, ATTRIBUTE, 3L, 4L, 1L, ATTRIBUTE, 4L, 4L, 1L)
                        .containsSubsequence(ATTRIBUTE, 8L, 8L, 9999L)
                        // b lies as 20 rows of 10: the layout that the memory has, batches 200 elements apart.
                        .containsSubsequence(LAYOUT, 0L, 10L, 20L, 10L, 5L, 5L, 4L, 4L, 5L, 6L, 8L, 200L);
                assertThat(product.everyId())
                        .singleElement()
                        .satisfies(only -> assertThat(only.origin()).isEqualTo("id 21, 0"));
            }
        }
    }

    @Test
    void aStatusIsCalledByItsName() {
        try (CublasLt blas = CublasLt.of(library.symbols());
                var product = blas.product(MatrixProduct.of(Precision.BF16, 8, 8, 8), 0, 0)) {
            var algorithm = product.heuristics(1).getFirst();
            assertThatThrownBy(() -> product.run(algorithm, 1, 2, 3, 0, 13))
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
                var convolution = dnn.convolution(shape, Precision.FP16, Order.NHWC, new Tail(true, true, true))) {
            List<Long> calls = library.take();
            // x: half, its extents, channels side by side.
            assertThat(calls).containsSubsequence(SET, 901L, 1L, 1L, 2L, SET, 902L, 3L, 4L, 2L, 8L, 9L, 7L, SET, 903L);
            assertThat(calls).containsSubsequence(903L, 3L, 4L, 504L, 1L, 56L, 8L);
            assertThat(calls).containsSubsequence(SET, 103L, 3L, 2L, 2L, 1L); // strides
            assertThat(calls).containsSubsequence(SET, 801L, 15L, 4L); // four operations
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
