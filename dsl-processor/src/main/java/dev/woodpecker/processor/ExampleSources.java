package dev.woodpecker.processor;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.LinkedHashMap;
import java.util.Map;

/** The C and CUDA source that a kernel becomes for the shapes of an {@code @Example}, with its default schedule. */
final class ExampleSources {
    /** Targets by the ending of a source's file name. */
    private static final Map<String, Target> TARGETS =
            Map.of("c", Target.parse("cpu:x86-64-v3"), "cu", Target.parse("cuda:sm_80"));

    private ExampleSources() {}

    /** Sources by the endings of their file names. */
    static Map<String, String> emit(KernelSpec spec, String example) {
        String name = spec.shortName().replaceAll("^.*\\.|\\(.*$", "");
        Map<String, String> sources = new LinkedHashMap<>();
        TARGETS.forEach((ending, target) -> {
            try {
                var binding = BindingText.parse(spec, name, example, DType.F32);
                sources.put(
                        ending,
                        KernelSource.of(spec, binding, target, Numerics.FP32).text());
            } catch (RuntimeException e) {
                throw new IllegalStateException(
                        "@Example(\"" + example + "\") of " + spec.shortName() + " for " + target.name() + ": " + e, e);
            }
        });
        return sources;
    }
}
