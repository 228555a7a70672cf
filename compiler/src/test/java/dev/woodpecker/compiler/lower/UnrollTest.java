package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.Table;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnrollTest {
    private static final Buffer X = global("x", DType.F32, 64);
    private static final Buffer Y = global("y", DType.F32, 64);

    private static void assertUnrolls(Stmt before, String after) {
        assertThat(IrText.of(Unroll.apply(before))).isEqualTo(after);
    }

    @Test
    void iterationsAreWrittenOut() {
        Expr at = add(mul(v("i"), 4), add(mul(v("j"), 2), v("k")));
        assertUnrolls(serial("i", 8, unroll("j", 2, unroll("k", 2, store(Y, load(X, at), at)))), """
            for i in 0..8:
                y[i * 4] = x[i * 4]
                y[i * 4 + 1] = x[i * 4 + 1]
                y[i * 4 + 2] = x[i * 4 + 2]
                y[i * 4 + 3] = x[i * 4 + 3]
            """);
    }

    @Test
    void termsWithAZeroOfAConstantTableDropOut() {
        Table table = new Table("BT", DType.F32, new int[] {3}, new double[] {1, 0, -1});
        Expr entry = new Expr.TableEntry(table, List.of(v("k")));
        assertUnrolls(unroll("k", 3, store(Y, add(load(Y, c(0)), mul(entry, load(X, v("k")))), c(0))), """
            y[0] += x[0]
            y[0] = y[0] - x[2]
            """);
    }

    @Test
    void aLoopOfUnknownLengthStays() {
        Expr.Param n = new Expr.Param("n", 1, 8, 1);
        Stmt.For loop = (Stmt.For) unroll("i", 2, store(Y, f(0), v("i")));
        Stmt open = new Stmt.For(loop.loop().withExtent(n), loop.body());
        assertThat(Unroll.apply(open)).isSameAs(open);
    }
}
