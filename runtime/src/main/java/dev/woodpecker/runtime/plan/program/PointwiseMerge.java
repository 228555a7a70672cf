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

/**
 * Joins a program that computes element by element to the one whose result it reads.
 *
 * <pre>
 * conv:  y[n, k, i, j] = b[k] + sum[c, r, s](...)      relu:  z[i0, i1, i2, i3] = max(y[i0, i1, i2, i3], 0)
 *   becomes
 * conv_relu:  y[n, k, i, j] = max(b[k] + sum[c, r, s](...), 0)
 * </pre>
 */
public final class PointwiseMerge {
    /** Nodes that may be written out again when the result is read several times; more is not worth a store saved. */
    private static final long MOST_NODES = 600;

    private PointwiseMerge() {}

    /**
     * A joined program.
     *
     * @param inputOrigins for each of its inputs where it comes from
     */
    public record Merged(TensorProgram program, List<InputOrigin> inputOrigins) {}

    /** An input of one of the two programs, by its position there. */
    public record InputOrigin(boolean ofProducer, int position) {}

    /**
     * Joins {@code consumer} to {@code producer}, if the consumer is one stage without reduction that reads the result
     * only at its own index.
     *
     * @param results positions of the consumer's inputs that are the producer's one output
     * @param shared for other inputs of the consumer, by position, the position of the same tensor among the producer's
     */
    public static Optional<Merged> merge(
            TensorProgram producer, TensorProgram consumer, Set<Integer> results, Map<Integer, Integer> shared) {
        if (producer.outputs().size() != 1 || consumer.stages().size() != 1) {
            return Optional.empty();
        }
        Stage result = producer.stage(producer.outputs().getFirst()).orElseThrow();
        Stage pointwise = consumer.stages().getFirst();
        boolean fits = pointwise.reduction().isEmpty()
                && pointwise.shape().equals(result.shape())
                && producer.stages().stream()
                        .allMatch(stage -> Reads.of(stage).stream()
                                .noneMatch(r -> r.tensor().equals(result.name())));
        Set<String> resultNames = new HashSet<>();
        results.forEach(
                position -> resultNames.add(consumer.inputs().get(position).name()));
        List<Expr.Read> ofResult = Reads.of(pointwise).stream()
                .filter(read -> resultNames.contains(read.tensor()))
                .toList();
        if (!fits || !ofResult.stream().allMatch(read -> isAtOwnIndex(read, pointwise))) {
            return Optional.empty();
        }
        if (ofResult.size() > 1 && ofResult.size() * Reads.size(result.element(), MOST_NODES) >= MOST_NODES) {
            return Optional.empty();
        }
        return Optional.of(merged(producer, consumer, result, pointwise, results, shared));
    }

    /** Whether the read is at the index that the stage computes; on an axis of extent 1 that may be written 0. */
    static boolean isAtOwnIndex(Expr.Read read, Stage stage) {
        if (read.indices().size() != stage.axes().size()) {
            return false;
        }
        for (int i = 0; i < stage.axes().size(); i++) {
            Axis axis = stage.axes().get(i);
            Expr index = read.indices().get(i);
            boolean only = axis.extent().equals(Expr.index(1)) && index.equals(Expr.index(0));
            if (!only && !index.equals(axis.variable())) {
                return false;
            }
        }
        return true;
    }

    private static Merged merged(
            TensorProgram producer,
            TensorProgram consumer,
            Stage result,
            Stage pointwise,
            Set<Integer> results,
            Map<Integer, Integer> shared) {
        Set<String> taken = names(producer);
        List<Declaration> inputs = new ArrayList<>(producer.inputs());
        List<InputOrigin> origins = new ArrayList<>();
        for (int i = 0; i < producer.inputs().size(); i++) {
            origins.add(new InputOrigin(true, i));
        }
        Map<String, String> renamed = new HashMap<>();
        Set<String> resultNames = new HashSet<>();
        for (int i = 0; i < consumer.inputs().size(); i++) {
            Declaration input = consumer.inputs().get(i);
            Integer same = shared.get(i);
            if (results.contains(i)) {
                resultNames.add(input.name());
            } else if (same != null) {
                renamed.put(input.name(), producer.inputs().get(same).name());
            } else {
                String name = fresh(input.name(), taken);
                renamed.put(input.name(), name);
                inputs.add(new Declaration(name, input.type(), input.shape()));
                origins.add(new InputOrigin(false, i));
            }
        }
        Map<String, Expr> axes = new HashMap<>();
        for (int i = 0; i < pointwise.axes().size(); i++) {
            axes.put(pointwise.axes().get(i).name(), result.axes().get(i).variable());
        }
        Expr element = Reads.rewrite(pointwise.element(), e -> switch (e) {
            case Expr.Var variable -> axes.getOrDefault(variable.name(), variable);
            case Expr.Read read when resultNames.contains(read.tensor()) -> result.element();
            case Expr.Read read ->
                new Expr.Read(
                        renamed.getOrDefault(read.tensor(), read.tensor()),
                        read.type(),
                        read.indices(),
                        read.outside(),
                        read.origin());
            default -> e;
        });
        Stage joined =
                new Stage(result.name(), pointwise.type(), result.axes(), result.reduction(), element, result.origin());
        List<Stage> stages = producer.stages().stream()
                .map(stage -> stage == result ? joined : stage)
                .toList();
        TensorProgram program =
                new TensorProgram(producer.name() + "_" + consumer.name(), inputs, stages, producer.outputs());
        return new Merged(program, origins);
    }

    static Set<String> names(TensorProgram program) {
        Set<String> names = new HashSet<>();
        program.inputs().forEach(input -> names.add(input.name()));
        for (Stage stage : program.stages()) {
            names.add(stage.name());
            stage.axes().forEach(axis -> names.add(axis.name()));
            stage.reduction().ifPresent(r -> r.axes().forEach(axis -> names.add(axis.name())));
        }
        return names;
    }

    static String fresh(String base, Set<String> taken) {
        String name = base;
        for (int i = 2; !taken.add(name); i++) {
            name = base + i;
        }
        return name;
    }
}
