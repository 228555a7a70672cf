package dev.woodpecker.runtime.vendor.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Port;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Tail;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the libraries are told of kernels, and which kernels they are not asked for. */
class NvidiaShapesTest {
    private static final PostOperation RELU = new PostOperation.Activation(PostOperation.Function.RELU, 0, 0);
    private static final PostOperation LEAKY = new PostOperation.Activation(PostOperation.Function.RELU, 0.1f, 0);
    private static final PostOperation SWISH = new PostOperation.Activation(PostOperation.Function.SWISH, 1, 0);

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
        assertThat(found.tail()).isEqualTo(new Tail(true, List.of(plus(tensor(1, 16, 7, 7)), RELU)));
        assertThat(found.ports()).containsExactly(Port.X, Port.W, Port.BIAS, Port.RESIDUAL, Port.Y);
    }

    @Test
    void functionsAndASumComeInAnyOrder() {
        PostOperation sum = plus(tensor(1, 16, 7, 7));
        NvidiaShapes.TailedConvolution found =
                NvidiaShapes.convolution(convolution(SWISH, sum, LEAKY)).orElseThrow();
        assertThat(found.tail()).isEqualTo(new Tail(true, List.of(SWISH, sum, LEAKY)));
        assertThat(found.ports()).containsExactly(Port.X, Port.W, Port.BIAS, Port.RESIDUAL, Port.Y);
    }

    @Test
    void whatCudnnsGraphDoesNotSayIsNotAsked() {
        PostOperation sum = plus(tensor(1, 16, 7, 7));
        PostOperation hard = new PostOperation.Activation(PostOperation.Function.HARD_SWISH, 1 / 6f, 0.5f);
        assertThat(NvidiaShapes.convolution(convolution(hard))).isEmpty();
        assertThat(NvidiaShapes.convolution(convolution(sum, RELU, sum))).isEmpty();
        assertThat(NvidiaShapes.convolution(convolution(plus(tensor(1, 16, 1, 1)))))
                .isEmpty();
        assertThat(NvidiaShapes.convolution(convolution(
                        new PostOperation.Combination(PostOperation.Operator.MULTIPLY, tensor(1, 16, 7, 7)))))
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
        assertThat(found)
                .isEqualTo(new MatrixProduct(Precision.FP16, 3, 7, 5, 1, false, true, false, ProductEpilogue.NONE));
        assertThat(NvidiaShapes.product(product(tensor(4, 3, 5), tensor(4, 5, 7), tensor(4, 3, 7)), Precision.TF32))
                .contains(new MatrixProduct(Precision.TF32, 3, 7, 5, 4, false, false, false, ProductEpilogue.NONE));
    }

    @Test
    void productsWithBiasAndRelu() {
        VendorKernel.Product product = new VendorKernel.Product(
                tensor(3, 5), tensor(5, 7), List.of(tensor(1, 7)), tensor(3, 7), true, List.of(RELU));
        assertThat(NvidiaShapes.product(product, Precision.FP32).orElseThrow().epilogue())
                .isEqualTo(ProductEpilogue.BIAS_RELU);
    }

    @Test
    void productsWithAResidualSumAndGeluByTanh() {
        PostOperation gelu = new PostOperation.Activation(PostOperation.Function.GELU_TANH, 0, 0);
        PostOperation exact = new PostOperation.Activation(PostOperation.Function.GELU, 0, 0);
        PostOperation sum = plus(tensor(3, 7));
        assertThat(followed(sum, gelu))
                .contains(new MatrixProduct(Precision.FP16, 3, 7, 5, 1, false, false, true, ProductEpilogue.GELU));
        assertThat(followed(sum).orElseThrow().residual()).isTrue();
        assertThat(followed(exact)).as("the library's is by tanh").isEmpty();
        assertThat(followed(RELU, sum)).isEmpty();
        assertThat(followed(plus(tensor(3, 1)))).isEmpty();
    }

    private static Optional<MatrixProduct> followed(PostOperation... after) {
        return NvidiaShapes.product(
                new VendorKernel.Product(tensor(3, 5), tensor(5, 7), List.of(), tensor(3, 7), true, List.of(after)),
                Precision.FP16);
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
