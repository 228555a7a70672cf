package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.emulator.CudaText;
import dev.woodpecker.runtime.device.emulator.EmulatedKernel;
import dev.woodpecker.runtime.device.emulator.Emulation;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FuseProloguesTest {
    private static KernelGraph fused(Graph graph) {
        return FusePrologues.apply(FuseKernels.apply(TestKernelGraphs.of(graph)));
    }

    private static TestGraph rows() {
        return new TestGraph().input("x", DType.F32, 6, 32).input("r", DType.F32, 6, 32);
    }

    private static TestGraph image(int channels, int extent) {
        return new TestGraph().input("x", DType.F32, 1, channels, extent, extent);
    }

    /** Graphs in which something stands before a reduction, and is joined to it. */
    private enum Before {
        RESIDUAL_SUM_BEFORE_LAYER_NORM(
                rows().weights("s", 32)
                        .weights("b", 32)
                        .node("add1", "Add", "x r", "t")
                        .node(
                                "norm1",
                                "LayerNormalization",
                                "t s b",
                                "y",
                                "axis",
                                -1,
                                "epsilon",
                                1e-5f,
                                "stash_type",
                                DType.F32)
                        .outputs("y"),
                "y: f32[6, 32] = add_layerNormalization(x, r, s, b) # add1+norm1\n"),
        SCALE_AND_MASK_BEFORE_SOFTMAX(
                rows().constant("scale", NdArray.scalar(0.125f))
                        .node("mul1", "Mul", "x scale", "t")
                        .node("add1", "Add", "t r", "u")
                        .node("softmax1", "Softmax", "u", "y", "axis", -1)
                        .outputs("y"),
                "y: f32[6, 32] = multiply_add_softmax(x, r) # mul1+add1+softmax1\n"),
        SQUARE_BEFORE_SUM(
                rows().node("sub1", "Sub", "x r", "d")
                        .node("mul1", "Mul", "d d", "q")
                        .constant("axes", NdArray.of(new long[] {1}, 1))
                        .node("sum1", "ReduceSum", "q axes", "y", "keepdims", 1, "noop_with_empty_axes", 0)
                        .outputs("y"),
                "y: f32[6, 1] = subtract_multiply_reduceSum(x, r) # sub1+mul1+sum1\n"),
        CROP_BEFORE_INSTANCE_NORM(
                image(3, 12)
                        .weights("s", 3)
                        .weights("b", 3)
                        .constant("starts", NdArray.of(new long[] {2, 2}, 2))
                        .constant("ends", NdArray.of(new long[] {10, 10}, 2))
                        .constant("axes", NdArray.of(new long[] {2, 3}, 2))
                        .node("crop1", "Slice", "x starts ends axes", "t")
                        .node("norm1", "InstanceNormalization", "t s b", "y", "epsilon", 1e-5f)
                        .outputs("y"),
                "y: f32[1, 3, 8, 8] = slice_instanceNormalization(x, s, b) # crop1+norm1\n"),
        EVERY_OTHER_ROW_BEFORE_EVERY_OTHER_COLUMN(
                image(3, 12)
                        .constant("starts", NdArray.of(new long[] {1}, 1))
                        .constant("ends", NdArray.of(new long[] {12}, 1))
                        .constant("rows", NdArray.of(new long[] {2}, 1))
                        .constant("columns", NdArray.of(new long[] {3}, 1))
                        .constant("steps", NdArray.of(new long[] {2}, 1))
                        .node("slice1", "Slice", "x starts ends rows steps", "t")
                        .node("slice2", "Slice", "t starts ends columns steps", "y")
                        .outputs("y"),
                "y: f32[1, 3, 6, 6] = slice_slice(x) # slice1+slice2\n");

        private final Graph graph;
        private final String after;

        Before(Graph graph, String after) {
            this.graph = graph;
            this.after = after;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatStandsBeforeAReductionIsComputedThere(Before before) {
        assertThat(fused(before.graph)).hasToString(before.after);
    }

    @ParameterizedTest
    @EnumSource
    void theJoinedKernelComputesWhatTheTwoDid(Before before) {
        KernelGraph apart = TestKernelGraphs.of(before.graph);
        Evaluation.assertSame(apart, FusePrologues.apply(FuseKernels.apply(apart)));
    }

    /** A row of the sum is a stage: each element of it is computed once, not for the mean, the variance and the result. */
    @Test
    void whatIsReadSeveralTimesIsComputedOnce() {
        KernelGraph after = fused(Before.RESIDUAL_SUM_BEFORE_LAYER_NORM.graph);
        Operation.Kernel kernel = (Operation.Kernel) after.operations().getFirst();
        assertThat(kernel.program().stages().getFirst().element().toString())
                .contains("a")
                .contains("b");
        assertThat(kernel.program().stages().getFirst().name()).isEqualTo("x");
    }

    /** Graphs in which what stands before is read too often, elsewhere, or lies where it is wanted already. */
    private enum Apart {
        BEFORE_A_CONVOLUTION(image(16, 8)
                .weights("w", 16, 16, 1, 1)
                .node("relu1", "Relu", "x", "t")
                .node("conv1", "Conv", "t w", "y", "group", 1)
                .outputs("y")),
        BEFORE_A_PRODUCT(rows().weights("w", 32, 32)
                .node("gelu1", "Gelu", "x", "t", "approximate", "none")
                .node("matmul1", "MatMul", "t w", "y")
                .outputs("y")),
        READ_TWICE(rows().node("add1", "Add", "x r", "t")
                .node("softmax1", "Softmax", "t", "y", "axis", -1)
                .node("softmax2", "Softmax", "t", "z", "axis", -1)
                .outputs("y", "z")),
        AN_OUTPUT(rows().node("add1", "Add", "x r", "t")
                .node("softmax1", "Softmax", "t", "y", "axis", -1)
                .outputs("t", "y")),
        /** Down columns: no row could stay in the cache. */
        DOWN_COLUMNS(rows().node("add1", "Add", "x r", "t")
                .node("softmax1", "Softmax", "t", "y", "axis", 0)
                .outputs("y")),
        /** What lies in one piece is a part of what it is cut from, for nothing. */
        A_PIECE(image(16, 8)
                .constant("starts", NdArray.of(new long[] {4}, 1))
                .constant("ends", NdArray.of(new long[] {8}, 1))
                .constant("axes", NdArray.of(new long[] {1}, 1))
                .node("slice1", "Slice", "x starts ends axes", "t")
                .node("pool1", "GlobalAveragePool", "t", "y")
                .outputs("y")),
        /** Joined values are written where they end up, for nothing. */
        BEFORE_A_CONCAT(rows().node("relu1", "Relu", "x", "t")
                .node("concat1", "Concat", "t r", "y", "axis", 0)
                .outputs("y"));

        private final Graph graph;

        Apart(Graph graph) {
            this.graph = graph;
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWouldNotPayStaysApart(Apart apart) {
        KernelGraph before = FuseKernels.apply(TestKernelGraphs.of(apart.graph));
        assertThat(before.operations()).hasSizeGreaterThan(1);
        assertThat(FusePrologues.apply(before)).isEqualTo(before);
    }

    /** The CUDA of a row that is computed beside its reduction, executed as it is printed. */
    @Test
    void whatIsComputedByRowIsSoOnAGpu() {
        KernelGraph after = fused(Before.RESIDUAL_SUM_BEFORE_LAYER_NORM.graph);
        TensorProgram program = ((Operation.Kernel) after.operations().getFirst()).program();
        Target target = Target.parse("cuda:sm_80");
        KernelSource source = KernelSource.of(
                program, DefaultSchedule.of(program, target, Numerics.FP32, Map.of()), target, Numerics.FP32);
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        SplittableRandom random = new SplittableRandom(5);
        program.inputs().forEach(input -> {
            int[] extents = input.shape().stream()
                    .mapToInt(
                            extent -> Math.toIntExact(IndexMath.constant(extent).orElseThrow()))
                    .toArray();
            double[] values = random.doubles(Arrays.stream(extents).reduce(1, (a, b) -> a * b), -2, 2)
                    .toArray();
            inputs.put(
                    input.name(),
                    HostTensor.ofReals(
                            DType.F32,
                            values,
                            Arrays.stream(extents).asLongStream().toArray()));
        });
        HostTensor expected =
                Interpreter.run(program, inputs).values().iterator().next();
        Emulation ended =
                emulator().load(List.of(CudaText.of(source))).getFirst().run(inputs, 1, EmulatedKernel.LIMIT_SECONDS);
        assertThat(ended).isInstanceOfSatisfying(Emulation.Finished.class, finished -> {
            HostTensor actual = finished.outputs().values().iterator().next();
            for (int i = 0; i < expected.elements(); i++) {
                assertThat(actual.real(i)).isCloseTo(expected.real(i), within(1e-5));
            }
        });
    }

    private static Emulator emulator() {
        try {
            return Emulator.of(Environment.ofProcess());
        } catch (ToolchainException absent) {
            Assumptions.abort("SKIPPED: " + absent.getMessage());
            throw absent;
        }
    }
}
