package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Which of an operator's variants is taken where several apply and nothing was measured: the first of these, then those
 * that are not named here in the order of their source.
 */
final class VariantPreference {
    private static final Map<String, List<String>> PREFERRED = Map.of(
            "Conv", List.of("depthwise", "direct", "anyRank", "im2col", "winograd2", "winograd4"),
            "ConvInteger", List.of("depthwise", "dot4"),
            "MatMulInteger", List.of("dot4"),
            "QLinearConv", List.of("depthwise", "dot4"),
            "QLinearMatMul", List.of("dot4"));

    static final Comparator<CompiledKernel> ORDER = Comparator.comparingInt(VariantPreference::rank);

    private VariantPreference() {}

    private static int rank(CompiledKernel kernel) {
        List<String> variants = PREFERRED.getOrDefault(kernel.spec().operator(), List.of());
        int position = variants.indexOf(kernel.spec().variant());
        return position < 0 ? variants.size() : position;
    }
}
