package dev.woodpecker.compiler.expr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.ir.Origin;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelTextTest {
    private static final String CONVOLUTION = """
        tensor kernel com.acme.Convolution.conv2d
            operator "Conv"
            variant "direct"
            input Tensor x
            input Tensor w
            input Tensor b absent "0"
            attribute int[] strides
            attribute int group absent "1"
            output "out"
            example "x=1x64x56x56 w=64x64x3x3 strides=1,1"
        {
            table G f32[2, 3] = {1, 0, -0.5, 0.25, 0.1f, 1.0E30f};
            require(w.size(2) == 3 && w.size(3) == 3);
            let cg = w.size(1);
            let kg = w.size(0) / group;
            tensor(
                n < x.size(0),
                k < w.size(0),
                i < (x.size(2) - w.size(2)) / strides[0] + 1,
                j < (x.size(3) - w.size(3)) / strides[1] + 1
            ) {
                b[k]
                    + sum(c < cg, r < w.size(2), s < w.size(3)) {
                        (x[n, k / kg * cg + c, i * strides[0] + r, j * strides[1] + s] or 0f)
                            * w[k, c, r, s]
                            * G[r, s]
                    }
            }
        }
        origins
            "Convolution.java" 12:5x3 13:4,9 -x43
        """;

    @Test
    void aKernelReadsLikeJava() {
        assertThat(KernelText.print(KernelText.parse(CONVOLUTION))).isEqualTo(CONVOLUTION);
    }

    @Test
    void everyKernelParsesBackEqual() {
        for (long seed = 0; seed < 1000; seed++) {
            KernelSpec spec = RandomKernels.kernel(seed);
            String text = KernelText.print(spec);
            assertThat(KernelText.parse(text)).as("seed %d:%n%s", seed, text).isEqualTo(spec);
        }
    }

    @Test
    void minusOfALiteralIsNotANegativeLiteral() {
        assertThat(roundTrip(negated(new IntLiteral(5)))).isEqualTo("-(5)");
        assertThat(roundTrip(new IntLiteral(-5))).isEqualTo("-5");
        assertThat(roundTrip(new IntLiteral(Long.MIN_VALUE))).isEqualTo("-9223372036854775808");
        assertThat(roundTrip(negated(negated(new FloatLiteral(-0.0))))).isEqualTo("-(-(-0f))");
    }

    @Test
    void parenthesesAreWrittenOnlyWhereTheyMatter() {
        Apply difference = apply(Op.SUB, new IntLiteral(1), apply(Op.SUB, new IntLiteral(2), new IntLiteral(3)));
        assertThat(roundTrip(difference)).isEqualTo("1 - (2 - 3)");
        assertThat(roundTrip(apply(Op.MUL, difference, new IntLiteral(4)))).isEqualTo("(1 - (2 - 3)) * 4");
        assertThat(roundTrip(apply(Op.ADD, apply(Op.ADD, new IntLiteral(1), new IntLiteral(2)), new IntLiteral(3))))
                .isEqualTo("1 + 2 + 3");
    }

    @Test
    void anUnexpectedKindIsAscribed() {
        TensorExpr both = new Apply(
                Op.OUTPUT,
                Kind.INT_TENSOR,
                List.of(apply(Op.OUTPUTS, new Name("x", Kind.FLOAT_TENSOR)), new IntLiteral(0)),
                Origin.NONE);
        assertThat(roundTrip(both)).isEqualTo("(outputs(x).output(0) as IntTensor)");
    }

    @Test
    void errorsNameThePlace() {
        assertThatThrownBy(() -> KernelText.parse(CONVOLUTION.replace("w.size(1)", "w.sizes(1)")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kernel text 14:21: no method 'sizes'");
        assertThatThrownBy(() -> KernelText.parse(CONVOLUTION.replace("b[k]", "bias[k]")))
                .hasMessageContaining("'bias' is no parameter, local or axis here");
        assertThatThrownBy(() -> KernelText.parse(CONVOLUTION.replace("x43", "x42")))
                .hasMessageContaining("origins");
    }

    @Test
    void resourcesOfOverloadsAreToldApart() {
        assertThat(KernelText.resourcePath("a.B.add")).isEqualTo("META-INF/woodpecker/a.B.add.kernel");
        assertThat(KernelText.resourcePath("a.B.add(int,float[])"))
                .isEqualTo("META-INF/woodpecker/a.B.add-int-floats.kernel");
    }

    private static String roundTrip(TensorExpr body) {
        KernelSpec frame = KernelText.parse(CONVOLUTION);
        KernelSpec spec = new KernelSpec(
                frame.name(),
                "",
                "",
                frame.form(),
                frame.parameters(),
                List.of(),
                body,
                List.of(),
                List.of(),
                Origin.NONE);
        assertThat(KernelText.parse(KernelText.print(spec))).isEqualTo(spec);
        return KernelText.print(spec, body);
    }

    private static Apply negated(TensorExpr operand) {
        return apply(Op.NEG, operand);
    }

    private static Apply apply(Op op, TensorExpr... operands) {
        return new Apply(
                op, op.kind(List.of(operands).stream().map(TensorExpr::kind).toList()), List.of(operands), Origin.NONE);
    }
}
