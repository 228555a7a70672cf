package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.testing.compile.Compilation;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Form;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.compiler.expr.Kind;
import org.junit.jupiter.api.Test;

/** What each construct of a kernel's body becomes. */
class ReadingTest {
    @Test
    void elementsAndAttributesOfAnElementwiseKernel() {
        KernelSpec spec = Compiling.kernel("""
            @Kernel(op = "LeakyRelu")
            @Example("x=1x64 mode=1")
            public static float leakyRelu(
                    float x, @Absent(2) float y, @Attribute(byDefault = "0.01") float alpha, @Attribute int mode) {
                return x < 0 ? alpha * x : mode + y;
            }
            """, "leakyRelu");
        assertThat(spec.form()).isEqualTo(Form.ELEMENTWISE);
        assertThat(spec.operator()).isEqualTo("LeakyRelu");
        assertThat(spec.variant()).isEmpty();
        assertThat(spec.examples()).containsExactly("x=1x64 mode=1");
        assertThat(spec.parameters()).extracting(Parameter::name).containsExactly("x", "y", "alpha", "mode");
        assertThat(spec.parameters())
                .extracting(Parameter::role)
                .containsExactly(Role.INPUT, Role.INPUT, Role.ATTRIBUTE, Role.ATTRIBUTE);
        assertThat(spec.parameters()).extracting(p -> p.absent().orElse("-")).containsExactly("-", "2", "0.01", "-");
        assertThat(body(spec)).isEqualTo("x < 0f ? alpha * x : toFloat(mode) + y");
    }

    @Test
    void anAttributeMayHaveAnotherNameThanItsParameter() {
        KernelSpec spec = Compiling.kernel("""
            @Kernel(op = "F")
            public static Tensor f(Tensor x, @Attribute(name = "kernel_shape") int[] window) {
                return tensor(window.length, i -> x.at(window[i]));
            }
            """, "f");
        assertThat(spec.parameters()).extracting(Parameter::name).containsExactly("x", "kernelShape");
        assertThat(body(spec)).isEqualTo("tensor(i < kernelShape.length()) { x[kernelShape[i]] }");
    }

    @Test
    void localsAreLetsAndLambdasNameTheirAxes() {
        assertThat(body("""
            @Kernel(op = "Softmax")
            public static Tensor f(Tensor x) {
                int m = x.size(0), n = x.size(1);
                Tensor exps = tensor(m, n, (i, j) -> {
                    float largest = max(n, k -> x.at(i, k));
                    return exp(x.at(i, j) - largest);
                });
                Tensor sums = tensor(m, i -> sum(n, j -> exps.at(i, j)));
                return tensor(m, n, (i, j) -> exps.at(i, j) / sums.at(i));
            }
            """)).isEqualTo("""
                let m = x.size(0);
                let n = x.size(1);
                let exps = tensor(i < m, j < n) {
                    let largest = max(k < n) { x[i, k] };
                    exp(x[i, j] - largest)
                };
                let sums = tensor(i2 < m) { sum(j2 < n) { exps[i2, j2] } };
                tensor(i3 < m, j3 < n) { exps[i3, j3] / sums[i3] }\
                """);
    }

    @Test
    void numbersArePromotedAsInJava() {
        assertThat(body("""
            private static final int HALVES = 3 + 4;
            private static final float SCALE = 1f / 3;
            @Kernel(op = "F")
            public static float f(float x, long n, boolean b) {
                long k = n / 2 % HALVES;
                float y = b ? 1 : 0;
                int bits = (int) n << 3 & ~1;
                return x * SCALE + k / 2 - y + (float) n + -x + (int) x + Math.max(x, n) + bits + -1;
            }
            """)).isEqualTo("""
                let k = n / 2 % 7;
                let y = b ? 1f : 0f;
                let bits = toInt(n) << 3 & -2;
                x * 0.33333334f
                    + toFloat(k / 2)
                    - y
                    + toFloat(n)
                    + -x
                    + toFloat(toInt(x))
                    + Math.max(x, toFloat(n))
                    + toFloat(bits)
                    + -1f\
                """);
    }

    @Test
    void helpersAreInlinedWithTheirLocals() {
        assertThat(body("""
            @Kernel(op = "F")
            public static Tensor f(Tensor x) {
                return tensor(x.size(0), i -> square(x.at(i)) + square(2) + first(x, i));
            }
            private static float square(float v) { return v * v; }
            private static float first(Tensor t, int i) { int zero = i - i; return t.at(zero); }
            """)).isEqualTo("""
                tensor(i < x.size(0)) {
                    {
                        let v = x[i];
                        v * v
                    }
                        + 2f * 2f
                        + {
                            let zero = i - i;
                            x[zero]
                        }
                }\
                """);
    }

