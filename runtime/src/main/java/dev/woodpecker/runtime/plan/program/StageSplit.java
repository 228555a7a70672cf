package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.TensorProgram.Declaration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Splits a program in two: stages that depend on some of the inputs alone, and the rest.
 *
 * <pre>
 * u = transform(w); v = transform(x); y = product(u, v)      with w fixed
 *   ->
 * u = transform(w)      and      v = transform(x); y = product(u, v), u an input
 * </pre>
 *
 * @param first computes, from fixed inputs alone, what the second reads
 * @param second has the outputs of the whole
 */
public record StageSplit(TensorProgram first, TensorProgram second) {
    /** The split by these inputs; empty if no stage depends on them alone. */
    public static Optional<StageSplit> of(TensorProgram program, Set<String> fixedInputs) {
        Set<String> fixed = new HashSet<>(fixedInputs);
        List<Stage> early = new ArrayList<>();
        List<Stage> late = new ArrayList<>();
        for (Stage stage : program.stages()) {
            boolean depends = Reads.of(stage).stream().allMatch(read -> fixed.contains(read.tensor()));
            // An output stays, so that the second program has them all.
            if (depends && !program.outputs().contains(stage.name())) {
                fixed.add(stage.name());
                early.add(stage);
            } else {
                late.add(stage);
            }
        }
        Set<String> readLate = tensors(late);
        List<Stage> passed =
                early.stream().filter(stage -> readLate.contains(stage.name())).toList();
        if (passed.isEmpty()) {
            return Optional.empty();
        }
        Set<String> readEarly = tensors(early);
        List<Declaration> secondInputs = new ArrayList<>(program.inputs().stream()
                .filter(input -> readLate.contains(input.name()))
                .toList());
        passed.forEach(stage -> secondInputs.add(new Declaration(stage.name(), stage.type(), stage.shape())));
        TensorProgram first = new TensorProgram(
                program.name() + "_weights",
                program.inputs().stream()
                        .filter(input -> readEarly.contains(input.name()))
                        .toList(),
                early,
                passed.stream().map(Stage::name).toList());
        return Optional.of(
                new StageSplit(first, new TensorProgram(program.name(), secondInputs, late, program.outputs())));
    }

    private static Set<String> tensors(List<Stage> stages) {
        Set<String> read = new LinkedHashSet<>();
        stages.forEach(stage -> Reads.of(stage).stream().map(Expr.Read::tensor).forEach(read::add));
        return read;
    }
}
