package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A program that a library can compute.
 *
 * @param inputs the program's inputs that are the kernel's buffers, in order; the result follows them
 */
public record VendorMatch(VendorKernel kernel, List<String> inputs) {
    public VendorMatch {
        inputs = List.copyOf(inputs);
    }

    /**
     * What a library would have to compute to do the same as a program.
     *
     * @param layouts of the program's tensors that are not row-major
     * @param fixed which of its inputs are the same in every run; these are row-major
     */
    public static Optional<VendorMatch> of(
            TensorProgram program, Map<String, LayoutMap> layouts, Predicate<String> fixed) {
        return SumOfProducts.of(program, layouts, fixed)
                .flatMap(sum -> ConvolutionPattern.match(sum).or(() -> ProductPattern.match(sum)));
    }
}
