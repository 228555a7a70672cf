package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.List;

/** A step of a {@link KernelGraph}. */
public sealed interface Operation {
    String name();

    List<String> inputs();

    List<String> outputs();

    /**
     * A kernel to run.
     *
     * @param name the nodes that it computes, {@code conv1+bn1+relu1}
     * @param operator what the first of them is, for people
     * @param inputs values, one for each input of the program
     * @param outputs values, one for each output of the program
     */
    record Kernel(String name, String operator, TensorProgram program, List<String> inputs, List<String> outputs)
            implements Operation {
        public Kernel {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            if (inputs.size() != program.inputs().size()
                    || outputs.size() != program.outputs().size()) {
                throw new IllegalArgumentException("operation '" + name + "' has " + inputs + " -> " + outputs
                        + " for a program of " + program.inputs().size() + " inputs and "
                        + program.outputs().size() + " outputs");
            }
        }
    }

    /** The same elements under another shape; nothing is copied. */
    record View(String name, String input, String output) implements Operation {
        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public List<String> outputs() {
            return List.of(output);
        }
    }
}
