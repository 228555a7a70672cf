package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.TensorProgram.Declaration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Calls a program's inputs and outputs as another program does that computes the same. */
public final class SameNames {
    private SameNames() {}

    /** The program with the names of {@code model}; empty if their inputs or outputs differ in number, type or shape. */
    public static Optional<TensorProgram> as(TensorProgram model, TensorProgram program) {
        if (!interfaceOf(model).equals(interfaceOf(program))) {
            return Optional.empty();
        }
        Map<String, String> tensors = new HashMap<>();
        for (int i = 0; i < model.inputs().size(); i++) {
            tensors.put(program.inputs().get(i).name(), model.inputs().get(i).name());
        }
        for (int i = 0; i < model.outputs().size(); i++) {
            tensors.put(program.outputs().get(i), model.outputs().get(i));
        }
        // What is inside makes way for the names outside.
        Set<String> taken = new HashSet<>(tensors.values());
        Map<String, String> axes = new HashMap<>();
        for (Stage stage : program.stages()) {
            tensors.computeIfAbsent(stage.name(), name -> fresh(name, taken));
            axesOf(stage).forEach(axis -> axes.put(axis.name(), axis.name()));
        }
        taken.addAll(tensors.values());
        axes.replaceAll((name, _) -> taken.contains(name) ? fresh(name, taken) : name);
        return Optional.of(renamed(program, tensors, axes));
    }

    private static List<String> interfaceOf(TensorProgram program) {
        List<String> types = new ArrayList<>();
        program.inputs().forEach(input -> types.add(input.type() + " " + input.shape()));
        program.outputs().forEach(output -> {
            Stage stage = program.stage(output).orElseThrow();
            types.add("= " + stage.type() + " " + stage.shape());
        });
        return types;
    }

    private static List<Axis> axesOf(Stage stage) {
        List<Axis> axes = new ArrayList<>(stage.axes());
        stage.reduction().ifPresent(reduction -> axes.addAll(reduction.axes()));
        return axes;
    }

    private static String fresh(String base, Set<String> taken) {
        String name = base;
        for (int i = 2; !taken.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }

    private static TensorProgram renamed(TensorProgram program, Map<String, String> tensors, Map<String, String> axes) {
        return new TensorProgram(
                program.name(),
                program.inputs().stream()
                        .map(input -> new Declaration(name(tensors, input.name()), input.type(), input.shape()))
                        .toList(),
                program.stages().stream()
                        .map(stage -> renamed(stage, tensors, axes))
                        .toList(),
                program.outputs().stream().map(output -> name(tensors, output)).toList());
    }

    private static Stage renamed(Stage stage, Map<String, String> tensors, Map<String, String> axes) {
        Stage rewritten = Reads.rewrite(stage, e -> switch (e) {
            case Expr.Read read ->
                new Expr.Read(name(tensors, read.tensor()), read.type(), read.indices(), read.outside(), read.origin());
            case Expr.Var variable -> new Expr.Var(name(axes, variable.name()), variable.type(), variable.lanes());
            case Expr.Reduce reduce ->
                new Expr.Reduce(reduce.op(), renamed(reduce.axes(), axes), reduce.body(), reduce.origin());
            default -> e;
        });
        return new Stage(
                name(tensors, stage.name()),
                stage.type(),
                renamed(stage.axes(), axes),
                rewritten
                        .reduction()
                        .map(r -> new Stage.Reduction(r.op(), r.type(), renamed(r.axes(), axes), r.body())),
                rewritten.element(),
                stage.origin());
    }

    private static List<Axis> renamed(List<Axis> list, Map<String, String> axes) {
        return list.stream()
                .map(axis -> new Axis(name(axes, axis.name()), axis.extent()))
                .toList();
    }

    private static String name(Map<String, String> names, String name) {
        return names.getOrDefault(name, name);
    }
}
