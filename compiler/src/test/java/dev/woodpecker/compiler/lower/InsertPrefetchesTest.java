package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.add;
import static dev.woodpecker.compiler.lower.Loops.c;
import static dev.woodpecker.compiler.lower.Loops.load;
import static dev.woodpecker.compiler.lower.Loops.mul;
import static dev.woodpecker.compiler.lower.Loops.store;
import static dev.woodpecker.compiler.lower.Loops.v;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InsertPrefetchesTest {
    private static final Buffer W = Buffer.rowMajor("w", DType.F32, List.of(c(1024)), Scope.GLOBAL);
    private static final Buffer Y = Buffer.rowMajor("y", DType.F32, List.of(c(4)), Scope.GLOBAL);

    private static Stmt loop(String name, long extent, List<String> prefetched, Stmt body) {
        Loop loop = new Loop(
                v(name),
                c(extent),
                Loop.Binding.SERIAL,
                Loop.Carrier.REDUCTION,
                Optional.empty(),
                prefetched,
                Origin.NONE);
        return new Stmt.For(loop, body);
    }

    @Test
    void eachTileAsksForItsShareOfTheNextBlock() {
        Expr at = add(mul(v("b"), 128), mul(v("c"), 16));
        Stmt reads = store(Y, load(W, new Expr.Ramp(at, 1, 16)), v("i"));
        Stmt blocks = loop("b", 8, List.of("w"), loop("i", 4, List.of(), loop("c", 8, List.of(), reads)));
        assertThat(IrText.of(InsertPrefetches.apply(blocks))).isEqualTo("""
            for b in 0..8 reduction:
                for i in 0..4 reduction:
                    for c in 0..8 reduction:
                        prefetch(w[min(b * 128 + (i * 8 + c) / 4 * 16 + 128, 1023)])
                        y[i] = w[ramp(b * 128 + c * 16, 16)]
            """);
    }

    @Test
    void whatIsNotOneStretchOfMemoryIsLeftAlone() {
        Expr at = add(mul(v("b"), 256), mul(v("c"), 16));
        Stmt reads = store(Y, load(W, new Expr.Ramp(at, 1, 16)), c(0));
        Stmt blocks = loop("b", 4, List.of("w"), loop("c", 8, List.of(), reads));
        assertThat(IrText.of(InsertPrefetches.apply(blocks))).doesNotContain("prefetch");
    }

    @Test
    void nothingBeyondTheTensorIsAskedFor() {
        Expr at = add(mul(v("b"), 512), mul(v("c"), 16));
        Stmt reads = store(Y, load(W, new Expr.Ramp(at, 1, 16)), c(0));
        Stmt blocks = loop("b", 2, List.of("w"), loop("c", 32, List.of(), reads));
        Stmt asked = InsertPrefetches.apply(blocks);
        assertThat(IrText.of(asked)).contains("prefetch(w[min(b * 512 + c * 16 + 512, 1023)])");
    }
}