    @Test
    void helpersReadTheConstantArraysThatTheyAreCalledWith() {
        assertThat(body("""
            private static final float[][] SUM = {{1, 1}};
            private static final float[][] DIFFERENCE = {{1, -1}};
            @Kernel(op = "F")
            public static Tensor f(Tensor x) {
                return tensor(x.size(0), i -> weighted(SUM, x, i) + weighted(DIFFERENCE, x, i));
            }
            private static float weighted(float[][] weights, Tensor t, int i) {
                return first(weights) * t.at(i) + weights[0].length;
            }
            private static float first(float[][] weights) { return weights[0][1]; }
            """)).isEqualTo("""
                table SUM f32[1, 2] = {1, 1};
                table DIFFERENCE f32[1, 2] = {1, -1};
                tensor(i < x.size(0)) { SUM[0, 1] * x[i] + 2f + (DIFFERENCE[0, 1] * x[i] + 2f) }\
                """);
    }

    @Test
    void aCalledKernelWithSeveralOutputsIsItsComponents() {
        assertThat(body("""
            public record Moments(Tensor mean, Tensor square) {}
            @Kernel(op = "Moments")
            public static Moments moments(Tensor x) {
                Tensor mean = tensor(() -> sum(x.size(0), i -> x.at(i)));
                return new Moments(mean, tensor(() -> mean.at() * mean.at()));
            }
            @Kernel(op = "F")
            public static Tensor f(Tensor x) {
                Moments m = moments(x);
                return tensor(x.size(0), i -> x.at(i) - m.mean().at() + m.square().at());
            }
            """)).isEqualTo("""
                let mean = tensor() { sum(i < x.size(0)) { x[i] } };
                let m = tensor() { mean[] * mean[] };
                tensor(i2 < x.size(0)) { x[i2] - mean[] + m[] }\
                """);
    }

    @Test
    void severalOutputsAreNamedByTheRecord() {
        KernelSpec spec = Compiling.kernel("""
            public record Split(Tensor low, IntTensor high, MaskTensor odd) {}
            @Kernel(op = "F")
            public static Split f(IntTensor x) {
                return new Split(
                        tensor(x.size(0), i -> x.at(i) % 16),
                        Ints.tensor(x.size(0), i -> x.at(i) >> 4),
                        Masks.tensor(x.shape(), i -> (x.at(i) & 1) == 1));
            }
            """, "f");
        assertThat(spec.outputs()).containsExactly("low", "high", "odd");
        assertThat(spec.body().kind()).isEqualTo(Kind.TENSORS);
        assertThat(body(spec)).isEqualTo("""
            outputs(
                tensor(i < x.size(0)) { toFloat(x[i] % 16) },
                intTensor(i2 < x.size(0)) { x[i2] >> 4 },
                maskTensor(i3 in x.shape()) { (x[i3] & 1) == 1 }
            )\
            """);
    }

    @Test
    void constantArraysAreTables() {
        assertThat(body("""
            private static final float[][] G = {{1, 0.5f}, {-1, 0}, {0, 2}};
            private static final int[] AXES = new int[] {0, 1};
            @Kernel(op = "F")
            public static Tensor f(Tensor x) {
                return tensor(G.length, G[0].length, (i, j) -> G[i][j] * x.at(AXES[j], x.shape().pick(AXES).get(0) - 1));
            }
            """)).isEqualTo("""
                table G f32[3, 2] = {1, 0.5, -1, 0, 0, 2};
                table AXES i32[2] = {0, 1};
                tensor(i < 3, j < 2) { G[i, j] * x[AXES[j], x.shape().pick(array(0, 1)).get(0) - 1] }\
                """);
    }

    @Test
    void anyRankByIndex() {
        assertThat(body("""
            @Kernel(op = "F")
            public static Tensor f(Tensor x, int[] axes, int axis) {
                Index kept = x.shape().drop(axes).map(d -> d + 1);
                return tensor(kept.concat(Index.of(1, 2)), i -> sum(x.shape().pick(0, 1), r ->
                        x.atOr(-1, i.weave(r, axes).with(axis, 0).first(2).within(x.shape()))) / kept.product());
            }
            """)).isEqualTo("""
                let kept = index(d < x.shape().drop(axes).rank()) { d + 1 };
                tensor(i in kept.concat(Index.of(1, 2))) {
                    sum(r in x.shape().pick(0, 1)) { x[i.weave(r, axes).with(axis, 0).first(2).within(x.shape())] or -1f }
                        / toFloat(kept.product())
                }\
                """);
    }

