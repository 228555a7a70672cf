package dev.woodpecker.runtime.vendor.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Port;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Tail;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the libraries are told of kernels, and which kernels they are not asked for. */
class NvidiaShapesTest {
    private static final PostOperation RELU = new PostOperation.Activation(PostOperation.Function.RELU, 0, 0);
    private static final PostOperation LEAKY = new PostOperation.Activation(PostOperation.Function.RELU, 0.1f, 0);

    private static VendorTensor tensor(long... extents) {
        return VendorTensor.rowMajor(java.util.Arrays.stream(extents).boxed().toList());
    }

    private static PostOperation plus(VendorTensor other) {
        return new PostOperation.Combination(PostOperation.Operator.ADD, other);
    }

    private static VendorKernel.Convolution convolution(PostOperation... after) {
        return new VendorKernel.Convolution(
                tensor(1, 8, 14, 14),
                tensor(2, 8, 4, 3, 3),
                List.of(tensor(16)),
                tensor(1, 16, 7, 7),
                List.of(2L, 2L),
                List.of(1L, 1L),
                List.of(1L, 1L),
                List.of(0L, 0L),
                2,
                List.of(after));
    }

    @Test
    void aConvolutionWithBiasResidualAndRelu() {
        NvidiaShapes.TailedConvolution found = NvidiaShapes.convolution(convolution(plus(tensor(1, 16, 7, 7)), RELU))
                .orElseThrow();
        assertThat(found.shape())
                .isEqualTo(new ConvolutionShape(
                        1, 8, 14, 14, 16, 3, 3, List.of(2L, 2L), List.of(1L, 1L, 0L, 0L), List.of(1L, 1L), 2));
        assertThat(found.tail()).isEqualTo(new Tail(true, true, true));
        assertThat(found.ports()).containsExactly(Port.X, Port.W, Port.BIAS, Port.RESIDUAL, Port.Y);
    }

    @Test
    void whatCudnnsGraphDoesNotSayIsNotAsked() {
        assertThat(NvidiaShapes.convolution(convolution(LEAKY))).isEmpty();
        assertThat(NvidiaShapes.convolution(convolution(RELU, plus(tensor(1, 16, 7, 7)))))
                .isEmpty();
        assertThat(NvidiaShapes.convolution(convolution(plus(tensor(1, 16, 1, 1)))))
                .isEmpty();
    }

    private static VendorKernel.Product product(VendorTensor left, VendorTensor right, VendorTensor result) {
        return new VendorKernel.Product(left, right, List.of(), result, false, List.of());
    }

    @Test
    void productsOfMatricesThatLieEitherWay() {
        VendorTensor transposed = new VendorTensor(List.of(5L, 7L), List.of(1L, 5L), 1);
        MatrixProduct found = NvidiaShapes.product(product(tensor(3, 5), transposed, tensor(3, 7)), Precision.FP16)
                .orElseThrow();
        assertThat(found).isEqualTo(new MatrixProduct(Precision.FP16, 3, 7, 5, 1, false, true, ProductEpilogue.NONE));
        assertThat(NvidiaShapes.product(product(tensor(4, 3, 5), tensor(4, 5, 7), tensor(4, 3, 7)), Precision.TF32))
                .contains(new MatrixProduct(Precision.TF32, 3, 7, 5, 4, false, false, ProductEpilogue.NONE));
    }

    @Test
    void productsWithBiasAndRelu() {
        VendorKernel.Product product = new VendorKernel.Product(
                tensor(3, 5), tensor(5, 7), List.of(tensor(1, 7)), tensor(3, 7), true, List.of(RELU));
        assertThat(NvidiaShapes.product(product, Precision.FP32).orElseThrow().epilogue())
                .isEqualTo(ProductEpilogue.BIAS_RELU);
    }

    @Test
    void matricesThatDoNotFillTheirMemoryOrAreSharedByABatchAreNotAsked() {
        VendorTensor wide = new VendorTensor(List.of(3L, 5L), List.of(8L, 1L), 1);
        assertThat(NvidiaShapes.product(product(wide, tensor(5, 7), tensor(3, 7)), Precision.FP32))
                .isEmpty();
        assertThat(NvidiaShapes.product(product(tensor(4, 3, 5), tensor(1, 5, 7), tensor(4, 3, 7)), Precision.FP32))
                .isEmpty();
    }
}
