package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Stmt;
import org.junit.jupiter.api.Test;

class HoistInvariantsTest {
    private static final Buffer X = global("x", DType.F32, 640);
    private static final Buffer Y = global("y", DType.F32, 640);

    @Test
    void neighbouringAccessesShareABase() {
        Expr base = add(mul(v("i"), 64), mul(v("j"), 2));
        Stmt body = Stmt.seq(store(Y, load(X, base), base), store(Y, load(X, add(base, c(1))), add(base, c(1))));
        assertThat(IrText.of(HoistInvariants.apply(serial("i", 10, serial("j", 32, body)))))
                .isEqualTo("""
                    for i in 0..10:
                        for j in 0..32:
                            let x.at = i * 64 + j * 2
                            let y.at = i * 64 + j * 2
                            y[y.at] = x[x.at]
                            y[y.at + 1] = x[x.at + 1]
                    """);
    }

    @Test
    void aSingleAccessIsLeftAsItIs() {
        Expr at = add(mul(v("i"), 64), v("j"));
        Stmt loop = serial("i", 10, serial("j", 64, store(Y, load(X, at), at)));
        assertThat(IrText.of(HoistInvariants.apply(loop))).isEqualTo(IrText.of(loop));
    }
}
