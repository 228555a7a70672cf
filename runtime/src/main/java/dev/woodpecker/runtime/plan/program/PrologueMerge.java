package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.TensorProgram.Declaration;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.runtime.plan.program.PointwiseMerge.InputOrigin;
import dev.woodpecker.runtime.plan.program.PointwiseMerge.Merged;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Joins a program that computes element by element, or cuts a box out, to the one that reads its result, where
 * {@link PrologueWay} says that this pays.
 *
 * <pre>
 * multiply:  y[i, j] = a[i, j] * a[i, j]      sum:  z[i] = sum[k] y[i, k]
 *   becomes
 * multiply_sum:  z[i] = sum[k] a[i, k] * a[i, k]
 *
 * add:  x[i, j] = a[i, j] + b[i, j]           layer norm:  mean[i] = sum[k] x[i, k] / n;  y[i, j] = (x[i, j] - mean[i]) * ...
 *   becomes, with a row of x in the first cache,
 * add_layer norm:  x[i, j] = a[i, j] + b[i, j];  mean[i] = sum[k] x[i, k] / n;  y[i, j] = (x[i, j] - mean[i]) * ...
 * </pre>
 */
public final class PrologueMerge {
    private PrologueMerge() {}

    /**
     * Joins {@code producer} to {@code consumer}.
     *
     * @param results positions of the consumer's inputs that are the producer's one output
     * @param shared for inputs of the producer, by position, the position of the same tensor among the consumer's
     */
    public static Optional<Merged> merge(
            TensorProgram producer, TensorProgram consumer, Set<Integer> results, Map<Integer, Integer> shared) {
        if (results.isEmpty()) {
            return Optional.empty();
        }
        Set<String> read = new HashSet<>();
        results.forEach(position -> read.add(consumer.inputs().get(position).name()));
        return switch (PrologueWay.of(producer, consumer, read)) {
            case APART -> Optional.empty();
            case WHERE_READ -> {
                Joined joined = new Joined(producer, consumer, results, shared);
                yield Optional.of(joined.with(joined.whereRead()));
            }
            case BY_ROW -> {
                Joined joined = new Joined(producer, consumer, results, shared);
                yield Optional.of(joined.with(joined.asStage()));
            }
        };
    }

    /** Both programs under names that do not collide: the consumer's stay, the producer's make way. */
    private static final class Joined {
        private final TensorProgram consumer;
        private final String name;
        /** Under which the consumer reads the result. */
        private final Set<String> read = new HashSet<>();

        private final List<Declaration> inputs = new ArrayList<>();
        private final List<InputOrigin> origins = new ArrayList<>();
        private final Stage prologue;

        Joined(TensorProgram producer, TensorProgram consumer, Set<Integer> results, Map<Integer, Integer> shared) {
            this.consumer = consumer;
            this.name = producer.name() + "_" + consumer.name();
            Set<String> taken = PointwiseMerge.names(consumer);
            Map<String, String> renamed = new HashMap<>();
            for (int i = 0; i < consumer.inputs().size(); i++) {
                if (!results.contains(i)) {
                    inputs.add(consumer.inputs().get(i));
                    origins.add(new InputOrigin(false, i));
                    continue;
                }
                if (read.isEmpty()) {
                    addInputsOf(producer, shared, taken, renamed);
                }
                read.add(consumer.inputs().get(i).name());
            }
            this.prologue = renamed(producer.stages().getFirst(), renamed, taken);
        }

        private void addInputsOf(
                TensorProgram producer, Map<Integer, Integer> shared, Set<String> taken, Map<String, String> renamed) {
            for (int i = 0; i < producer.inputs().size(); i++) {
                Declaration input = producer.inputs().get(i);
                Integer same = shared.get(i);
                if (same != null) {
                    renamed.put(input.name(), consumer.inputs().get(same).name());
                } else {
                    String fresh = PointwiseMerge.fresh(input.name(), taken);
                    renamed.put(input.name(), fresh);
                    inputs.add(new Declaration(fresh, input.type(), input.shape()));
                    origins.add(new InputOrigin(true, i));
                }
            }
        }

        private static Stage renamed(Stage stage, Map<String, String> tensors, Set<String> taken) {
            List<Axis> axes = stage.axes().stream()
                    .map(axis -> new Axis(PointwiseMerge.fresh(axis.name(), taken), axis.extent()))
                    .toList();
            List<Expr> variables =
                    axes.stream().map(axis -> (Expr) axis.variable()).toList();
            Expr element = LoopNest.substitute(stage.element(), LoopNest.bind(stage.axes(), variables));
            return new Stage(
                    stage.name(),
                    stage.type(),
                    axes,
                    Optional.empty(),
                    Reads.rewrite(
                            element,
                            e -> e instanceof Expr.Read r
                                    ? ofTensor(r, tensors.getOrDefault(r.tensor(), r.tensor()))
                                    : e),
                    stage.origin());
        }

        Merged with(List<Stage> stages) {
            return new Merged(new TensorProgram(name, inputs, stages, consumer.outputs()), origins);
        }

        /** The consumer's stages with the result computed at each place where they read it. */
        List<Stage> whereRead() {
            return consumer.stages().stream()
                    .map(stage -> Reads.rewrite(
                            stage, e -> e instanceof Expr.Read r && read.contains(r.tensor()) ? elementAt(r) : e))
                    .toList();
        }

        private Expr elementAt(Expr.Read at) {
            Expr element = LoopNest.substitute(prologue.element(), LoopNest.bind(prologue.axes(), at.indices()));
            return Reads.rewrite(
                    element,
                    e -> e instanceof Expr.Read r
                            ? new Expr.Read(
                                    r.tensor(),
                                    r.type(),
                                    r.indices().stream()
                                            .map(index -> Simplifier.simplify(index, Bounds.none()))
                                            .toList(),
                                    r.outside(),
                                    r.origin())
                            : e);
        }

        /** The result as a stage of its own before the consumer's, under the name of the input that it was. */
        List<Stage> asStage() {
            String result = read.stream().sorted().findFirst().orElseThrow();
            List<Stage> stages = new ArrayList<>();
            stages.add(new Stage(
                    result, prologue.type(), prologue.axes(), Optional.empty(), prologue.element(), prologue.origin()));
            consumer.stages()
                    .forEach(stage -> stages.add(Reads.rewrite(
                            stage,
                            e -> e instanceof Expr.Read r && read.contains(r.tensor()) ? ofTensor(r, result) : e)));
            return stages;
        }

        private static Expr ofTensor(Expr.Read read, String tensor) {
            return new Expr.Read(tensor, read.type(), read.indices(), read.outside(), read.origin());
        }
    }
}
