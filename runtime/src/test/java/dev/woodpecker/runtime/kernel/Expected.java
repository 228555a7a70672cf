package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a case is to give, interpreted once for all targets, layouts and schedules that are compared with it.
 *
 * @param results what the program gives for {@code inputs}
 * @param bound how far sums in another order may be from {@code results}; empty where the program is more than sums
 */
record Expected(
        TensorProgram program,
        Map<String, HostTensor> inputs,
        Map<String, HostTensor> results,
        Optional<SumBound> bound) {
    private static final Map<KernelCase, Expected> KNOWN = new ConcurrentHashMap<>();

    static Expected of(KernelCase kernelCase) {
        return KNOWN.computeIfAbsent(kernelCase, Expected::interpreted);
    }

    private static Expected interpreted(KernelCase kernelCase) {
        TensorProgram program = kernelCase.program();
        Map<String, HostTensor> inputs = kernelCase.inputs(program);
        return new Expected(program, inputs, Interpreter.run(program, inputs), SumBound.of(program, inputs));
    }

    /** How close results are that add in any order; functions such as {@code exp} may differ by some ulps more. */
    Closeness closenessOfSums(KernelCase kernelCase) {
        return bound.<Closeness>map(b -> b)
                .orElseGet(() -> kernelCase.accuracy().plus(32, 1));
    }
}
