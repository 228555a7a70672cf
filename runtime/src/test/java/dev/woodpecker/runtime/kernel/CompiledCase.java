package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.runtime.device.cpu.CpuKernel;

/** A case with the code that was made of it, or with what stood in the way. */
sealed interface CompiledCase {
    KernelCase kernelCase();

    Setting setting();

    /** @param text the C */
    record Ready(
            KernelCase kernelCase,
            Setting setting,
            TensorProgram program,
            LoweredKernel lowered,
            String text,
            CpuKernel code)
            implements CompiledCase {}

    record Failed(KernelCase kernelCase, Setting setting, Throwable reason) implements CompiledCase {}

    /** A case to be compiled. */
    record Wanted(KernelCase kernelCase, Setting setting) {}
}
