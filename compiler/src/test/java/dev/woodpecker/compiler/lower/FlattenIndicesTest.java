package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlattenIndicesTest {
    private static final LayoutMap NCHW16C = LayoutMap.rowMajor(4).blocked(1, 16);

    private static void assertFlattens(Stmt before, String after) {
        assertThat(IrText.of(FlattenIndices.apply(before))).isEqualTo(after);
    }

    @Test
    void aBlockedAxisIsAddressedWithoutDivision() {
        Buffer x = global("x", NCHW16C, 1, 64, 58, 58);
        Buffer y = global("y", NCHW16C, 1, 64, 56, 56);
        Expr k = add(mul(add(mul(v("k.o"), 2), v("k.m")), 16), v("k.i"));
        Stmt store = store(y, load(x, c(0), k, add(v("i"), c(1)), add(v("j"), c(1))), c(0), k, v("i"), v("j"));
        assertFlattens(
                serial("k.o", 2, serial("k.m", 2, serial("i", 56, serial("j", 56, serial("k.i", 16, store))))), """
                for k.o in 0..2:
                    for k.m in 0..2:
                        for i in 0..56:
                            for j in 0..56:
                                for k.i in 0..16:
                                    y[k.o * 100352 + k.m * 50176 + i * 896 + j * 16 + k.i] = x[k.o * 107648 + k.m * 53824 + i * 928 + j * 16 + k.i + 944]
                """);
    }

    @Test
    void aFusedAxisOfTheWholeTensorIsTheOffsetItself() {
        Buffer x = global("x", DType.F32, 8, 6);
        Buffer y = global("y", DType.F32, 8, 6);
        Expr i = op(BinaryOp.DIV, v("t"), c(6));
        Expr j = op(BinaryOp.REM, v("t"), c(6));
        assertFlattens(serial("t", 48, store(y, load(x, i, j), i, j)), """
            for t in 0..48:
                y[t] = x[t]
            """);
    }

    @Test
    void aGuardedReadIsWithinTheTensorWhereItTakesPlace() {
        Buffer x = global("x", LayoutMap.rowMajor(1).blocked(0, 16), 30);
        Buffer y = global("y", DType.F32, 32);
        Expr before = op(BinaryOp.SUB, v("i"), c(1));
        Expr inside = op(BinaryOp.GE, before, c(0));
        Expr value = new Expr.Select(op(BinaryOp.AND, inside, less(before, 30)), load(x, before), f(0));
        assertFlattens(serial("i", 32, store(y, value, v("i"))), """
            for i in 0..32:
                y[i] = select(i >= 1 and i < 31, x[i - 1], 0.0)
            """);
    }

    @Test
    void stridesMayBeParameters() {
        Expr.Param n = new Expr.Param("n", 1, 1000, 1);
        Buffer x = Buffer.rowMajor("x", DType.F32, List.of(c(8), n, n), Scope.GLOBAL);
        Expr i = v("i");
        assertFlattens(serial("i", 8, store(x, f(0), i, c(2), i)), """
            for i in 0..8:
                x[i * n * n + n * 2 + i] = 0.0
            """);
    }

    @Test
    void registersKeepTheirIndices() {
        Buffer acc = register("acc", 4, 8);
        assertFlattens(new Stmt.Allocate(acc, serial("i", 4, store(acc, load(acc, v("i"), c(2)), v("i"), c(1)))), """
            alloc acc: f32[4, 8] register
            for i in 0..4:
                acc[i, 1] = acc[i, 2]
            """);
    }
}
