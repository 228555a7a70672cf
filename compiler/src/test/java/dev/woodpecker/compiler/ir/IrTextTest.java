package dev.woodpecker.compiler.ir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class IrTextTest {
    private static final Expr I = Expr.Var.index("i");
    private static final Expr J = Expr.Var.index("j");
    private static final Buffer X =
            Buffer.rowMajor("x", DType.F32, List.of(Expr.index(8), Expr.index(4)), Scope.GLOBAL);
    private static final Buffer T = new Buffer(
            "t", DType.F16, List.of(Expr.index(8)), LayoutMap.rowMajor(1).blocked(0, 4), Scope.SHARED, 64);

    @Test
    void parenthesesShowWhatTheyMust() {
        assertThat(IrText.of(sub(I, sub(J, I)))).isEqualTo("i - (j - i)");
        assertThat(IrText.of(sub(sub(I, J), I))).isEqualTo("i - j - i");
        assertThat(IrText.of(binary(BinaryOp.MUL, sub(I, J), Expr.index(2)))).isEqualTo("(i - j) * 2");
        assertThat(IrText.of(binary(BinaryOp.REM, binary(BinaryOp.REM, I, J), I)))
                .isEqualTo("(i % j) % i");
        Expr less = binary(BinaryOp.LT, I, J);
        assertThat(IrText.of(binary(BinaryOp.OR, less, binary(BinaryOp.AND, less, new Expr.Unary(UnaryOp.NOT, less)))))
                .isEqualTo("i < j or i < j and not (i < j)");
    }

    @Test
    void constantsShowTheirTypeUnlessItIsTheUsualOne() {
        assertThat(IrText.of(new Expr.FloatConst(0.1f, DType.F32))).isEqualTo("0.1");
        assertThat(IrText.of(new Expr.FloatConst(0.5, DType.F16))).isEqualTo("f16(0.5)");
        assertThat(IrText.of(new Expr.FloatConst(Double.NEGATIVE_INFINITY, DType.F32)))
                .isEqualTo("-inf");
        assertThat(IrText.of(new Expr.IntConst(-1, DType.U64))).isEqualTo("u64(18446744073709551615)");
        assertThat(IrText.of(new Expr.IntConst(3, DType.I32))).isEqualTo("i32(3)");
        assertThat(IrText.of(Expr.index(3))).isEqualTo("3");
    }

    @Test
    void everyExpressionHasAText() {
        Expr load = new Expr.Load(X, List.of(I, new Expr.Ramp(J, 2, 4)));
        assertThat(IrText.of(load)).isEqualTo("x[i, ramp(j, stride 2, 4)]");
        assertThat(IrText.of(new Expr.Extract(load, I))).isEqualTo("x[i, ramp(j, stride 2, 4)].lane(i)");
        assertThat(IrText.of(new Expr.Broadcast(new Expr.Cast(DType.F32, I), 8)))
                .isEqualTo("broadcast(f32(i), 8)");
        assertThat(IrText.of(new Expr.Bitcast(DType.F32, new Expr.Cast(DType.I32, I))))
                .isEqualTo("bits_f32(i32(i))");
        Expr read = new Expr.Read("x", DType.F32, List.of(I, J), Optional.of(Expr.zero(DType.F32)), Origin.NONE);
        assertThat(IrText.of(new Expr.Reduce(ReduceOp.SUM, List.of(new Axis("j", Expr.index(4))), read, Origin.NONE)))
                .isEqualTo("sum[j < 4](x.or(0.0)[i, j])");
        assertThat(IrText.of(new Expr.Select(
                        Expr.TRUE, new Expr.Call(MathFunction.EXP, List.of(read)), new Expr.Accumulator(DType.F32))))
                .isEqualTo("select(true, exp(x.or(0.0)[i, j]), acc)");
        assertThat(IrText.of(binary(BinaryOp.MAX, I, new Expr.Param("n", 1, 9, 1))))
                .isEqualTo("max(i, n)");
        assertThat(IrText.of(
                        new Expr.TableEntry(new Table("B", DType.F32, new int[] {2}, new double[] {1, 2}), List.of(I))))
                .isEqualTo("B[i]");
    }

    @Test
    void statementsAreIndentedLikePython() {
        Loop outer = Loop.serial(new Axis("i", Expr.index(8)), Loop.Carrier.SPATIAL, Origin.NONE)
                .withBinding(Loop.Binding.THREAD_X);
        Loop inner = Loop.serial(new Axis("j", Expr.index(4)), Loop.Carrier.REDUCTION, Origin.NONE)
                .withPeel(Optional.of(new Loop.Peel.Tail("j.i", 3)));
        Stmt add = new Stmt.Store(
                X,
                List.of(I, J),
                binary(BinaryOp.ADD, new Expr.Load(X, List.of(I, J)), new Expr.FloatConst(1, DType.F32)),
                Origin.NONE);
        Stmt branch = new Stmt.If(binary(BinaryOp.LT, I, J), add, Optional.of(new Stmt.Seq(List.of())));
        Intrinsic intrinsic = new Intrinsic("mma", Intrinsic.Level.WARP, List.of(), tiles -> {}, Map.of());
        Stmt body = Stmt.seq(
                new Stmt.Check(binary(BinaryOp.GE, I, J), 1, "index"),
                new Stmt.AsyncCopy(T, List.of(I), X, List.of(I, J), 4, Expr.TRUE),
                new Stmt.Commit(),
                new Stmt.Wait(1),
                new Stmt.Barrier(),
                new Stmt.For(inner, branch),
                new Stmt.Invoke(intrinsic, List.of(new Stmt.Window(T, List.of(I)))),
                new Stmt.Compute("y", Stmt.Part.UPDATE, List.of(I), List.of(J), binary(BinaryOp.LT, I, J), Expr.TRUE));
        Stmt all = new Stmt.For(
                outer,
                new Stmt.Let(
                        new Expr.Var("v", DType.F32, 4),
                        new Expr.Broadcast(Expr.zero(DType.F32), 4),
                        new Stmt.Allocate(T, body)));
        assertThat(IrText.of(all)).isEqualTo("""
            for i in 0..8 thread.x:
                let v: f32x4 = broadcast(0.0, 4)
                alloc t: f16[8] shared layout 0/4,0%4
                check i >= j else 1 "index"
                async t[i] <- x[i, j], 4 elements
                commit
                wait 1
                barrier
                for j in 0..4 reduction peel j.i to 3:
                    if i < j:
                        x[i, j] += 1.0
                    else:
                        pass
                mma(t[i])
                update y[i] over [j] if i < j
            """);
    }

    private static Expr binary(BinaryOp op, Expr a, Expr b) {
        return new Expr.Binary(op, a, b);
    }

    private static Expr sub(Expr a, Expr b) {
        return binary(BinaryOp.SUB, a, b);
    }
}
