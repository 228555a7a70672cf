package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.KernelSpec;
import java.util.Map;

/** The C and CUDA source that a kernel becomes for the shapes of an {@code @Example}. */
final class ExampleSources {
    private ExampleSources() {}

    /** Sources by file name, {@code Convolution.conv2d.1.c}. */
    static Map<String, String> emit(KernelSpec spec, String example) {
        return Map.of();
    }
}
