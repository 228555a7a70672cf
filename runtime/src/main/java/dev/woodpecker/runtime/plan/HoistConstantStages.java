package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.program.StageSplit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Gives stages that depend on weights alone a kernel of their own, which runs once, when the plan is made: Winograd's
 * transform of the filters, the interpolation weights of a Resize.
 *
 * <pre>
 * y = tilesOf4(x, w)      ->      conv1/u = tilesOf4_weights(w); y = tilesOf4(x, conv1/u)
 * </pre>
 */
final class HoistConstantStages {
    /** What may be kept for an element of the weights: Winograd's transforms take 4 for tiles of 4, 16 / 9 for tiles of 2. */
    private static final long MOST_GROWTH = 16;

    private static final long ALWAYS_KEPT_BYTES = 64 << 10;

    private HoistConstantStages() {}

    static KernelGraph apply(KernelGraph graph) {
        Set<String> fixed = new HashSet<>(graph.constants().keySet());
        Map<String, TensorType> types = new LinkedHashMap<>(graph.types());
        List<Operation> operations = new ArrayList<>();
        boolean changed = false;
        for (Operation operation : graph.operations()) {
            if (fixed.containsAll(operation.inputs())) {
                fixed.addAll(operation.outputs());
                operations.add(operation);
                continue;
            }
            if (!(operation instanceof Operation.Kernel kernel)) {
                operations.add(operation);
                continue;
            }
            List<Operation.Algorithm> algorithms = kernel.algorithms().stream()
                    .map(algorithm -> split(kernel, algorithm, fixed, types))
                    .toList();
            Operation.Algorithm first = algorithms.getFirst();
            changed |= !algorithms.equals(kernel.algorithms());
            first.preparation().ifPresent(p -> operations.add(p.operation(kernel.name(), kernel.operator())));
            operations.add(new Operation.Kernel(
                    kernel.name(), kernel.operator(), first.inputs(), kernel.outputs(), algorithms));
        }
        return changed
                ? new KernelGraph(
                        graph.inputs(), graph.constants(), operations, graph.outputs(), types, graph.layouts())
                : graph;
    }

    /** Whether what is kept is not much more than what it is computed from: reading it would be no gain. */
    private static boolean isSmall(StageSplit split) {
        long read = 0;
        for (TensorProgram.Declaration input : split.first().inputs()) {
            read += bytes(input.shape(), input.type().bytes());
        }
        long kept = 0;
        for (String output : split.first().outputs()) {
            Stage stage = split.first().stage(output).orElseThrow();
            kept += bytes(stage.shape(), stage.type().bytes());
        }
        return kept <= ALWAYS_KEPT_BYTES + MOST_GROWTH * read;
    }

    private static long bytes(List<Expr> shape, long bytesOfElement) {
        return shape.stream().mapToLong(HoistConstantStages::extent).reduce(bytesOfElement, (a, b) -> a * b);
    }

    /** The algorithm without what depends on weights alone, which is prepared; as it was if there is no such part. */
    private static Operation.Algorithm split(
            Operation.Kernel kernel, Operation.Algorithm algorithm, Set<String> fixed, Map<String, TensorType> types) {
        Map<String, String> values = new HashMap<>();
        Set<String> fixedInputs = new HashSet<>();
        for (int i = 0; i < algorithm.inputs().size(); i++) {
            String name = algorithm.program().inputs().get(i).name();
            values.put(name, algorithm.inputs().get(i));
            if (fixed.contains(algorithm.inputs().get(i))) {
                fixedInputs.add(name);
            }
        }
        Optional<StageSplit> split =
                StageSplit.of(algorithm.program(), fixedInputs).filter(HoistConstantStages::isSmall);
        if (split.isEmpty()) {
            return algorithm;
        }
        TensorProgram first = split.get().first();
        List<String> passed = new ArrayList<>();
        for (String output : first.outputs()) {
            String value = kernel.name() + "/"
                    + (algorithm.equals(kernel.algorithms().getFirst()) ? "" : algorithm.variant() + "/") + output;
            types.put(value, type(first.stage(output).orElseThrow()));
            values.put(output, value);
            passed.add(value);
        }
        return new Operation.Algorithm(
                algorithm.variant(),
                split.get().second(),
                inputs(split.get().second(), values),
                Optional.of(new Operation.Preparation(first, inputs(first, values), passed)));
    }

    private static List<String> inputs(TensorProgram program, Map<String, String> values) {
        return program.inputs().stream()
                .map(input -> Objects.requireNonNull(values.get(input.name())))
                .toList();
    }

    private static TensorType type(Stage stage) {
        int[] extents =
                stage.shape().stream().mapToInt(HoistConstantStages::extent).toArray();
        return TensorType.of(stage.type(), extents);
    }

    private static int extent(Expr extent) {
        return Math.toIntExact(IndexMath.constant(extent).orElseThrow());
    }
}
