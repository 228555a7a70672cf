package dev.woodpecker.compiler.ir;

import java.util.List;
import java.util.Optional;

/**
 * A kernel for given types, shapes and attributes: what a schedule is made for. Stages are in dependency order; an output
 * is a stage. Data-dependent indices appear in {@link Expr.Read}s and are checked in the generated code.
 */
public record TensorProgram(String name, List<Declaration> inputs, List<Stage> stages, List<String> outputs) {
    /** An input tensor. */
    public record Declaration(String name, DType type, List<Expr> shape) {
        public Declaration {
            shape = List.copyOf(shape);
        }
    }

    public TensorProgram {
        inputs = List.copyOf(inputs);
        stages = List.copyOf(stages);
        outputs = List.copyOf(outputs);
    }

    public Optional<Stage> stage(String stageName) {
        return stages.stream().filter(s -> s.name().equals(stageName)).findFirst();
    }

    public Optional<Declaration> input(String inputName) {
        return inputs.stream().filter(i -> i.name().equals(inputName)).findFirst();
    }

    public TensorProgram withStages(List<Stage> newStages) {
        return new TensorProgram(name, inputs, newStages, outputs);
    }
}
