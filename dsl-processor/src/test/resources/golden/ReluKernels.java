package golden;

import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelText;
import java.util.List;
import javax.annotation.processing.Generated;

/**
 * The kernels of {@link Relu}.
 */
@Generated("dev.woodpecker.processor.KernelProcessor")
public final class ReluKernels implements KernelProvider {
    private static final String RELU = """
    elementwise kernel golden.Relu.relu
        operator "Relu"
        variant ""
        input float x
        output "out"
        example "x=1x64x56x56"
    {
        Math.max(x, 0f)
    }
    origins
        "Relu.java" 13:25,36 14:16
    """;

    public ReluKernels() {
    }

    @Override
    public List<KernelProvider.CompiledKernel> kernels() {
        return Parsed.KERNELS;
    }

    @Override
    public List<String> operators() {
        return List.of("Relu");
    }

    @Override
    public List<KernelProvider.CompiledKernel> kernels(String operator) {
        return switch (operator) {
            case "Relu" -> List.of(kernel1());
            default -> List.of();
        };
    }

    private static KernelProvider.CompiledKernel kernel1() {
        return new KernelProvider.CompiledKernel(
                KernelText.parse(RELU),
                arguments -> Relu.relu(((Number) arguments[0]).floatValue()));
    }

    /**
     * Parsed when first asked for.
     */
    private static final class Parsed {
        private static final List<KernelProvider.CompiledKernel> KERNELS = List.of(
                kernel1());
    }
}
