package dev.woodpecker.processor;

import static dev.woodpecker.processor.Mistake.in;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import java.util.List;

/** Mistakes in statements and expressions. */
final class BodyMistakes {
    static final List<Mistake> ALL = List.of(
            in(DiagnosticCode.LOOP, "a for loop", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    float total = 0;
                    §for (int i = 0; i < x.size(0); i++) { total += x.at(i); }
                    return tensor(1, i -> total);
                }
                """),
            in(DiagnosticCode.LOOP, "a while loop", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    return tensor(x.size(0), i -> {
                        §while (true) { }
                    });
                }
                """),
            in(DiagnosticCode.ASSIGNMENT, "n is assigned", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    int n = x.size(0);
                    §n = n / 2;
                    return tensor(x.size(0), i -> x.at(i));
                }
                """),
            in(DiagnosticCode.ASSIGNMENT, "n is changed by ++", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    int n = 1;
                    return tensor(§n++, i -> x.at(i));
                }
                """),
            in(DiagnosticCode.ASSIGNMENT, "n is declared without a value", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    int §n;
                    return tensor(x.size(0), i -> x.at(i));
                }
                """),
            in(DiagnosticCode.IF_STATEMENT, "an if statement", """
                @Kernel(op = "F")
                public static float f(float x) {
                    §if (x < 0) { return 0; }
                    return x;
                }
                """),
            in(DiagnosticCode.STATEMENT, "a throw statement", """
                @Kernel(op = "F")
                public static float f(float x) {
                    §throw new IllegalStateException();
                }
                """),
            in(DiagnosticCode.STATEMENT, "the value of Math.max(x,0) is not used", """
                @Kernel(op = "F")
                public static float f(float x) {
                    §Math.max(x, 0);
                    return x;
                }
                """),
            in(DiagnosticCode.REQUIRE_POSITION, "require(...) stands after other statements", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    int n = x.size(0);
                    §require(n == 3);
                    return tensor(n, i -> x.at(i));
                }
                """),
            in(DiagnosticCode.REQUIRE_POSITION, "the condition x[0] == 0f depends on the element x[0]", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    require(§x.at(0) == 0);
                    return tensor(x.size(0), i -> x.at(i));
                }
                """),
            in(DiagnosticCode.REQUIRE_POSITION, "a kernel with require(...) is called for each i", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) {
                    return tensor(x.size(0), i -> §odd(x, i).at(0));
                }
                @Kernel(op = "Odd")
                public static Tensor odd(Tensor x, int n) {
                    require(n % 2 == 1);
                    return tensor(1, k -> x.at(n));
                }
                """),
            in(DiagnosticCode.EXPRESSION, "an array is made only as new int[] {...}", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(x.shape().pick(§new int[2]), i -> x.at(i)); }
                """),
            in(DiagnosticCode.EXPRESSION, "x::at stands where a lambda is needed", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(x.size(0), §x::at); }
                """),
            in(DiagnosticCode.EXPRESSION, "none of the allowed expressions", """
                @Kernel(op = "F")
                public static float f(float x, @Attribute int mode) {
                    return §switch (mode) { case 0 -> x; default -> -x; };
                }
                """),
            in(DiagnosticCode.UNKNOWN_METHOD, "Math.cbrt is neither part of the DSL", """
                @Kernel(op = "F")
                public static float f(float x) { return (float) §Math.cbrt(x); }
                """),
            in(DiagnosticCode.UNKNOWN_METHOD, "the call of missing does not compile", """
                @Kernel(op = "F")
                public static float f(float x) { return §missing(x); }
                """),
            in(DiagnosticCode.UNKNOWN_METHOD, "Tensor.toArray is neither part of the DSL", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(§x.toArray().length, i -> x.at(i)); }
                """),
            in(DiagnosticCode.RECURSION, "g is called while it is being inlined", """
                @Kernel(op = "F")
                public static float f(float x) { return g(x); }
                private static float g(float x) { return x < 1 ? x : h(x); }
                private static float h(float x) { return §g(x - 1); }
                """),
            in(DiagnosticCode.RECURSION, "f is called while it is being inlined", """
                @Kernel(op = "F")
                public static float f(float x) { return x < 1 ? x : §f(x - 1); }
                """),
            in(DiagnosticCode.FIELD_NOT_CONSTANT, "scale is not static final", """
                static float scale = 2;
                @Kernel(op = "F")
                public static float f(float x) { return §scale * x; }
                """),
            in(DiagnosticCode.FIELD_NOT_CONSTANT, "T has rows of 2 and of 1 entries", """
                private static final float[][] T = {{1, 2}, {3}};
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(x.size(0), i -> x.at(i) * §T[0][0]); }
                """),
            in(DiagnosticCode.FIELD_NOT_CONSTANT, "T has 2 axes and is used with 1 indices", """
                private static final float[][] T = {{1, 2}, {3, 4}};
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(x.size(0), i -> x.at(i) * sum(2, k -> g(§T[1]))); }
                private static float g(float[] row) { return row[0]; }
                """),
            in(DiagnosticCode.FIELD_NOT_CONSTANT, "new float[][]{{1,2}} is not the name of an array", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(2, i -> g(§new float[][] {{1, 2}}, i)); }
                private static float g(float[][] t, int i) { return t[0][i]; }
                """),
            in(DiagnosticCode.FIELD_NOT_CONSTANT, "t has 2 axes and is used with 1 indices", """
                private static final float[][] T = {{1, 2}, {3, 4}};
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(2, i -> g(T, i)); }
                private static float g(float[][] t, int i) { return h(§t[i]); }
                private static float h(float[] row) { return row[0]; }
                """),
            new Mistake(
                    DiagnosticCode.HIDDEN_REDUCTION,
                    "import static java.lang.Math.max hides it; write Dsl.max",
                    "import static java.lang.Math.max;\n" + Compiling.IMPORTS,
                    """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(1, i -> §max(x.size(0), k -> x.at(k))); }
                    """),
            in(DiagnosticCode.HIDDEN_REDUCTION, "the method sum of K hides it; write Dsl.sum", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x) { return tensor(1, i -> §sum(x.size(0), k -> x.at(k))); }
                private static float sum(float a, float b) { return a + b; }
                """),
            in(DiagnosticCode.HIDDEN_REDUCTION, "Dsl.max is a reduction and takes no two numbers; write Math.max", """
                @Kernel(op = "F")
                public static float f(float x) { return §max(x, 0); }
                """),
            in(DiagnosticCode.LOCAL_TYPE, "text is of type String", """
                @Kernel(op = "F")
                public static float f(float x) {
                    String §text = null;
                    return x;
                }
                """));

    private BodyMistakes() {}
}
