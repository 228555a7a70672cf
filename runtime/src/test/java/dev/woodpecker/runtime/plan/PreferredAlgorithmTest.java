package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Which algorithm an estimate takes where nothing was measured. */
class PreferredAlgorithmTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v4");

    /**
     * @param methods by variant; {@code binding} binds the attributes of each
     */
    private static String preferred(
            String operator, Map<String, String> methods, Numerics numerics, Function<Binding, Binding> binding) {
        Map<String, TensorProgram> programs = new LinkedHashMap<>();
        methods.forEach((variant, method) ->
                programs.put(variant, TestPrograms.of(operator, binding.apply(Binding.of(method)))));
        TunableKernel kernel = TunableKernel.of(operator, programs, Set.of("w", "b"), TARGET, numerics);
        return kernel.alternatives().get(kernel.preferred(TARGET, numerics)).variant();
    }

    private static String pool(int window, int stride) {
        Map<String, String> methods = new LinkedHashMap<>();
        methods.put("", "maxPool");
        methods.put("separable", "maxPoolByAxes");
        int pad = window / 2;
        return preferred(
                "MaxPool",
                methods,
                Numerics.FP32,
                call -> call.tensor("x", DType.F32, 1, 32, 16, 16)
                        .ints("kernelShape", window, window)
                        .ints("strides", stride, stride)
                        .ints("pads", pad, pad, pad, pad)
                        .ints("dilations", 1, 1)
                        .integer("ceilMode", 0));
    }

    @Test
    void largeWindowsArePooledByAxes() {
        assertThat(pool(9, 1)).isEqualTo("separable");
        assertThat(pool(3, 2)).isEmpty();
        assertThat(pool(2, 2)).isEmpty();
    }

    private static String transposed(Numerics numerics, int stride) {
        Map<String, String> methods = new LinkedHashMap<>();
        methods.put("", "transposed");
        methods.put("phases", "transposedByPhases");
        return preferred(
                "ConvTranspose",
                methods,
                numerics,
                call -> call.tensor("x", DType.F32, 1, 32, 16, 16)
                        .tensor("w", DType.F32, 32, 16, 3, 3)
                        .tensor("b", DType.F32, 16)
                        .ints("strides", stride, stride)
                        .ints("pads", 1, 1, 1, 1)
                        .ints("dilations", 1, 1)
                        .integer("group", 1)
                        .ints("outputPadding", 0, 0));
    }

    @Test
    void transposedConvolutionsRunByPhasesUnlessStrict() {
        assertThat(transposed(Numerics.FP32, 2)).isEqualTo("phases");
        assertThat(transposed(Numerics.STRICT, 2)).isEmpty();
    }

    private static String convolution(int filters, int size, Numerics numerics) {
        Map<String, String> methods = new LinkedHashMap<>();
        methods.put("direct", "conv2d");
        methods.put("winograd2", "tilesOf2");
        methods.put("winograd4", "tilesOf4");
        return preferred(
                "Conv",
                methods,
                numerics,
                call -> call.tensor("x", DType.F32, 1, filters, size, size)
                        .tensor("w", DType.F32, filters, filters, 3, 3)
                        .tensor("b", DType.F32, filters)
                        .ints("strides", 1, 1)
                        .ints("pads", 1, 1, 1, 1)
                        .ints("dilations", 1, 1)
                        .integer("group", 1));
    }

    @Test
    void winogradIsTakenWhereItsWeightsAreNotTooLarge() {
        assertThat(convolution(64, 56, Numerics.FP32)).isEqualTo("winograd4");
        assertThat(convolution(512, 7, Numerics.FP32)).isEqualTo("direct");
        assertThat(convolution(64, 56, Numerics.STRICT)).isEqualTo("direct");
        // Three channels do not fill vectors, as the rule for transforms wants.
        assertThat(convolution(3, 56, Numerics.FP32)).isEqualTo("direct");
    }
}
