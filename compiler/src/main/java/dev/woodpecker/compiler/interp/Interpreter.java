package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
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

    /**
     * Runs a kernel as the device would, phase by phase. Inputs are in logical order; they are laid out as their buffers
     * say, with zeros in the padding.
     *
     * @throws IllegalArgumentException if an input is missing or has another type or shape
     * @throws InterpreterException if the kernel reads out of bounds or what was never written, if two threads access an
     *     element without a barrier between and one of them writes, or if a barrier is not reached by all threads
     */
    public static KernelResult run(LoweredKernel kernel, Map<String, HostTensor> inputs) {
        return run(kernel, inputs, Map.of());
    }

    /** As {@link #run(LoweredKernel, Map)}, with values of parameters that are not extents of inputs. */
    public static KernelResult run(LoweredKernel kernel, Map<String, HostTensor> inputs, Map<String, Long> parameters) {
        Map<String, Long> values = new HashMap<>(parameters);
        for (LoweredKernel.Argument argument : kernel.arguments()) {
            if (inputs.containsKey(argument.buffer().name())) {
                Arguments.bind(
                        argument.buffer().shape(), inputs.get(argument.buffer().name()), values);
            }
        }
        return new KernelRun(values).run(kernel, inputs);
    }
}
