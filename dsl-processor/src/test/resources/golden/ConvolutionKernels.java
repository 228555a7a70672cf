package golden;

import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.dsl.Tensor;
import java.util.List;
import javax.annotation.processing.Generated;

/**
 * The kernels of {@link Convolution}.
 */
@Generated("dev.woodpecker.processor.KernelProcessor")
public final class ConvolutionKernels implements KernelProvider {
    private static final String CONV2D = """
    tensor kernel golden.Convolution.conv2d
        operator "Conv"
        variant "direct"
        input Tensor x
        input Tensor w
        input Tensor b absent "0"
        attribute int[] strides
        attribute int[] pads
        attribute int[] dilations
        attribute int group absent "1"
        output "out"
        example "x=1x64x56x56 w=64x64x3x3 strides=1,1 pads=1,1,1,1 dilations=1,1"
    {
        let cg = w.size(1);
        let kg = w.size(0) / group;
        let p = (x.size(2) + pads[0] + pads[2] - dilations[0] * (w.size(2) - 1) - 1) / strides[0] + 1;
        let q = (x.size(3) + pads[1] + pads[3] - dilations[1] * (w.size(3) - 1) - 1) / strides[1] + 1;
        tensor(n < x.size(0), k < w.size(0), i < p, j < q) {
            b[k]
                + sum(c < cg, r < w.size(2), s < w.size(3)) {
                    (x[
                            n,
                            k / kg * cg + c,
                            i * strides[0] - pads[0] + r * dilations[0],
                            j * strides[1] - pads[1] + s * dilations[1]
                        ] or 0f)
                        * w[k, c, r, s]
                }
        }
    }
    origins
        "Convolution.java" 14:26 15:20 16:20 17:28 18:19 19:19 20:19 21:45 22:18,34x2
        23:17x2,18x5,30,40,50x2,66x2,88 24:17x2,18x5,30,40,50x2,66x2,88 25:16,23,34,67x2 26:19,27,38,62x2
        29:33x3 30:33x3,37,50,60,64 31:33x3,37,50,60,64 32:27
    """;

    public ConvolutionKernels() {
    }

    @Override
    public List<KernelProvider.CompiledKernel> kernels() {
        return Parsed.KERNELS;
    }

    @Override
    public List<String> operators() {
        return List.of("Conv");
    }

    @Override
    public List<KernelProvider.CompiledKernel> kernels(String operator) {
        return switch (operator) {
            case "Conv" -> List.of(kernel1());
            default -> List.of();
        };
    }

    private static KernelProvider.CompiledKernel kernel1() {
        return new KernelProvider.CompiledKernel(
                KernelText.parse(CONV2D),
                arguments -> Convolution.conv2d((Tensor) arguments[0], (Tensor) arguments[1], (Tensor) arguments[2], (int[]) arguments[3], (int[]) arguments[4], (int[]) arguments[5], ((Number) arguments[6]).intValue()));
    }

    /**
     * Parsed when first asked for.
     */
    private static final class Parsed {
        private static final List<KernelProvider.CompiledKernel> KERNELS = List.of(
                kernel1());
    }
}
