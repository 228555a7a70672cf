package dev.woodpecker.runtime.plan.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.plan.TestPrograms;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InlineConstantsTest {
    @Test
    void aScalarIsWrittenIntoTheProgram() {
        TensorProgram clip = TestPrograms.of(
                "Clip",
                Binding.of("clip")
                        .tensor("x", DType.F32, 8)
                        .tensor("min", DType.F32)
                        .tensor("max", DType.F32));
        assertThat(InlineConstants.canInline(clip, "min")).isTrue();
        assertThat(InlineConstants.canInline(clip, "x")).isFalse();
        TensorProgram relu6 =
                InlineConstants.inline(clip, Map.of("min", NdArray.scalar(0f), "max", NdArray.scalar(6f)));
        assertThat(IrText.of(relu6)).isEqualTo("""
            program clip
                input x: f32[8]
                out[i0 < 8]: f32
                    = min(max(x[i0], 0.0), 6.0)
                output out
            """);
    }

    /** Zero points that a node leaves out are zeros in its program: what they are multiplied by is not computed. */
    @Test
    void sumsForZeroPointsThatAreNotThereFallAway() {
        TensorProgram product = TestPrograms.of(
                "MatMulInteger",
                Binding.of("matmul")
                        .tensor("a", DType.U8, 3, 8)
                        .tensor("b", DType.I8, 8, 16)
                        .integer("aOffset", 0)
                        .integer("bOffset", 0));
        TensorProgram folded = DeadStages.remove(InlineConstants.inline(product, Map.of()));
        assertThat(product.stages()).extracting(Stage::name).contains("ofRows", "ofColumns");
        assertThat(folded.stages()).extracting(Stage::name).doesNotContain("ofRows", "ofColumns");
    }
}
