package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;

/** Programs of the library's kernels. */
public final class TestPrograms {
    private TestPrograms() {}

    /** The kernel of an operator whose method has the binding's name, specialised. */
    public static TensorProgram of(String operator, Binding binding) {
        return KernelLibrary.ofClassPath().kernels(operator).stream()
                .map(CompiledKernel::spec)
                .filter(spec -> spec.shortName().replaceAll("\\(.*", "").endsWith("." + binding.name()))
                .findFirst()
                .map(spec -> Specializer.specialize(spec, binding))
                .orElseThrow(() -> new IllegalArgumentException("no kernel " + binding.name() + " of " + operator));
    }
}
