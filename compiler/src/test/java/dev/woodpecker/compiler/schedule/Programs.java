package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.TensorProgram.Declaration;
import java.util.List;
import java.util.Optional;

/** Small programs that schedules are tried on. */
public final class Programs {
    private static final Origin SOURCE = new Origin("Sample.java", 1, 1);

    private Programs() {}

    /** y[i, j] = sum over k of a[i, k] * b[k, j]. */
    public static TensorProgram matmul(long m, long n, long k) {
        Expr product = multiply(read("a", v("i"), v("k")), read("b", v("k"), v("j")));
        Stage y = new Stage(
                "y", DType.F32, List.of(axis("i", m), axis("j", n)), sum(product, axis("k", k)), accumulator(), SOURCE);
        return new TensorProgram("matmul", List.of(input("a", m, k), input("b", k, n)), List.of(y), List.of("y"));
    }

    /** t[i] = exp(x[i]); y[i] = t[i] * t[i]. */
    public static TensorProgram square(long n) {
        Stage t = pointwise("t", new Expr.Call(MathFunction.EXP, List.of(read("x", v("i")))), axis("i", n));
        Stage y = pointwise("y", multiply(read("t", v("i")), read("t", v("i"))), axis("i", n));
        return new TensorProgram("square", List.of(input("x", n)), List.of(t, y), List.of("y"));
    }

    /** y[i] = sum over r in 0..3 of x[i + r - 1], 0 outside. */
    static TensorProgram window(long n) {
        Expr index = IndexMath.add(IndexMath.add(v("i"), v("r")), Expr.index(-1));
        Expr read = new Expr.Read("x", DType.F32, List.of(index), Optional.of(Expr.zero(DType.F32)), SOURCE);
        Stage y = new Stage("y", DType.F32, List.of(axis("i", n)), sum(read, axis("r", 3)), accumulator(), SOURCE);
        return new TensorProgram("window", List.of(input("x", n)), List.of(y), List.of("y"));
    }

    /** y[i] = x[i * 2]. */
    static TensorProgram strided(long n) {
        Stage y = pointwise("y", read("x", IndexMath.mul(v("i"), Expr.index(2))), axis("i", n));
        return new TensorProgram("strided", List.of(input("x", 2 * n)), List.of(y), List.of("y"));
    }

    /** y[i, j] = x[i, j] + 1. */
    public static TensorProgram increment(long m, long n) {
        Expr one = new Expr.FloatConst(1, DType.F32);
        Stage y = pointwise(
                "y", new Expr.Binary(BinaryOp.ADD, read("x", v("i"), v("j")), one), axis("i", m), axis("j", n));
        return new TensorProgram("increment", List.of(input("x", m, n)), List.of(y), List.of("y"));
    }

    /** y[i] = sum over k and l of x[i, k, l]. */
    static TensorProgram rowSums(long m, long n) {
        Stage.Reduction sum = new Stage.Reduction(
                ReduceOp.SUM, DType.F32, List.of(axis("k", n), axis("l", 3)), read("x", v("i"), v("k"), v("l")));
        Stage y = new Stage("y", DType.F32, List.of(axis("i", m)), Optional.of(sum), accumulator(), SOURCE);
        return new TensorProgram("rowSums", List.of(input("x", m, n, 3)), List.of(y), List.of("y"));
    }

    private static Stage pointwise(String name, Expr element, Axis... axes) {
        return new Stage(name, DType.F32, List.of(axes), Optional.empty(), element, SOURCE);
    }

    private static Optional<Stage.Reduction> sum(Expr body, Axis over) {
        return Optional.of(new Stage.Reduction(ReduceOp.SUM, DType.F32, List.of(over), body));
    }

    private static Expr accumulator() {
        return new Expr.Accumulator(DType.F32);
    }

    private static Declaration input(String name, long... shape) {
        return new Declaration(
                name,
                DType.F32,
                java.util.Arrays.stream(shape).<Expr>mapToObj(Expr::index).toList());
    }

    private static Expr read(String tensor, Expr... indices) {
        return new Expr.Read(tensor, DType.F32, List.of(indices), Optional.empty(), SOURCE);
    }

    private static Expr multiply(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.MUL, a, b);
    }

    private static Axis axis(String name, long extent) {
        return new Axis(name, Expr.index(extent));
    }

    private static Expr v(String name) {
        return Expr.Var.index(name);
    }
}
