package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Stmt;
import org.junit.jupiter.api.Test;

class ScalarizeRegistersTest {
    private static final Buffer Y = global("y", DType.F32, 64);

    private static void assertScalarizes(Stmt before, String after) {
        assertThat(IrText.of(ScalarizeRegisters.apply(before))).isEqualTo(after);
    }

    @Test
    void constantIndicesNameVariables() {
        Buffer acc = register("acc", 2, 2);
        assertScalarizes(
                new Stmt.Allocate(acc, Stmt.seq(store(acc, f(1), c(0), c(1)), store(Y, load(acc, c(0), c(1)), c(5)))),
                """
                alloc acc_0_1: f32[] register
                acc_0_1[] = 1.0
                y[5] = acc_0_1[]
                """);
    }

    @Test
    void theVectorisedAxisIsAbsorbedByTheType() {
        Buffer acc = register("acc", 2, 8);
        Expr ones = new Expr.Broadcast(f(1), 4);
        assertScalarizes(
                new Stmt.Allocate(
                        acc,
                        Stmt.seq(
                                store(acc, ones, c(1), new Expr.Ramp(c(4), 1, 4)),
                                store(Y, load(acc, c(1), c(6)), c(0)))),
                """
                alloc acc_1_1: f32[4] register
                acc_1_1[ramp(0, 4)] = broadcast(1.0, 4)
                y[0] = acc_1_1[2]
                """);
    }

    @Test
    void anIndexThatVariesKeepsTheArray() {
        Buffer acc = register("acc", 2, 3);
        assertScalarizes(
                new Stmt.Allocate(acc, serial("i", 2, store(acc, load(acc, v("i"), c(2)), v("i"), c(0)))), """
                alloc acc: f32[6] register
                for i in 0..2:
                    acc[i * 3] = acc[i * 3 + 2]
                """);
    }
}
