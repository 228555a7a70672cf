package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Evaluator;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Numerics;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Functions in a side of a select that is not chosen: their arguments may not be readable. */
class GuardedRewriteTest {
    private static final Buffer X = global("x", DType.F32, 4);
    private static final Buffer Y = global("y", DType.F32, 8);

    private static Expr exp(Expr x) {
        return new Expr.Call(MathFunction.EXP, List.of(x));
    }

    /** Runs the legalised statement for each i; loads beyond x fail the evaluation. */
    private static double[] run(Stmt s, int n) {
        double[] y = new double[8];
        Evaluator evaluator =
                new Evaluator().buffer("x", new double[] {0, 1, 2, 3}).buffer("y", y);
        evaluator.run(serial("i", n, LegalizeMath.apply(s, Numerics.STRICT)));
        return y;
    }

    @Test
    void aScalarKeepsItsCondition() {
        Expr value = new Expr.Select(less(v("i"), 4), exp(load(X, v("i"))), f(7));
        double[] y = run(store(Y, value, v("i")), 8);
        assertThat(y[1]).isEqualTo((float) Math.E);
        assertThat(y[5]).isEqualTo(7);
    }

    @Test
    void aVectorKeepsTheConditionOfAllItsLanes() {
        Expr inside = new Expr.Broadcast(less(v("i"), 1), 4);
        Expr ramp = new Expr.Ramp(mul(v("i"), 4), 1, 4);
        Expr seven = new Expr.Broadcast(f(7), 4);
        Expr nested = new Expr.Select(inside, exp(load(X, ramp)), exp(seven));
        Expr lanes = new Expr.Ramp(c(0), 1, 4);
        Expr odd = new Expr.Binary(BinaryOp.EQ, lanes, new Expr.Broadcast(c(1), 4));
        Stmt store = store(Y, new Expr.Select(odd, nested, seven), ramp);
        double[] y = run(store, 2);
        assertThat(y[1]).isEqualTo((float) Math.E);
        assertThat(y[4]).isEqualTo(7);
        // The printer evaluates one side of a select by a scalar only where it sees that it is one.
        assertThat(IrText.of(LegalizeMath.apply(store, Numerics.STRICT)))
                .contains("select(broadcast(chosen2, 4), x[ramp(i * 4, 4)], broadcast(0.0, 4))");
    }
}
