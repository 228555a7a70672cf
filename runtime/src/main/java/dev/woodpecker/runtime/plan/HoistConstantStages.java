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
            Optional<StageSplit> split = operation instanceof Operation.Kernel kernel
                    ? StageSplit.of(kernel.program(), fixedInputs(kernel, fixed))
                    : Optional.empty();
            if (split.isPresent() && isSmall(split.get()) && operation instanceof Operation.Kernel kernel) {
                add(kernel, split.get(), operations, types);
                changed = true;
            } else {
                operations.add(operation);
            }
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

    private static Set<String> fixedInputs(Operation.Kernel kernel, Set<String> fixed) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < kernel.inputs().size(); i++) {
            if (fixed.contains(kernel.inputs().get(i))) {
                names.add(kernel.program().inputs().get(i).name());
            }
        }
        return names;
    }

    private static void add(
            Operation.Kernel kernel, StageSplit split, List<Operation> operations, Map<String, TensorType> types) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < kernel.inputs().size(); i++) {
            values.put(kernel.program().inputs().get(i).name(), kernel.inputs().get(i));
        }
        List<String> passed = new ArrayList<>();
        for (String output : split.first().outputs()) {
            String value = kernel.name() + "/" + output;
            types.put(value, type(split.first().stage(output).orElseThrow()));
            values.put(output, value);
            passed.add(value);
        }
        operations.add(new Operation.Kernel(
                kernel.name() + "/weights", kernel.operator(), split.first(), inputs(split.first(), values), passed));
        operations.add(new Operation.Kernel(
                kernel.name(), kernel.operator(), split.second(), inputs(split.second(), values), kernel.outputs()));
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
