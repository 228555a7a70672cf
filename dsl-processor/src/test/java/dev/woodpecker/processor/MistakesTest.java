package dev.woodpecker.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.testing.compile.Compilation;
import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each mistake in a kernel is told as. A source has the mark {@code §} just before the place at which javac's caret must
 * stand.
 */
class MistakesTest {
    private static final String MARK = "§";

    /**
     * A mistake.
     *
     * @param says what the message has to say about it
     */
    private record Mistake(DiagnosticCode code, String says, String imports, String members) {
        @Override
        public String toString() {
            return code.code() + " " + says;
        }
    }

    private static Mistake in(DiagnosticCode code, String says, String members) {
        return new Mistake(code, says, Compiling.IMPORTS, members);
    }

    private static Stream<Mistake> mistakes() {
        return Stream.of(
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
                    """),
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
                in(
                        DiagnosticCode.HIDDEN_REDUCTION,
                        "Dsl.max is a reduction and takes no two numbers; write Math.max",
                        """
                        @Kernel(op = "F")
                        public static float f(float x) { return §max(x, 0); }
                        """),
                in(DiagnosticCode.LOCAL_TYPE, "text is of type String", """
                    @Kernel(op = "F")
                    public static float f(float x) {
                        String §text = null;
                        return x;
                    }
                    """),
                in(DiagnosticCode.INDEX_COUNT, "tensor has 2 extents and its lambda 1 parameters", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), x.size(1), §i -> x.at(i)); }
                    """),
                in(DiagnosticCode.INDEX_COUNT, "x is read with 1 indices here, and require(...) gives it rank 2", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) {
                        require(x.rank() == 2);
                        return tensor(x.size(0), i -> §x.at(i));
                    }
                    """),
                in(DiagnosticCode.INDEX_COUNT, "x is read with 1 indices here, and elsewhere with 2", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), i -> x.at(i, 0) + §x.at(i)); }
                    """),
                in(DiagnosticCode.INDEX_COUNT, "has 7 indices", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(1, i -> §x.at(0, 0, 0, 0, 0, 0, i)); }
                    """),
                in(DiagnosticCode.OUT_OF_BOUNDS, "the index i + x.size(0) reaches the size of axis 0 of x", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), i -> x.at(§i + x.size(0))); }
                    """),
                in(DiagnosticCode.OUT_OF_BOUNDS, "the index i + 1 reaches the size of axis 0 of x", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) {
                        int n = x.size(0);
                        return tensor(n, i -> x.at(§i + 1) - x.at(i));
                    }
                    """),
                in(DiagnosticCode.OUT_OF_BOUNDS, "the index -1 is negative on axis 1 of x", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), i -> x.at(i, §-1)); }
                    """),
                in(DiagnosticCode.OUT_OF_BOUNDS, "the index 2 * k2 reaches the size of axis 0 of rows", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) {
                        Tensor rows = tensor(4, k -> x.at(k));
                        return tensor(3, k -> rows.at(§2 * k));
                    }
                    """),
                in(DiagnosticCode.OUT_OF_BOUNDS, "the index r reaches the size of axis 0 of T", """
                    private static final float[] T = {1, 2, 3};
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), i -> sum(4, r -> T[§r] * x.at(i))); }
                    """),
                in(DiagnosticCode.EXTENT_NOT_INT, "x.size(0) / 2f is a float", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(§x.size(0) / 2f, i -> x.at(i)); }
                    """),
                in(DiagnosticCode.EXTENT_NOT_STATIC, "depends on the element counts[0]", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x, IntTensor counts) {
                        int n = (int) counts.at(0);
                        return tensor(§n, i -> x.at(i));
                    }
                    """),
                in(DiagnosticCode.EXTENT_NOT_STATIC, "the extent i + 1 depends on the index i", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), i -> sum(§i + 1, k -> x.at(k))); }
                    """),
                in(DiagnosticCode.STAGE_RANK, "mean has 1 axes and is read with 2 indices", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) {
                        Tensor mean = tensor(x.size(0), i -> sum(x.size(1), j -> x.at(i, j)) / x.size(1));
                        return tensor(x.size(0), x.size(1), (i, j) -> x.at(i, j) - §mean.at(i, j));
                    }
                    """),
                in(DiagnosticCode.DIVISION_BY_ZERO, "i / 0 divides by 0, which is 0", """
                    private static final int ZERO = 0;
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), i -> x.at(i / §ZERO)); }
                    """),
                in(DiagnosticCode.NO_SUCH_AXIS, "x has no axis -1", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(§-1), i -> x.at(i)); }
                    """),
                in(DiagnosticCode.NO_SUCH_AXIS, "x has no axis 2; its rank is 2", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) {
                        require(x.rank() == 2);
                        return tensor(x.size(§2), i -> x.at(i, 0));
                    }
                    """),
                in(DiagnosticCode.UNRESOLVED, "y cannot be resolved", """
                    @Kernel(op = "F")
                    public static float f(float x) { return §y * x; }
                    """),
                in(DiagnosticCode.UNRESOLVED, "index x.at(i) is a float, not an int; cast it", """
                    @Kernel(op = "F")
                    public static Tensor f(Tensor x) { return tensor(x.size(0), i -> x.at(§x.at(i))); }
                    """));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isToldAtItsPlace(Mistake mistake) {
        String marked = mistake.imports + "public final class K {\n" + mistake.members + "}\n";
        int mark = ("package p;\n" + marked).indexOf(MARK);
        String before = ("package p;\n" + marked).substring(0, mark);
        long line = before.chars().filter(c -> c == '\n').count() + 1;
        int column = mark - before.lastIndexOf('\n');

        Compilation compilation = Compiling.sources(Compiling.source("p.K", marked.replace(MARK, "")));

        List<Diagnostic<? extends JavaFileObject>> told = compilation.errors().stream()
                .<Diagnostic<? extends JavaFileObject>>map(error -> error)
                .filter(error -> error.getMessage(Locale.ROOT).startsWith(mistake.code.code()))
                .toList();
        assertThat(told).as("errors: %s", Compiling.errors(compilation)).hasSize(1);
        assertThat(told.getFirst().getMessage(Locale.ROOT))
                .contains(mistake.says)
                .contains(mistake.code.title())
                .contains(mistake.code.remedy());
        assertThat(told.getFirst().getLineNumber() + ":" + told.getFirst().getColumnNumber())
                .isEqualTo(line + ":" + column);
    }

    /** Not a kernel's own mistake: see {@link SourcesTest} and {@link ModulesTest}. */
    private static final Set<DiagnosticCode> ELSEWHERE = Set.of(
            DiagnosticCode.NO_SOURCE,
            DiagnosticCode.MISSING_PROVIDES,
            DiagnosticCode.INTERNAL,
            DiagnosticCode.GENERATED_CLASS_EXISTS);

    @Test
    void everyCodeIsProvoked() {
        Set<DiagnosticCode> provoked = mistakes().map(Mistake::code).collect(Collectors.toCollection(TreeSet::new));
        provoked.addAll(ELSEWHERE);
        assertThat(provoked).containsExactly(DiagnosticCode.values());
    }
}
