package dev.woodpecker.processor;

import static dev.woodpecker.processor.Mistake.in;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import java.util.List;

/** Mistakes in the head of a kernel method: modifiers, parameters, annotations. */
final class SignatureMistakes {
    static final List<Mistake> ALL = List.of(
            in(DiagnosticCode.NOT_STATIC, "f is not static", """
                @Kernel(op = "F")
                public Tensor §f(Tensor x) { return tensor(x.shape(), i -> x.at(i)); }
                """),
            in(DiagnosticCode.NOT_PUBLIC, "f is not public", """
                @Kernel(op = "F")
                static Tensor §f(Tensor x) { return tensor(x.shape(), i -> x.at(i)); }
                """),
            in(DiagnosticCode.NOT_PUBLIC, "class of f is not public", """
                static class Inner {
                    @Kernel(op = "F")
                    public static Tensor §f(Tensor x) { return tensor(x.shape(), i -> x.at(i)); }
                }
                """),
            in(DiagnosticCode.GENERIC_METHOD, "f has type parameters [T]", """
                @Kernel(op = "F")
                public static <T> Tensor §f(Tensor x) { return tensor(x.shape(), i -> x.at(i)); }
                """),
            in(DiagnosticCode.PARAMETER_TYPE, "name is of type String", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x, §String name) { return tensor(x.shape(), i -> x.at(i)); }
                """),
            in(DiagnosticCode.PARAMETER_TYPE, "x is of type double", """
                @Kernel(op = "F")
                public static float f(§double x) { return (float) x; }
                """),
            in(DiagnosticCode.RETURN_TYPE, "f takes tensors and returns float", """
                @Kernel(op = "F")
                public static §float f(Tensor x) { return x.at(0); }
                """),
            in(DiagnosticCode.RETURN_TYPE, "f returns String", """
                @Kernel(op = "F")
                public static §String f(Tensor x) { return "no"; }
                """),
            in(DiagnosticCode.DUPLICATE_KERNEL, "K.g and K.f are both operator \"F\"", """
                @Kernel(op = "F")
                public static float f(float x) { return x; }
                @Kernel(op = "F")
                public static float §g(float x) { return -x; }
                """),
            in(DiagnosticCode.UNUSED_INPUT, "input w has no part in the result", """
                @Kernel(op = "F")
                public static Tensor f(Tensor x, Tensor §w) { return tensor(x.shape(), i -> x.at(i)); }
                """),
            in(DiagnosticCode.ABSENT_ON_ATTRIBUTE, "alpha is an attribute", """
                @Kernel(op = "F")
                public static float f(float x, @Attribute §@Absent float alpha) { return alpha * x; }
                """),
            in(DiagnosticCode.ATTRIBUTE_DEFAULT, "byDefault = \"much\" is no float", """
                @Kernel(op = "F")
                public static float f(float x, §@Attribute(byDefault = "much") float alpha) { return alpha * x; }
                """),
            in(DiagnosticCode.EXAMPLE_SYNTAX, "'x': a value is missing: x=2x3", """
                @Kernel(op = "F")
                §@Example("x 1x64")
                public static float f(float x) { return x; }
                """),
            in(DiagnosticCode.EXAMPLE_SYNTAX, "'1,64' is no 2x3", """
                @Kernel(op = "F")
                §@Example("x=1,64")
                public static float f(float x) { return x; }
                """),
            in(DiagnosticCode.EXAMPLE_SYNTAX, "no parameter has this name; parameters are x", """
                @Kernel(op = "F")
                §@Example("x=1x64 y=2")
                public static float f(float x) { return x; }
                """),
            in(DiagnosticCode.EXAMPLE_SYNTAX, "kernel K.f also needs axis=1", """
                @Kernel(op = "F")
                §@Example("x=1x64")
                public static Tensor f(Tensor x, int axis) { return tensor(x.size(axis), i -> 1); }
                """),
            in(DiagnosticCode.EXAMPLE_MISFIT, "this variant requires", """
                @Kernel(op = "F")
                §@Example("x=1x64")
                public static Tensor f(Tensor x) {
                    require(x.rank() == 3);
                    return tensor(x.size(2), i -> x.at(0, 0, i));
                }
                """),
            in(DiagnosticCode.EXAMPLE_MISFIT, "takes values from 0 to 4, allowed 0 to 2", """
                @Kernel(op = "F")
                §@Example("x=5 w=3")
                public static Tensor f(Tensor x, Tensor w) { return tensor(x.size(0), i -> x.at(i) * w.at(i)); }
                """));

    private SignatureMistakes() {}
}
