package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.add;
import static dev.woodpecker.compiler.lower.Loops.c;
import static dev.woodpecker.compiler.lower.Loops.load;
import static dev.woodpecker.compiler.lower.Loops.store;
import static dev.woodpecker.compiler.lower.Loops.v;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CacheAccumulatorsTest {
    private static final Buffer SUMS = Buffer.rowMajor("sums", DType.F32, List.of(c(8), c(4)), Scope.SHARED);
    private static final Buffer X = Buffer.rowMajor("x", DType.F32, List.of(c(64)), Scope.GLOBAL);

    private static Stmt loop(String name, long extent, Loop.Binding binding, Loop.Carrier carrier, Stmt body) {
        return new Stmt.For(new Loop(v(name), c(extent), binding, carrier, Optional.empty(), Origin.NONE), body);
    }

    private static Stmt update() {
        return store(SUMS, add(load(SUMS, v("i"), v("j")), load(X, v("c"))), v("i"), v("j"));
    }

    @Test
    void aTileOfUnrolledLoopsIsInRegistersWhileTheReductionRuns() {
        Stmt tile = loop("j", 4, Loop.Binding.UNROLL, Loop.Carrier.SPATIAL, update());
        Stmt nest = loop(
                "i",
                8,
                Loop.Binding.SERIAL,
                Loop.Carrier.SPATIAL,
                loop("c", 64, Loop.Binding.SERIAL, Loop.Carrier.REDUCTION, tile));
        assertThat(IrText.of(CacheAccumulators.apply(nest))).isEqualTo("""
            for i in 0..8:
                alloc sums.tile: f32[4] register
                for j in 0..4 unroll:
                    sums.tile[j] = sums[i, j]
                for c in 0..64 reduction:
                    for j in 0..4 unroll:
                        sums.tile[j] += x[c]
                for j in 0..4 unroll:
                    sums[i, j] = sums.tile[j]
            """);
    }

    @Test
    void aLoopThatIteratesInsideTheReductionKeepsItsSumsInMemory() {
        Stmt tile = loop("j", 4, Loop.Binding.SERIAL, Loop.Carrier.SPATIAL, update());
        Stmt nest = loop("c", 64, Loop.Binding.SERIAL, Loop.Carrier.REDUCTION, tile);
        assertThat(CacheAccumulators.apply(nest)).isEqualTo(nest);
    }

    /** As sums of integers are once simplified. */
    @Test
    void theOldValueMayBeTheSecondSummand() {
        Stmt swapped = store(SUMS, add(load(X, v("c")), load(SUMS, v("i"), v("j"))), v("i"), v("j"));
        Stmt tile = loop("j", 4, Loop.Binding.UNROLL, Loop.Carrier.SPATIAL, swapped);
        Stmt nest = loop("c", 64, Loop.Binding.SERIAL, Loop.Carrier.REDUCTION, tile);
        assertThat(IrText.of(CacheAccumulators.apply(nest))).contains("sums.tile[j] = x[c] + sums.tile[j]");
    }
}
