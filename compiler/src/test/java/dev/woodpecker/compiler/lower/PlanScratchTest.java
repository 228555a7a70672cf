package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanScratchTest {
    private static Buffer shared(String name, long elements) {
        return register(name, elements).withScope(Scope.SHARED);
    }

    private static Stmt using(Buffer buffer, Stmt... more) {
        return new Stmt.Allocate(buffer, Stmt.seq(store(buffer, f(0), c(0)), Stmt.seq(more)));
    }

    @Test
    void buffersThatLiveTogetherLieBehindEachOtherAndOthersShareMemory() {
        PlanScratch plan = PlanScratch.of(
                using(shared("a", 10), using(shared("b", 100)), using(shared("c", 3), using(shared("d", 16)))));
        assertThat(plan.offsets()).isEqualTo(Map.of("a", 0L, "b", 64L, "c", 64L, "d", 128L));
        assertThat(plan.bytes()).isEqualTo(64 + 448);
    }

    @Test
    void aLargeRegisterArrayIsNoLocal() {
        assertThat(PlanScratch.bytes(using(register("small", 4096)))).isZero();
        assertThat(PlanScratch.bytes(using(register("large", 4097)))).isEqualTo(16448);
    }

    @Test
    void copiesOfABufferHaveOnePlace() {
        Stmt twice = Stmt.seq(
                using(shared("t", 16)), using(shared("a", 16), using(shared("t", 16), using(shared("u", 16)))));
        PlanScratch plan = PlanScratch.of(twice);
        assertThat(plan.offsets()).isEqualTo(Map.of("a", 0L, "t", 64L, "u", 128L));
    }
}
