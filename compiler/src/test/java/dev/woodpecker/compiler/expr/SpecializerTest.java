package dev.woodpecker.compiler.expr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.expr.Binding.Argument.Dense;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpecializerTest {
    private static final Binding CONVOLUTION = Binding.of("conv")
            .tensor("x", DType.F32, 1, 64, 56, 56)
            .tensor("w", DType.F32, 64, 64, 3, 3)
            .ints("strides", 1, 1)
            .ints("pads", 1, 1, 1, 1);

    @Test
    void convolutionKeepsItsReductionAndLosesTheAbsentBias() {
        assertThat(text(TestKernels.CONVOLUTION, CONVOLUTION)).isEqualTo("""
            program conv
                input x: f32[1, 64, 56, 56]
                input w: f32[64, 64, 3, 3]
                out[n < 1, k < 64, i < 56, j < 56]: f32
                    acc = sum[c < 64, r < 3, s < 3] x.or(0.0)[0, c, i + r - 1, j + s - 1] * w[k, c, r, s]
                    = acc
                output out
            """);
    }

    @Test
    void shortFloatsComputeInFp32AndBordersThatAreNeverCrossedVanish() {
        Binding binding = Binding.of("pointwise")
                .tensor("x", DType.F16, 2, 8, 9, 9)
                .tensor("w", DType.F16, 4, 4, 1, 1)
                .tensor("b", DType.F16, 4)
                .ints("strides", 2, 2)
                .ints("pads", 0, 0, 0, 0)
                .integer("group", 2);
        assertThat(text(TestKernels.CONVOLUTION, binding)).isEqualTo("""
            program pointwise
                input x: f16[2, 8, 9, 9]
                input w: f16[4, 4, 1, 1]
                input b: f16[4]
                out[n < 2, k < 4, i < 5, j < 5]: f16
                    acc = sum[c < 4] f32(x[n, k / 2 * 4 + c, i * 2, j * 2]) * f32(w[k, c, 0, 0])
                    = f16(f32(b[k]) + acc)
                output out
            """);
    }

    @Test
    void sizesMayBeLeftToRunTime() {
        Binding binding = Binding.of("depthwise")
                .tensor(
                        "x",
                        DType.F32,
                        List.of(new Expr.Param("n", 1, 16, 1), Expr.index(8), Expr.index(9), Expr.index(9)))
                .tensor("w", DType.F32, 8, 1, 3, 3)
                .ints("strides", 1, 1)
                .ints("pads", 0, 0, 0, 0)
                .integer("group", 8);
        assertThat(text(TestKernels.CONVOLUTION, binding)).isEqualTo("""
            program depthwise
                input x: f32[n, 8, 9, 9]
                input w: f32[8, 1, 3, 3]
                out[n_1 < n, k < 8, i < 7, j < 7]: f32
                    acc = sum[r < 3, s < 3] x[n_1, k, i + r, j + s] * w[k, 0, r, s]
                    = acc
                output out
            """);
    }

    @Test
    void whatDependsOnARowIsComputedOnceARow() {
        assertThat(text(TestKernels.SOFTMAX, Binding.of("softmax").tensor("x", DType.F32, 8, 100)))
                .isEqualTo("""
                    program softmax
                        input x: f32[8, 100]
                        m[i_1 < 8]: f32
                            acc = max[k < 100] x[i_1, k]
                            = acc
                        s[i_2 < 8]: f32
                            acc = sum[r < 100] exp(x[i_2, r] - m[i_2])
                            = acc
                        out[i < 8, j < 100]: f32
                            = exp(x[i, j] - m[i]) / s[i]
                        output out
                    """);
    }

    @Test
    void localTensorsAreStages() {
        assertThat(text(
                        TestKernels.LAYER_NORM,
                        Binding.of("norm").tensor("x", DType.F32, 4, 16).tensor("scale", DType.F32, 16)))
                .isEqualTo("""
                    program norm
                        input x: f32[4, 16]
                        input scale: f32[16]
                        mean[a < 4]: f32
                            acc = sum[k < 16] x[a, k]
                            = acc / 16.0
                        variance[b < 4]: f32
                            acc = sum[l < 16] (x[b, l] - mean[b]) * (x[b, l] - mean[b])
                            = acc / 16.0
                        out[n < 4, j < 16]: f32
                            = (x[n, j] - mean[n]) / sqrt(variance[n] + 1.0E-5) * scale[j] + 0.0
                        output out
                    """);
    }

    @Test
    void dataDependentIndicesStayInReads() {
        assertThat(text(
                        TestKernels.GATHER,
                        Binding.of("gather")
                                .tensor("data", DType.I8, 5, 7)
                                .tensor("indices", DType.I32, 3)
                                .integer("axis", 1)))
                .as("what is only moved may have any type")
                .isEqualTo("""
                    program gather
                        input data: i8[5, 7]
                        input indices: i32[3]
                        out[o0 < 5, o1 < 3]: i8
                            = data[o0, i64(select(indices[o1] < i32(0), indices[o1] + i32(7), indices[o1]))]
                        output out
                    """);
    }

    @Test
    void concatChoosesByTheOffsetsAndSkipsEmptyTensors() {
        Binding binding = Binding.of("concat")
                .tensors("xs", Dense.of(DType.F32, 2, 3), Dense.of(DType.F32, 2, 0), Dense.of(DType.F32, 2, 5))
                .integer("axis", 1);
        assertThat(text(TestKernels.CONCAT, binding)).isEqualTo("""
            program concat
                input xs0: f32[2, 3]
                input xs1: f32[2, 0]
                input xs2: f32[2, 5]
                out[i0 < 2, i1 < 8]: f32
                    = select(i1 < 3, xs0[i0, i1], xs2[i0, i1 - 3])
                output out
            """);
    }

    @Test
    void anyRankBecomesAxesWithNumbers() {
        assertThat(text(
                        TestKernels.REDUCE_SUM,
                        Binding.of("reduce").tensor("x", DType.F32, 2, 3, 4, 5).ints("axes", 1, 3)))
                .isEqualTo("""
                    program reduce
                        input x: f32[2, 3, 4, 5]
                        out[i0 < 2, i1 < 4]: f32
                            acc = sum[r0 < 3, r1 < 5] x[i0, r0, i1, r1]
                            = acc
                        output out
                    """);
    }

    @Test
    void aPositionIsSoughtByTwoReductions() {
        assertThat(text(TestKernels.ARG_MAX, Binding.of("arg").tensor("x", DType.F32, 2, 3)))
                .isEqualTo("""
                    program arg
                        input x: f32[2, 3]
                        out_max[i_1 < 2]: f32
                            acc = max[k < 3] x[i_1, k]
                            = acc
                        out[i < 2]: i64
                            acc = min[k_1 < 3] select(x[i, k_1] == out_max[i] or x[i, k_1] != x[i, k_1], k_1, 3)
                            = acc
                        output out
                    """);
    }

    @Test
    void aRaggedReductionRunsToItsGreatestExtentAndSkipsWhatDoesNotCount() {
        assertThat(text(
                        TestKernels.RAGGED_AVERAGE,
                        Binding.of("average").tensor("x", DType.F32, 16).integer("radius", 2)))
                .isEqualTo("""
                    program average
                        input x: f32[16]
                        out[i < 16]: f32
                            acc = sum[r < 5] select(r + max(i - 2, 0) < min(i + 3, 16), x[r + max(i - 2, 0)], 0.0)
                            = acc / f32(min(i + 3, 16) - max(i - 2, 0))
                        output out
                    """);
    }

    @Test
    void aReductionInsideARaggedOneIsGuardedInItsStage() {
        KernelSpec nested = TestKernels.tensor(
                "input Tensor x\n", "tensor(i < 4) { sum(r < i + 1) { max(k < 3) { x[i + r, k] } } }");
        assertThat(text(nested, Binding.of("nested").tensor("x", DType.F32, 8, 3)))
                .isEqualTo("""
                    program nested
                        input x: f32[8, 3]
                        out_max[i_1 < 4, r_1 < 4]: f32
                            acc = max[k < 3] select(i_1 >= r_1, x[i_1 + r_1, k], -inf)
                            = acc
                        out[i < 4]: f32
                            acc = sum[r < 4] select(i >= r, out_max[i, r], 0.0)
                            = acc
                        output out
                    """);
    }

    @Test
    void aReductionUnderAConditionDoesNotReadWhereItDoesNotHold() {
        KernelSpec guarded =
                TestKernels.tensor("input Tensor x\n", "tensor(i < 4) { i < 3 ? sum(k < 2) { x[i + 1, k] } : 0f }");
        assertThat(text(guarded, Binding.of("guarded").tensor("x", DType.F32, 4, 2)))
                .isEqualTo("""
                    program guarded
                        input x: f32[4, 2]
                        out[i < 4]: f32
                            acc = sum[k < 2] select(i < 3, x[i + 1, k], 0.0)
                            = select(i < 3, acc, 0.0)
                        output out
                    """);
    }

    @Test
    void elementwiseKernelsBroadcastAndMoveElementsOfAnyType() {
        Binding binding = Binding.of("where")
                .tensor("condition", DType.BOOL, 2, 1)
                .tensor("x", DType.F16, 3)
                .tensor("y", DType.F16);
        assertThat(text(TestKernels.WHERE, binding))
                .as("no rounding where nothing is computed")
                .isEqualTo("""
                    program where
                        input condition: bool[2, 1]
                        input x: f16[3]
                        input y: f16[]
                        out[i0 < 2, i1 < 3]: f16
                            = select(condition[i0, 0], x[i1], y[])
                        output out
                    """);
    }

    @Test
    void absentLimitsOfAShortTypeVanish() {
        assertThat(text(
                        TestKernels.CLIP,
                        Binding.of("clip").tensor("x", DType.I8, 2).tensor("max", DType.I8)))
                .isEqualTo("""
                    program clip
                        input x: i8[2]
                        input max: i8[]
                        out[i0 < 2]: i8
                            = i8(min(i32(x[i0]), i32(max[])))
                        output out
                    """);
    }

    @Test
    void outputsAreNamedAndTypedAndCopiedWhereTheyAreInputs() {
        KernelSpec spec = KernelText.parse("""
            tensor kernel com.acme.Test.two
                operator "Two"
                variant ""
                input Tensor x
                output "sum"
                output "same"
            {
                let t = tensor(i < x.size(0)) { x[i] + 1f };
                outputs(t, x)
            }
            """);
        TensorProgram program = Specializer.specialize(
                spec, Binding.of("two").tensor("x", DType.F32, 4).output("sum", DType.F16));
        assertThat(IrText.of(program)).isEqualTo("""
            program two
                input x: f32[4]
                sum[i < 4]: f16
                    = f16(x[i] + 1.0)
                same[i0 < 4]: f32
                    = x[i0]
                output sum, same
            """);
    }

    @Test
    void aRequirementThatIsNotMetIsToldFromAnError() {
        Binding odd = Binding.of("w").tensor("x", DType.F32, 15).tensor("w", DType.F32, 3);
        assertThatThrownBy(() -> Specializer.specialize(TestKernels.WINOGRAD, odd))
                .isInstanceOf(RequirementNotMet.class)
                .hasMessageContaining("Test.kernel")
                .hasMessageContaining("this variant requires w.size(0) == 3 && x.size(0) % 2 == 0");
    }

    @Test
    void errorsSayWhatIsWrongAndWhatIsAllowed() {
        assertError(
                TestKernels.REDUCE_SUM,
                Binding.of("e").tensor("x", DType.F32, 2, 3).ints("axes", 2),
                "axis 2 is outside rank 2: allowed 0 to 1");
        assertError(
                TestKernels.REDUCE_SUM,
                Binding.of("e").tensor("x", DType.I32, 2, 3).ints("axes", 1),
                "computes with elements of type i32 of x; as a Tensor it may be f32, f16, bf16 or f64 here");
        assertError(
                TestKernels.WHERE,
                Binding.of("e")
                        .tensor("condition", DType.BOOL, 2, 4)
                        .tensor("x", DType.F16, 3)
                        .tensor("y", DType.F16),
                "input x: shapes [2, 4] and [3] do not broadcast: axis 1 of the result is 4 in one and 3 in the other");
        assertError(
                TestKernels.WHERE,
                Binding.of("e")
                        .tensor("condition", DType.F32)
                        .tensor("x", DType.F16)
                        .tensor("y", DType.F16),
                "parameter condition of type boolean is bound to a tensor of f32; allowed: bool");
        assertError(
                TestKernels.WHERE,
                Binding.of("e").tensor("condition", DType.BOOL),
                "parameter x is a required input and is not bound");
        assertError(
                TestKernels.MATMUL,
                Binding.of("e").tensor("c", DType.F32),
                "has no parameter 'c'; its parameters: a, b");
        assertError(
                TestKernels.CONVOLUTION,
                CONVOLUTION.tensor("x", DType.F32, 1, 64, 1, 56).ints("pads", 0, 0, 0, 0),
                "the extent of axis i is negative: -1");
        assertError(
                TestKernels.CONVOLUTION,
                CONVOLUTION.tensor("x", DType.F32, 64, 56, 56),
                "axis 3 is outside rank 3: allowed 0 to 2");
        assertError(
                TestKernels.tensor("input Tensor x\n", "tensor(i < x.size(0)) { x[i + 1] }"),
                Binding.of("e").tensor("x", DType.F32, 16),
                "the index of axis 0 of x takes values from 1 to 16, allowed 0 to 15; atOr gives a value beyond the"
                        + " border");
        assertError(
                TestKernels.tensor("input Tensor x\n", "tensor(i < x.size(0)) { x[i, i] }"),
                Binding.of("e").tensor("x", DType.F32, 16),
                "x has rank 1, shape [16], and is read with 2 indices");
        assertError(
                TestKernels.tensor("input Tensor x\n", "tensor(i < x.size(0)) { x[i / (x.size(0) - 16)] }"),
                Binding.of("e").tensor("x", DType.F32, 16),
                "an integer is divided by zero");
        assertError(
                TestKernels.tensor("input Tensor x\n", "tensor(i < x.size(0), j < x.size(0), k < x.size(0)) { x[i] }"),
                Binding.of("e").tensor("x", DType.F32, 1L << 21),
                "has more elements than can be addressed");
    }

    private static void assertError(KernelSpec spec, Binding binding, String message) {
        assertThatThrownBy(() -> Specializer.specialize(spec, binding))
                .isExactlyInstanceOf(SpecializationException.class)
                .hasMessageContaining("Test.kernel")
                .hasMessageContaining(message);
    }

    private static String text(KernelSpec spec, Binding binding) {
        return IrText.of(Specializer.specialize(spec, binding));
    }
}