    @Test
    void reductionsOfEveryElementType() {
        assertThat(body("""
            @Kernel(op = "F")
            public static IntTensor f(Tensor x, IntTensor k, MaskTensor m) {
                return Ints.tensor(2, i -> Ints.sum(3, j -> k.at(j)) + argMax(4, j -> x.at(j)) + Ints.argMin(5, j -> k.at(j))
                        + (Masks.any(6, (_) -> m.at(i)) && isNaN(x.at(0)) ? Ints.max(7, j -> j) : 0));
            }
            """)).isEqualTo("""
                intTensor(i < 2) {
                    sum(j < 3) { k[j] }
                        + argMax(j2 < 4) { x[j2] }
                        + argMin(j3 < 5) { k[j3] }
                        + (any(unused < 6) { m[i] } && isNaN(x[0]) ? max(j4 < 7) { j4 } : 0)
                }\
                """);
    }

    @Test
    void listsOfTensors() {
        assertThat(body("""
            @Kernel(op = "F")
            public static Tensor f(Tensor[] xs, int axis) {
                Tensor joined = concat(axis, xs);
                return concat(0, new Tensor[] {joined, xs[0]});
            }
            """)).isEqualTo("""
                let joined = concat(axis, xs);
                concat(0, array(joined, xs[0]))\
                """);
    }

    @Test
    void requirementsOfACalledKernelHoldForTheCaller() {
        KernelSpec spec = Compiling.kernel("""
            @Kernel(op = "F")
            public static Tensor f(Tensor x) {
                require(x.rank() == 1);
                Tensor doubled = tensor(x.size(0), i -> 2 * x.at(i));
                return halves(doubled, 3);
            }
            @Kernel(op = "Halves")
            public static Tensor halves(Tensor y, int n) {
                require(y.size(0) % 2 == 0 && n == 3);
                return tensor(y.size(0) / 2, i -> y.at(2 * i));
            }
            """, "f");
        assertThat(KernelText.print(spec))
                .contains("require(x.rank() == 1);")
                .contains("require(x.size(0) % 2 == 0 && 3 == 3);");
    }

    @Test
    void overloadsAndNestedClassesHaveNamesOfTheirOwn() {
        Compilation compilation = Compiling.members("""
            @Kernel(op = "Add")
            public static float add(float a, float b) { return a + b; }
            @Kernel(op = "Add")
            public static long add(long a, long b) { return a + b; }
            public static final class Inner {
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(x.shape(), i -> x.at(i)); }
            }
            """);
        assertThat(Compiling.kernelOf(compilation, "p.K.add(float,float)").name())
                .isEqualTo("p.K.add(float,float)");
        assertThat(Compiling.kernelOf(compilation, "p.K.add(int,int)").shortName())
                .isEqualTo("K.add(int,int)");
        assertThat(Compiling.kernelOf(compilation, "p.K.Inner.f").shortName()).isEqualTo("Inner.f");
        assertThat(Compiling.resource(compilation, "META-INF/services/dev.woodpecker.compiler.expr.KernelProvider"))
                .isEqualTo("p.KKernels\np.K_InnerKernels\n");
    }

    @Test
    void originsAreThePlacesOfTheSource() {
        KernelSpec spec = Compiling.kernel("""
            @Kernel(op = "F")
            public static Tensor f(Tensor x) {
                return tensor(x.size(0),
                        i -> exp(x.at(i)));
            }
            """, "f");
        assertThat(spec.origin()).hasToString("K.java:6:22");
        assertThat(KernelText.print(spec)).endsWith("origins\n    \"K.java\" 6:22,31 7:12,19 8:18,22\n");
    }

    /** The body of kernel {@code f} among these members. */
    private static String body(String members) {
        return body(Compiling.kernel(members, "f"));
    }

    private static String body(KernelSpec spec) {
        String text = KernelText.print(spec);
        String block = text.substring(text.indexOf("\n{\n") + 3, text.indexOf("\n}\n"));
        return block.stripIndent();
    }
}
