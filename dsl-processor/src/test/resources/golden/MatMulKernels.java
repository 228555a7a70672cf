package golden;

import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Tensor;
import java.util.List;
import javax.annotation.processing.Generated;

/**
 * The kernels of {@link MatMul}.
 */
@Generated("dev.woodpecker.processor.KernelProcessor")
public final class MatMulKernels implements KernelProvider {
    private static final String MATMUL = """
    tensor kernel golden.MatMul.matmul(Tensor,Tensor)
        operator "MatMul"
        variant ""
        input Tensor a
        input Tensor b
        output "out"
        example "a=64x64 b=64x64"
    {
        require(a.rank() == 2 && b.rank() == 2);
        require(a.size(1) == b.size(0));
        tensor(i < a.size(0), j < b.size(1)) { sum(k < a.size(1)) { a[i, k] * b[k, j] } }
    }
    origins
        "MatMul.java" 14:26,40,50 15:17x3,34x2 16:17x2,30 17:16,23,34,55,59,75x2,88
    """;

    private static final String MATMUL_2 = """
    tensor kernel golden.MatMul.matmul(IntTensor,IntTensor)
        operator "MatMul"
        variant ""
        input IntTensor a
        input IntTensor b
        output "out"
    {
        require(a.rank() == 2 && b.rank() == 2);
        intTensor(i < a.size(0), j < b.size(1)) { sum(k < a.size(1)) { a[i, k] * b[k, j] } }
    }
    origins
        "MatMul.java" 22:29,46,59 23:17x3,34x2 24:16,28,39,60,69,85x2,98
    """;

    public MatMulKernels() {
    }

    @Override
    public List<KernelProvider.CompiledKernel> kernels() {
        return Parsed.KERNELS;
    }

    @Override
    public List<String> operators() {
        return List.of("MatMul");
    }

    @Override
    public List<KernelProvider.CompiledKernel> kernels(String operator) {
        return switch (operator) {
            case "MatMul" -> List.of(kernel1(), kernel2());
            default -> List.of();
        };
    }

    private static KernelProvider.CompiledKernel kernel1() {
        return new KernelProvider.CompiledKernel(
                KernelText.parse(MATMUL),
                arguments -> MatMul.matmul((Tensor) arguments[0], (Tensor) arguments[1]));
    }

    private static KernelProvider.CompiledKernel kernel2() {
        return new KernelProvider.CompiledKernel(
                KernelText.parse(MATMUL_2),
                arguments -> MatMul.matmul((IntTensor) arguments[0], (IntTensor) arguments[1]));
    }

    /**
     * Parsed when first asked for.
     */
    private static final class Parsed {
        private static final List<KernelProvider.CompiledKernel> KERNELS = List.of(
                kernel1(),
                kernel2());
    }
}
