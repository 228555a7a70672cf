package dev.woodpecker.compiler.expr;

import java.util.List;

/**
 * The kernels of one source file, found by {@link java.util.ServiceLoader}. Implementations are generated: for a class
 * {@code Convolution} with {@code @Kernel} methods, {@code ConvolutionKernels}.
 */
public interface KernelProvider {
    List<CompiledKernel> kernels();

    /** The operators that the kernels implement, each once: known without reading any of them. */
    default List<String> operators() {
        return kernels().stream()
                .map(kernel -> kernel.spec().operator())
                .filter(operator -> !operator.isEmpty())
                .distinct()
                .toList();
    }

    /** The kernels of one operator, in the order of {@link #kernels()}: no others are read for it. */
    default List<CompiledKernel> kernels(String operator) {
        return kernels().stream()
                .filter(kernel -> kernel.spec().operator().equals(operator))
                .toList();
    }

    /** A kernel with its reference: the Java method itself. */
    record CompiledKernel(KernelSpec spec, Reference reference) {}

    /**
     * Calls the Java method; {@code arguments} has one value a parameter, in order: tensors as the DSL's
     * {@code Tensor}, {@code IntTensor}, {@code MaskTensor} or arrays of them, elements and attributes boxed, {@code int[]} and
     * {@code float[]} as such. The result is a tensor, an element, or the record of tensors.
     */
    @FunctionalInterface
    interface Reference {
        Object call(Object... arguments);
    }
}
