package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs programs and kernels as they are defined: strict axis order, one rounding an operation, no contraction. What it
 * computes is what the C and CUDA printed from the same program must compute in strict numerics.
 */
public final class Interpreter {
    private Interpreter() {}

    /**
     * The outputs of {@code program} by name. Parameters that are extents of inputs take their values from these.
     *
     * @throws IllegalArgumentException if an input is missing or has another type or shape
     * @throws InterpreterException if the program reads out of bounds
     */
    public static Map<String, HostTensor> run(TensorProgram program, Map<String, HostTensor> inputs) {
        Map<String, Long> parameters = new HashMap<>();
        for (TensorProgram.Declaration input : program.inputs()) {
            if (inputs.containsKey(input.name())) {
                Arguments.bind(input.shape(), inputs.get(input.name()), parameters);
            }
        }
        return new ProgramRun(parameters).run(program, inputs);
    }
}
