package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.TestTrees.add;
import static dev.woodpecker.compiler.TestTrees.buffer;
import static dev.woodpecker.compiler.TestTrees.f32;
import static dev.woodpecker.compiler.TestTrees.kernel;
import static dev.woodpecker.compiler.TestTrees.less;
import static dev.woodpecker.compiler.TestTrees.load;
import static dev.woodpecker.compiler.TestTrees.loop;
import static dev.woodpecker.compiler.TestTrees.mul;
import static dev.woodpecker.compiler.TestTrees.store;
import static dev.woodpecker.compiler.TestTrees.sub;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Loop.Binding;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VerifierTest {
    private static final Buffer X = buffer("x", Scope.GLOBAL, 64);
    private static final Buffer Y = buffer("y", Scope.GLOBAL, 64);
    private static final Buffer INDICES = Buffer.rowMajor("indices", DType.I32, List.of(Expr.index(64)), Scope.GLOBAL);
    private static final Expr.Var I = Expr.Var.index("i");
    private static final Expr.Var J = Expr.Var.index("j");

    @Test
    void aSplitLoopWithAGuardIsSound() {
        Expr at = add(mul(I, 24), J);
        Stmt guarded = new Stmt.If(less(at, Expr.index(64)), store(Y, at, load(X, at)), Optional.empty());
        assertThat(findings(loop(I, 3, Binding.PARALLEL, loop(J, 24, Binding.SERIAL, guarded))))
                .isEmpty();
        Stmt unguarded = store(Y, at, load(X, at));
        assertThat(findings(loop(I, 3, Binding.PARALLEL, loop(J, 24, Binding.SERIAL, unguarded))))
                .containsExactly(
                        "k in i > j, buffer x: index i * 24 + j is not shown to lie in 0..64; it takes values in 0..71",
                        "k in i > j, buffer y: index i * 24 + j is not shown to lie in 0..64; it takes values in"
                                + " 0..71");
    }

    @Test
    void aSideOfAChoiceIsReadOnlyWhereTheChoiceFallsOnIt() {
        Expr before = sub(I, Expr.index(1));
        Expr value = new Expr.Select(new Expr.Binary(BinaryOp.GE, I, Expr.index(1)), load(X, before), f32(0));
        assertThat(findings(loop(I, 64, Binding.SERIAL, store(Y, I, value)))).isEmpty();
        assertThat(findings(loop(I, 64, Binding.SERIAL, store(Y, I, load(X, before)))))
                .containsExactly(
                        "k in i, buffer x: index i - 1 is not shown to lie in 0..64; it takes values in -1..62");
    }

    @Test
    void vectorsAreProvedLaneByLane() {
        Expr ramp = new Expr.Ramp(mul(I, 16), 1, 16);
        assertThat(findings(loop(I, 4, Binding.PARALLEL, store(Y, ramp, load(X, ramp)))))
                .isEmpty();
        assertThat(findings(loop(I, 5, Binding.PARALLEL, store(Y, ramp, new Expr.Broadcast(f32(0), 16)))))
                .containsExactly(
                        "k in i, buffer y: index ramp(i * 16, 16) is not shown to lie in 0..64; it takes values in"
                                + " 0..79");
        Expr lanes = new Expr.Ramp(Expr.index(56), 1, 16);
        Expr masked = new Expr.Select(
                less(lanes, new Expr.Broadcast(Expr.index(64), 16)), load(X, lanes), new Expr.Broadcast(f32(0), 16));
        assertThat(findings(store(Y, new Expr.Ramp(Expr.index(0), 1, 16), masked)))
                .isEmpty();
    }

    @Test
    void anIndexThatIsLoadedNeedsACheck() {
        Expr index = new Expr.Cast(DType.I64, load(INDICES, I));
        Stmt read = store(Y, I, load(X, index));
        assertThat(findings(loop(I, 64, Binding.PARALLEL, read)))
                .containsExactly(
                        "k in i, buffer x: index i64(indices[i]) is not shown to lie in 0..64; an index that is loaded"
                                + " needs a check");
        assertThat(findings(loop(I, 64, Binding.PARALLEL, Stmt.seq(new Stmt.Check(within(index), 1, "index"), read))))
                .isEmpty();
        Stmt let = new Stmt.Let(J, index, Stmt.seq(new Stmt.Check(within(index), 1, "index"), store(Y, I, load(X, J))));
        assertThat(findings(loop(I, 64, Binding.PARALLEL, let)))
                .as("by another name")
                .isEmpty();
    }

    /** The inner condition reads what only the outer one lets it read: joined by "and", it would be read in any case. */
    @Test
    void aCheckCountsWhereAllConditionsAroundItHoldAgain() {
        Expr index = new Expr.Cast(DType.I64, load(INDICES, I));
        Expr other = add(index, Expr.index(1));
        Expr outer = new Expr.Binary(BinaryOp.NE, index, Expr.index(7));
        Expr inner = less(new Expr.Cast(DType.I64, load(X, index)), Expr.index(3));
        Stmt first = new Stmt.If(outer, new Stmt.Check(within(index), 1, "index"), Optional.empty());
        Stmt check = new Stmt.Check(within(other), 2, "other");
        Expr value = new Expr.Select(outer, new Expr.Select(inner, load(X, other), f32(0)), f32(0));
        Stmt nested = new Stmt.If(outer, new Stmt.If(inner, check, Optional.empty()), Optional.empty());
        assertThat(findings(loop(I, 64, Binding.PARALLEL, Stmt.seq(first, nested, store(Y, I, value)))))
                .isEmpty();
        Stmt joined = new Stmt.If(new Expr.Binary(BinaryOp.AND, outer, inner), check, Optional.empty());
        assertThat(findings(loop(I, 64, Binding.PARALLEL, Stmt.seq(first, joined, store(Y, I, value)))))
                .containsExactly(
                        "k in i, buffer x: index i64(indices[i]) is not shown to lie in 0..64; an index that is"
                                + " loaded needs a check");
        assertThat(findings(loop(I, 64, Binding.PARALLEL, Stmt.seq(first, store(Y, I, value)))))
                .hasSize(1);
    }

    private static Expr within(Expr index) {
        return new Expr.Binary(
                BinaryOp.AND, new Expr.Binary(BinaryOp.GE, index, Expr.index(0)), less(index, Expr.index(64)));
    }

    @Test
    void anIndexThatIsHeldInsideOrReflectedIsSound() {
        Expr loaded = new Expr.Cast(DType.I64, load(INDICES, I));
        Expr held = new Expr.Binary(
                BinaryOp.MAX, Expr.index(0), new Expr.Binary(BinaryOp.MIN, Expr.index(63), add(loaded, Expr.index(5))));
        assertThat(findings(loop(I, 64, Binding.PARALLEL, store(Y, I, load(X, held)))))
                .isEmpty();
        // 0, 1, ..., 63, 62, 61, ... for i = -8..71
        Expr shifted = sub(I, Expr.index(8));
        Expr up = new Expr.Select(less(shifted, Expr.index(0)), sub(Expr.index(0), shifted), shifted);
        Expr reflected = new Expr.Select(less(up, Expr.index(64)), up, sub(Expr.index(126), up));
        Buffer wide = buffer("wide", Scope.GLOBAL, 80);
        assertThat(findings(loop(I, 80, Binding.PARALLEL, store(wide, I, load(X, reflected)))))
                .isEmpty();
    }

    @Test
    void workersWriteDifferentElements() {
        Expr quotient = new Expr.Binary(BinaryOp.DIV, I, Expr.index(8));
        Expr remainder = new Expr.Binary(BinaryOp.REM, I, Expr.index(8));
        Buffer matrix = buffer("m", Scope.GLOBAL, 8, 8);
        Stmt fused = new Stmt.Store(matrix, List.of(remainder, quotient), f32(0), Origin.NONE);
        assertThat(findings(loop(I, 64, Binding.PARALLEL, fused)))
                .as("quotient and remainder tell the whole")
                .isEmpty();
        assertThat(findings(loop(I, 64, Binding.PARALLEL, store(Y, quotient, f32(0)))))
                .containsExactly(
                        "k in i, buffer y: different iterations of i are not shown to write different elements: y[i /"
                                + " 8] = 0.0");
        assertThat(findings(loop(
                        I, 32, Binding.PARALLEL, loop(J, 4, Binding.SERIAL, store(Y, add(mul(I, 2), J), f32(0))))))
                .as("windows overlap")
                .anySatisfy(finding -> assertThat(finding).contains("different iterations of i are not shown"));
    }

    @Test
    void barriersAreReachedByAllThreads() {
        Stmt some = new Stmt.If(less(I, Expr.index(8)), new Stmt.Barrier(), Optional.empty());
        assertThat(findings(loop(I, 32, Binding.THREAD_X, some)))
                .containsExactly(
                        "k in i: a barrier stands under the condition i < 8, which is not the same for all threads of"
                                + " a block");
        Stmt ragged = new Stmt.For(Loop.serial(new Axis(J, I), Loop.Carrier.SPATIAL, Origin.NONE), new Stmt.Barrier());
        assertThat(findings(loop(I, 32, Binding.THREAD_X, ragged)))
                .containsExactly(
                        "k in i > j: a barrier stands in loop j, which runs differently often for the threads of a"
                                + " block");
        assertThat(findings(loop(I, 32, Binding.BLOCK_X, some)))
                .as("a condition on the block is the same for its threads")
                .isEmpty();
    }

    @Test
    void resourcesAreWithinTheTargets() {
        Buffer many = buffer("r", Scope.REGISTER, 512);
        Stmt body = loop(I, 64, Binding.THREAD_X, new Stmt.Allocate(many, store(Y, I, f32(0))));
        assertThat(Verifier.verify(kernel(X, Y, body, Target.parse("cuda:sm_80"), 2048)).stream()
                        .map(Finding::toString))
                .containsExactly(
                        "k: 2048 threads a block; at most 1024",
                        "k: 2048 bytes of register buffers a thread; at most 1020 stay in registers");
    }

    private static List<String> findings(Stmt body) {
        return Verifier.verify("k", body, Target.parse("cuda:sm_80")).stream()
                .map(Finding::toString)
                .toList();
    }
}
