package dev.woodpecker.tuner.task;

import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * One algorithm for a task: {@code direct}, {@code winograd4}.
 *
 * @param program what is scheduled and timed; its inputs and outputs are called as those of the task's other variants, but
 *     for what the preparation makes
 * @param preparation what runs once, on weights alone: Winograd's transform of the filters. Its outputs are inputs of the
 *     program, so whoever runs the program on weights of its own runs the preparation on them first
 */
public record Variant(String name, TensorProgram program, Optional<TensorProgram> preparation) {
    /** An algorithm that needs nothing prepared. */
    public Variant(String name, TensorProgram program) {
        this(name, program, Optional.empty());
    }

    /**
     * The inputs of the program whose layout is the schedule's choice: weights, and what is prepared of them.
     *
     * @param weights the task's constants
     */
    public Set<String> constants(Set<String> weights) {
        Set<String> constants = new TreeSet<>();
        program.inputs().forEach(input -> {
            boolean prepared =
                    preparation.isPresent() && preparation.get().outputs().contains(input.name());
            if (prepared || weights.contains(input.name())) {
                constants.add(input.name());
            }
        });
        return constants;
    }
}
