package dev.woodpecker.processor;

import static dev.woodpecker.processor.Mistake.in;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import java.util.List;

/** Mistakes with tensors, extents and indices. */
final class TensorMistakes {
    static final List<Mistake> ALL = List.of(
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

    private TensorMistakes() {}
}
