package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.program.StageSplit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HoistConstantStagesTest {
    private static final TensorProgram WINOGRAD = TestPrograms.of(
            "Conv",
            Binding.of("tilesOf2")
                    .tensor("x", DType.F32, 1, 2, 6, 6)
                    .tensor("w", DType.F32, 3, 2, 3, 3)
                    .ints("strides", 1, 1)
                    .ints("pads", 1, 1, 1, 1)
                    .ints("dilations", 1, 1)
                    .integer("group", 1));

    private static HostTensor random(long... shape) {
        SplittableRandom random = new SplittableRandom(3);
        long elements = 1;
        for (long extent : shape) {
            elements *= extent;
        }
        float[] values = new float[(int) elements];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(-4, 5);
        }
        return HostTensor.of(values, shape);
    }

    @Test
    void theFiltersOfWinogradAreTransformedOnce() {
        KernelGraph graph = new KernelGraph(
                List.of("x"),
                Map.of("w", dev.woodpecker.runtime.NdArray.allocate(DType.F32, 3, 2, 3, 3)),
                List.of(new Operation.Kernel("conv1", "Conv", WINOGRAD, List.of("x", "w"), List.of("y"))),
                List.of("y"),
                Map.of(
                        "x", TensorType.of(DType.F32, 1, 2, 6, 6),
                        "w", TensorType.of(DType.F32, 3, 2, 3, 3),
                        "y", TensorType.of(DType.F32, 1, 3, 6, 6)),
                Map.of());
        KernelGraph hoisted = HoistConstantStages.apply(graph);
        PlanParts parts = PlanParts.of(hoisted);
        assertThat(parts.fixedKernels()).extracting(Operation.Kernel::name).containsExactly("conv1/weights");
        assertThat(parts.running()).extracting(Operation::name).containsExactly("conv1");
        assertThat(parts.running().getFirst().inputs()).doesNotContain("w");
    }

    @Test
    void bothPartsComputeWhatTheWholeDoes() {
        StageSplit split = StageSplit.of(WINOGRAD, Set.of("w")).orElseThrow();
        HostTensor x = random(1, 2, 6, 6);
        HostTensor w = random(3, 2, 3, 3);
        Map<String, HostTensor> inputs = new HashMap<>(Interpreter.run(split.first(), Map.of("w", w)));
        inputs.put("x", x);
        assertThat(Interpreter.run(split.second(), inputs))
                .isEqualTo(Interpreter.run(WINOGRAD, Map.of("x", x, "w", w)));
    }

    @Test
    void aProgramOfOneStageStaysWhole() {
        KernelGraph graph = TestKernelGraphs.of(new TestGraph()
                .input("x", DType.F32, 1, 16, 8, 8)
                .weights("w", 16, 16, 1, 1)
                .node("conv1", "Conv", "x w", "y", "group", 1)
                .outputs("y"));
        assertThat(HoistConstantStages.apply(graph)).isSameAs(graph);
    }
}
