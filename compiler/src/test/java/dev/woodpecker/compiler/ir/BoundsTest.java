package dev.woodpecker.compiler.ir;

import static dev.woodpecker.compiler.ir.BinaryOp.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class BoundsTest {
    private static final Expr.Var I = Expr.Var.index("i");
    private static final Expr.Var J = Expr.Var.index("j");
    private static final Expr.Param N = new Expr.Param("n", 8, 800, 8);

    private static Expr op(BinaryOp op, Expr a, long b) {
        return new Expr.Binary(op, a, Expr.index(b));
    }

    private static Expr op(BinaryOp op, Expr a, Expr b) {
        return new Expr.Binary(op, a, b);
    }

    @Test
    void rangesFollowArithmetic() {
        Bounds bounds = Bounds.none().with(I, -3, 9).with(J, 2, 5);
        assertThat(bounds.of(op(ADD, I, J))).isEqualTo(new Interval(-1, 14));
        assertThat(bounds.of(op(SUB, I, J))).isEqualTo(new Interval(-8, 7));
        assertThat(bounds.of(op(MUL, I, J))).isEqualTo(new Interval(-15, 45));
        assertThat(bounds.of(op(DIV, I, 4))).isEqualTo(new Interval(0, 2));
        assertThat(bounds.of(op(REM, I, 4))).isEqualTo(new Interval(-3, 3));
        assertThat(bounds.of(op(REM, J, 16))).isEqualTo(new Interval(2, 5));
        assertThat(bounds.of(op(MAX, I, 0))).isEqualTo(new Interval(0, 9));
        assertThat(bounds.of(new Expr.Ramp(I, 2, 4))).isEqualTo(new Interval(-3, 15));
    }

    @Test
    void whatMayWrapHasNoBounds() {
        Expr.Var x = new Expr.Var("x", DType.I32);
        Expr one = new Expr.IntConst(1, DType.I32);
        assertThat(Bounds.none().of(op(ADD, x, one))).isEqualTo(Interval.of(DType.I32));
        assertThat(Bounds.none().of(op(ADD, I, 1))).isEqualTo(Interval.ALL);
        assertThat(Bounds.none().with(I, 0, Long.MAX_VALUE - 1).of(op(MUL, I, 2)))
                .isEqualTo(Interval.ALL);
    }

    @Test
    void conditionsNarrow() {
        Bounds inside = Bounds.none().with(I, 0, 100).assuming(op(AND, op(GE, I, 3), op(LT, op(MUL, I, 2), 21)));
        assertThat(inside.of(I)).isEqualTo(new Interval(3, 10));
        Bounds outside = Bounds.none().with(I, 0, 100).assumingNot(op(LT, I, 40));
        assertThat(outside.of(I)).isEqualTo(new Interval(40, 100));
    }

    @Test
    void divisorsFollowArithmetic() {
        Bounds bounds = Bounds.none().with(I, 0, 9).where(J, op(MUL, I, 12));
        assertThat(bounds.divisorOf(op(ADD, op(MUL, I, 16), op(MUL, N, 3)))).isEqualTo(8);
        assertThat(bounds.divisorOf(op(ADD, J, 18))).isEqualTo(6);
        assertThat(bounds.divisorOf(op(DIV, op(MUL, N, 2), 4))).isEqualTo(4);
        assertThat(bounds.divisorOf(Expr.index(0))).isZero();
    }

    @Test
    void aConditionIsProvedFromTheLoopsAround() {
        Loop loop = new Loop(I, N, Loop.Binding.SERIAL, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE);
        Bounds inside = Bounds.none().inside(loop).with(J, 0, 3);
        Expr last = op(ADD, op(MUL, I, 4), J);
        assertThat(Simplifier.proves(inside, op(LT, last, op(MUL, N, 4)))).isTrue();
        assertThat(Simplifier.proves(inside, op(LT, last, op(SUB, op(MUL, N, 4), 1))))
                .isFalse();
    }
}
