package dev.woodpecker.runtime.plan.binding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.TestGraph;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelBinderTest {
    private static final KernelBinder BINDER = new KernelBinder(KernelLibrary.ofClassPath());

    private static BindingResult bind(TestGraph builder, String... outputs) {
        Graph graph = builder.outputs(outputs);
        return BINDER.bind(graph.nodes().getFirst(), new Values() {
            @Override
            public Optional<TensorType> type(String value) {
                return graph.type(value);
            }

            @Override
            public Optional<NdArray> constant(String value) {
                return graph.constant(value);
            }
        });
    }

    private static BoundKernel bound(TestGraph builder, String... outputs) {
        BindingResult result = bind(builder, outputs);
        assertThat(result).isInstanceOf(BindingResult.Bound.class);
        return ((BindingResult.Bound) result).kernel();
    }

    private static Argument ints(long... values) {
        return new Argument.Ints(java.util.Arrays.stream(values).boxed().toList());
    }

    private static TestGraph image(int channels) {
        return new TestGraph().input("x", DType.F32, 1, channels, 10, 11);
    }

    @Test
    void convolutionGetsStepsAndPadsForEveryAxis() {
        BoundKernel kernel = bound(image(3).weights("w", 4, 3, 3, 2).node("conv", "Conv", "x w", "y", "group", 1), "y");
        assertThat(kernel.binding().arguments())
                .containsEntry("strides", ints(1, 1))
                .containsEntry("dilations", ints(1, 1))
                .containsEntry("pads", ints(0, 0, 0, 0))
                .containsEntry("b", new Argument.Missing());
        assertThat(kernel.kernel().spec().variant()).isEqualTo("direct");
    }

    @Test
    void samePaddingIsUnevenAtTheEndOrTheBegin() {
        var upper = bound(
                image(3).weights("w", 4, 3, 3, 2)
                        .node("conv", "Conv", "x w", "y", "group", 1, "auto_pad", "SAME_UPPER"),
                "y");
        assertThat(upper.binding().arguments()).containsEntry("pads", ints(1, 0, 1, 1));
        var lower = bound(
                image(3).weights("w", 4, 3, 3, 2)
                        .node("conv", "Conv", "x w", "y", "group", 1, "auto_pad", "SAME_LOWER"),
                "y");
        assertThat(lower.binding().arguments()).containsEntry("pads", ints(1, 1, 1, 0));
    }

    /** The windows reach 2 * 9 + 3 = 21 elements: one is cut off, or two are added, at the end. */
    @Test
    void theShapeOfATransposedConvolutionDecidesItsPads() {
        for (long extent : new long[] {20, 23}) {
            BoundKernel kernel = bound(
                    new TestGraph()
                            .input("x", DType.F32, 1, 2, 10)
                            .weights("w", 2, 1, 3)
                            .node(
                                    "conv",
                                    "ConvTranspose",
                                    "x w",
                                    "y",
                                    "group",
                                    1,
                                    "strides",
                                    new long[] {2},
                                    "auto_pad",
                                    "VALID",
                                    "output_shape",
                                    new long[] {extent}),
                    "y");
            assertThat(kernel.outputType(0)).hasToString("f32[1, 1, " + extent + "]");
            assertThat(kernel.binding().arguments()).containsEntry("pads", extent == 20 ? ints(1, 0) : ints(0, 0));
        }
    }

    @Test
    void aConvolutionWithAFilterForEachChannelIsDepthwise() {
        BoundKernel kernel = bound(image(8).weights("w", 8, 1, 3, 3).node("conv", "Conv", "x w", "y", "group", 8), "y");
        assertThat(kernel.kernel().spec().variant()).isEqualTo("depthwise");
    }

    @Test
    void overloadsAreChosenByElementType() {
        BoundKernel integers = bound(
                new TestGraph()
                        .input("a", DType.I32, 4)
                        .input("b", DType.I32, 4)
                        .node("add", "Add", "a b", "y"),
                "y");
        assertThat(integers.outputType(0)).hasToString("i32[4]");
        BoundKernel moved =
                bound(new TestGraph().input("x", DType.BOOL, 2, 3).node("transpose", "Transpose", "x", "y"), "y");
        assertThat(moved.outputType(0)).hasToString("bool[3, 2]");
    }

    @Test
    void castGoesByTheTypeAskedFor() {
        for (DType type : List.of(DType.F16, DType.I8, DType.I64, DType.BOOL, DType.F64)) {
            BoundKernel kernel =
                    bound(new TestGraph().input("x", DType.F32, 2).node("cast", "Cast", "x", "y", "to", type), "y");
            assertThat(kernel.outputType(0).element()).isEqualTo(type);
        }
    }

    @Test
    void inputsBecomeAttributesWhereTheKernelHasThem() {
        BoundKernel kernel = bound(
                new TestGraph()
                        .input("x", DType.F32, 10, 20)
                        .constant("starts", NdArray.of(new long[] {-3, 19}, 2))
                        .constant("ends", NdArray.of(new long[] {Long.MAX_VALUE, Long.MIN_VALUE}, 2))
                        .constant("axes", NdArray.of(new long[] {0, -1}, 2))
                        .constant("steps", NdArray.of(new long[] {1, -2}, 2))
                        .node("slice", "Slice", "x starts ends axes steps", "y"),
                "y");
        assertThat(kernel.inputs()).containsExactly("x");
        assertThat(kernel.binding().arguments())
                .containsEntry("starts", ints(7, 19))
                .containsEntry("ends", ints(10, -1))
                .containsEntry("axes", ints(0, 1));
        assertThat(kernel.outputType(0)).hasToString("f32[3, 10]");
    }

    @Test
    void outputsThatNobodyWantsAreNotComputed() {
        BoundKernel kernel = bound(
                new TestGraph()
                        .input("x", DType.F32, 2, 8)
                        .weights("scale", 8)
                        .node("norm", "LayerNormalization", "x scale", "y", "axis", -1, "epsilon", 1e-5f),
                "y");
        assertThat(kernel.program().outputs()).containsExactly("y");
        BoundKernel both = bound(
                image(3).node("pool", "MaxPool", "x", "y i", "kernel_shape", new long[] {2, 2}, "storage_order", 0),
                "y",
                "i");
        assertThat(both.kernel().spec().variant()).isEqualTo("indices");
    }

    @Test
    void anUnknownElementIsAskedFor() {
        assertThat(bind(
                        new TestGraph()
                                .input("x", DType.F32, 4)
                                .input("repeats", DType.I64, 1)
                                .node("tile", "Tile", "x repeats", "y"),
                        "y"))
                .isEqualTo(new BindingResult.Needs("repeats"));
    }

    @Test
    void anAttributeThatNoKernelKnowsIsRefused() {
        BindingResult result =
                bind(new TestGraph().input("x", DType.F32, 4).node("relu", "Relu", "x", "y", "slope", 2f), "y");
        assertThat(result)
                .isInstanceOfSatisfying(
                        BindingResult.Unsupported.class,
                        unsupported ->
                                assertThat(unsupported.problem().problem()).contains("does not know attribute slope"));
    }
}
