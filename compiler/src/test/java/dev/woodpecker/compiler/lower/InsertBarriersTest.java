package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.TestTrees.add;
import static dev.woodpecker.compiler.TestTrees.buffer;
import static dev.woodpecker.compiler.TestTrees.load;
import static dev.woodpecker.compiler.TestTrees.loop;
import static dev.woodpecker.compiler.TestTrees.store;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop.Binding;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where barriers go: between what threads write of shared memory and what others read of it, and nowhere else. */
class InsertBarriersTest {
    private static final Buffer X = buffer("x", Scope.GLOBAL, 64);
    private static final Buffer Y = buffer("y", Scope.GLOBAL, 64);
    private static final Buffer S = buffer("s", Scope.SHARED, 64);
    private static final Buffer R = buffer("r", Scope.SHARED, 64);
    private static final Expr.Var T = Expr.Var.index("t");
    private static final Expr.Var K = Expr.Var.index("k");

    private static final Stmt WRITE = store(S, T, load(X, T));
    private static final Stmt READ = store(Y, T, load(S, add(T, K)));
    private static final Stmt START = new Stmt.AsyncCopy(S, List.of(T), X, List.of(T), 1, Expr.TRUE);

    @Test
    void readsComeAfterWritesAndTheNextWritesAfterThem() {
        assertThat(inserted(Stmt.seq(WRITE, READ))).isEqualTo("""
            s[t] = x[t]
            barrier
            y[t] = s[t + k]
            """);
        assertThat(inserted(loop(K, 4, Binding.SERIAL, Stmt.seq(WRITE, READ)))).isEqualTo("""
            for k in 0..4:
                s[t] = x[t]
                barrier
                y[t] = s[t + k]
                barrier
            """);
    }

    @Test
    void whatNobodyElseReadsNeedsNone() {
        assertThat(inserted(loop(K, 4, Binding.SERIAL, WRITE))).doesNotContain("barrier");
        assertThat(inserted(Stmt.seq(READ, store(R, T, load(X, T))))).doesNotContain("barrier");
        assertThat(inserted(Stmt.seq(WRITE, store(R, T, load(X, T))))).doesNotContain("barrier");
    }

    @Test
    void oneBarrierServesSeveralBuffers() {
        Stmt both = store(Y, T, add(load(S, K), load(R, K)));
        assertThat(inserted(Stmt.seq(WRITE, store(R, T, load(X, T)), both))).isEqualTo("""
            s[t] = x[t]
            r[t] = x[t]
            barrier
            y[t] = s[k] + r[k]
            """);
    }

    @Test
    void aLoopThatComesBackToReadsHasOneOnItsWayBack() {
        Stmt body = Stmt.seq(READ, WRITE);
        assertThat(inserted(Stmt.seq(WRITE, loop(K, 4, Binding.SERIAL, body)))).isEqualTo("""
            s[t] = x[t]
            barrier
            for k in 0..4:
                y[t] = s[t + k]
                barrier
                s[t] = x[t]
                barrier
            """);
    }

    /** A copy is no write that a reader waits for, but its wait is; it must not start while others read. */
    @Test
    void copiesAreThereAfterTheirWaitAndMayArriveFromTheirStartOn() {
        Stmt steady = Stmt.seq(new Stmt.Wait(0), START, new Stmt.Commit(), READ);
        assertThat(inserted(
                        Stmt.seq(START, new Stmt.Commit(), loop(K, 4, Binding.SERIAL, steady), new Stmt.Wait(0), READ)))
                .isEqualTo("""
                    async s[t] <- x[t], 1 elements
                    commit
                    for k in 0..4:
                        wait 0
                        barrier
                        async s[t] <- x[t], 1 elements
                        commit
                        y[t] = s[t + k]
                    wait 0
                    barrier
                    y[t] = s[t + k]
                    """);
        Stmt readFirst = Stmt.seq(new Stmt.Wait(0), READ, START, new Stmt.Commit());
        assertThat(inserted(loop(K, 4, Binding.SERIAL, readFirst))).isEqualTo("""
            for k in 0..4:
                wait 0
                barrier
                y[t] = s[t + k]
                barrier
                async s[t] <- x[t], 1 elements
                commit
            """);
    }

    /** In a loop over threads, of which the text is left out. */
    private static String inserted(Stmt body) {
        String text = IrText.of(InsertBarriers.apply(loop(T, 32, Binding.THREAD_X, body)));
        return text.substring(text.indexOf("\n") + 1).indent(-4);
    }
}
