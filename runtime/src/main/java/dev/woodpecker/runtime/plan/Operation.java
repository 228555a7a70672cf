package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Trace;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

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
     * @param algorithms the ways to compute it, the one of {@code program} first as long as none was chosen
     * @param trace its schedule; empty for the default one
     * @param isTuned whether the schedule was found by measuring
     */
    record Kernel(
            String name,
            String operator,
            TensorProgram program,
            List<String> inputs,
            List<String> outputs,
            List<Algorithm> algorithms,
            Optional<Trace> trace,
            boolean isTuned)
            implements Operation {
        public Kernel {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            algorithms = List.copyOf(algorithms);
            if (inputs.size() != program.inputs().size()
                    || outputs.size() != program.outputs().size()) {
                throw new IllegalArgumentException("operation '" + name + "' has " + inputs + " -> " + outputs
                        + " for a program of " + program.inputs().size() + " inputs and "
                        + program.outputs().size() + " outputs");
            }
        }

        /** A kernel that can be computed in one way. */
        public Kernel(String name, String operator, TensorProgram program, List<String> inputs, List<String> outputs) {
            this(name, operator, inputs, outputs, List.of(new Algorithm("", program, inputs, Optional.empty())));
        }

        /** A kernel with its default schedule, computed in the first of several ways. */
        public Kernel(
                String name, String operator, List<String> inputs, List<String> outputs, List<Algorithm> algorithms) {
            this(name, operator, algorithms.getFirst().program(), inputs, outputs, algorithms, Optional.empty(), false);
        }

        /** The algorithm, if there are several, and where its schedule is from: {@code winograd4, tuned}. */
        String implementation() {
            String schedule = isTuned ? "tuned" : "default";
            return algorithms.stream()
                    .filter(algorithm -> algorithm.program().equals(program)
                            && !algorithm.variant().isEmpty())
                    .findFirst()
                    .map(algorithm -> algorithm.variant() + ", " + schedule)
                    .orElse(schedule);
        }

        Kernel withInputs(List<String> newInputs) {
            return new Kernel(name, operator, program, newInputs, outputs, algorithms, trace, isTuned);
        }

        Kernel withAlgorithms(List<Algorithm> newAlgorithms) {
            return new Kernel(name, operator, program, inputs, outputs, newAlgorithms, trace, isTuned);
        }

        /** The kernel with its values called otherwise. */
        Kernel renamed(UnaryOperator<String> names) {
            return new Kernel(
                    name,
                    operator,
                    program,
                    inputs.stream().map(names).toList(),
                    outputs.stream().map(names).toList(),
                    algorithms.stream().map(a -> a.renamed(names)).toList(),
                    trace,
                    isTuned);
        }
    }

    /**
     * A way to compute a kernel: a variant of its operator with all that was joined to it.
     *
     * @param variant its name; empty where there is but one
     * @param program names its inputs and outputs as those of the kernel's other algorithms do
     * @param inputs values, one for each input of the program
     * @param preparation what it needs of weights alone
     */
    record Algorithm(String variant, TensorProgram program, List<String> inputs, Optional<Preparation> preparation) {
        public Algorithm {
            inputs = List.copyOf(inputs);
        }

        Algorithm renamed(UnaryOperator<String> names) {
            return new Algorithm(
                    variant, program, inputs.stream().map(names).toList(), preparation.map(p -> p.renamed(names)));
        }
    }

    /** A program that runs once, on weights. */
    record Preparation(TensorProgram program, List<String> inputs, List<String> outputs) {
        public Preparation {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }

        Preparation renamed(UnaryOperator<String> names) {
            return new Preparation(
                    program,
                    inputs.stream().map(names).toList(),
                    outputs.stream().map(names).toList());
        }

        Kernel operation(String kernel, String operator) {
            return new Kernel(kernel + "/weights", operator, program, inputs, outputs);
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

    /** Elements that lie in one piece in another value's memory; nothing is copied. */
    record Part(String name, String input, String output, long offsetBytes) implements Operation {
        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public List<String> outputs() {
            return List.of(output);
        }
    }

    /**
     * Values that are written where they lie in the memory of another, which they make up; nothing is copied.
     *
     * @param offsetsBytes one for each input
     */
    record Join(String name, List<String> inputs, String output, List<Long> offsetsBytes) implements Operation {
        public Join {
            inputs = List.copyOf(inputs);
            offsetsBytes = List.copyOf(offsetsBytes);
        }

        @Override
        public List<String> outputs() {
            return List.of(output);
        }
    }
}
