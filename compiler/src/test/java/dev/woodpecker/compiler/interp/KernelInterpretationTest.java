package dev.woodpecker.compiler.interp;

import static dev.woodpecker.compiler.TestTrees.add;
import static dev.woodpecker.compiler.TestTrees.buffer;
import static dev.woodpecker.compiler.TestTrees.extents;
import static dev.woodpecker.compiler.TestTrees.f32;
import static dev.woodpecker.compiler.TestTrees.kernel;
import static dev.woodpecker.compiler.TestTrees.less;
import static dev.woodpecker.compiler.TestTrees.loop;
import static dev.woodpecker.compiler.TestTrees.store;
import static dev.woodpecker.compiler.TestTrees.sub;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelInterpretationTest {
    private static final int N = 64;
    private static final Buffer X = buffer("x", Scope.GLOBAL, N);
    private static final Buffer Y = buffer("y", Scope.GLOBAL, N);
    private static final Buffer TILE = buffer("tile", Scope.SHARED, N);
    private static final Expr.Var I = Expr.Var.index("i");
    private static final Expr.Var T = Expr.Var.index("t");
    private static final HostTensor INPUT = ascending(N);

    @Test
    void layoutsMapLogicalIndicesAndPadWithZeros() {
        Buffer blocked =
                new Buffer("x", DType.F32, extents(5, 3), LayoutMap.rowMajor(2).blocked(1, 4), Scope.GLOBAL, 64);
        Buffer flat = buffer("y", Scope.GLOBAL, 20);
        // The 20 elements of memory in order: each row of 3 has a zero after it.
        Stmt copy = loop(I, 20, Loop.Binding.SERIAL, store(flat, I, new Expr.Load(blocked, List.of(I))));
        HostTensor y = run(copy, 1, blocked, flat, ascending(5, 3)).output("y");
        assertThat(y.toFloats()).startsWith(0, 1, 2, 0, 3, 4, 5, 0, 6);
    }

    @Test
    void vectorsAreReadWholeBeforeTheyAreWritten() {
        Expr reversed = new Expr.Load(X, List.of(new Expr.Ramp(Expr.index(N - 1), -1, 8)));
        Stmt first = store(
                Y,
                new Expr.Ramp(Expr.index(0), 1, 8),
                new Expr.Binary(BinaryOp.ADD, reversed, new Expr.Broadcast(f32(1), 8)));
        Stmt rest = loop(I, N - 8, Loop.Binding.SERIAL, store(Y, add(I, Expr.index(8)), new Expr.Load(X, List.of(I))));
        assertThat(run(Stmt.seq(first, rest), 1).output("y").toFloats())
                .startsWith(64, 63, 62, 61, 60, 59, 58, 57, 0, 1);
    }

    @Test
    void threadsRunInStepBetweenBarriers() {
        assertThat(run(reversal(true), N).output("y").toFloats())
                .startsWith(63, 62, 61)
                .endsWith(1, 0);
    }

    @Test
    void aMissingBarrierIsFound() {
        assertThatThrownBy(() -> run(reversal(false), N))
                .isInstanceOf(InterpreterException.class)
                .hasMessageContaining("thread 0 of block 1 reads element 63 of tile, which was never written");
        Stmt writeAfterRead = Stmt.seq(
                store(TILE, T, new Expr.Load(X, List.of(T))),
                new Stmt.Barrier(),
                store(Y, T, new Expr.Load(TILE, List.of(reversed(T)))),
                store(TILE, T, f32(0)));
        assertThatThrownBy(() -> run(block(writeAfterRead), N))
                .hasMessageContaining(
                        "thread 0 of block 1 writes element 0 of tile, which another thread reads, without a barrier"
                                + " between");
    }

    @Test
    void aBarrierUnderAConditionOfSomeThreadsIsFound() {
        Stmt some = new Stmt.If(less(T, Expr.index(8)), new Stmt.Barrier(), Optional.empty());
        assertThatThrownBy(() -> run(block(some), N))
                .hasMessageContaining("a barrier stands under a condition that is not the same for all threads");
    }

    @Test
    void registersAroundALoopOverThreadsAreOneAThread() {
        Buffer register = Buffer.rowMajor("r", DType.F32, List.of(), Scope.REGISTER);
        Stmt load = thread(new Stmt.Store(register, List.of(), new Expr.Load(X, List.of(T)), Origin.NONE));
        Stmt store = thread(store(Y, T, new Expr.Load(register, List.of())));
        assertThat(run(new Stmt.Allocate(register, Stmt.seq(load, store)), N).output("y"))
                .isEqualTo(INPUT);
    }

    @Test
    void asynchronousCopiesAreSeenAfterTheirWait() {
        Stmt.AsyncCopy copy = new Stmt.AsyncCopy(TILE, List.of(T), X, List.of(T), 1, less(T, Expr.index(N - 1)));
        List<Stmt> complete = List.of(
                copy,
                new Stmt.Commit(),
                new Stmt.Wait(0),
                new Stmt.Barrier(),
                store(Y, T, new Expr.Load(TILE, List.of(reversed(T)))));
        assertThat(run(block(Stmt.seq(complete)), N).output("y").toFloats())
                .as("zeros where the guard does not hold")
                .startsWith(0, 62, 61);
        List<Stmt> early = new ArrayList<>(complete);
        early.set(2, new Stmt.Wait(1));
        assertThatThrownBy(() -> run(block(Stmt.seq(early)), N))
                .hasMessageContaining(
                        "reads element 63 of tile, to which an asynchronous copy is under way that was not waited for");
    }

    @Test
    void anIntrinsicRunsOnWindows() {
        Intrinsic square = new Intrinsic(
                "square4",
                Intrinsic.Level.THREAD,
                List.of(
                        Intrinsic.Operand.memory("to", DType.F32, List.of(4), Scope.GLOBAL, Intrinsic.Access.WRITE),
                        Intrinsic.Operand.memory("from", DType.F32, List.of(4), Scope.GLOBAL, Intrinsic.Access.READ)),
                tiles -> {
                    for (int i = 0; i < 4; i++) {
                        tiles[0][i] = tiles[1][i] * tiles[1][i];
                    }
                },
                Map.of());
        Expr start = new Expr.Binary(BinaryOp.MUL, I, Expr.index(4));
        Stmt body = loop(
                I,
                N / 4,
                Loop.Binding.SERIAL,
                new Stmt.Invoke(
                        square, List.of(new Stmt.Window(Y, List.of(start)), new Stmt.Window(X, List.of(start)))));
        assertThat(run(body, 1).output("y").toFloats())
                .startsWith(0, 1, 4, 9, 16)
                .endsWith(63 * 63);
    }

    @Test
    void aWarpHoldsATileTogether() {
        // Lane 8 * r + c holds the element [r, c] of a 4x8 tile; loaded transposed in memory order it shows where it
        // went.
        Distribution distribution = new Distribution(
                "rows of 8",
                4,
                8,
                32,
                1,
                List.of(new Distribution.Digit(Distribution.Source.LANE, 8, 0, 1)),
                List.of(new Distribution.Digit(Distribution.Source.LANE, 1, 8, 1)));
        Intrinsic reverse = new Intrinsic(
                "load_reversed",
                Intrinsic.Level.WARP,
                List.of(
                        Intrinsic.Operand.fragment("fragment", DType.F32, distribution, Intrinsic.Access.WRITE),
                        Intrinsic.Operand.memory(
                                "tile", DType.F32, List.of(4, 8), Scope.SHARED, Intrinsic.Access.READ)),
                tiles -> {
                    for (int i = 0; i < 32; i++) {
                        tiles[0][i] = tiles[1][31 - i];
                    }
                },
                Map.of());
        Buffer tile = buffer("tile", Scope.SHARED, 8, 8);
        Buffer fragment = buffer("fragment", Scope.FRAGMENT, 1);
        Expr row = new Expr.Binary(BinaryOp.DIV, T, Expr.index(8));
        Expr column = new Expr.Binary(BinaryOp.REM, T, Expr.index(8));
        Stmt fill = new Stmt.Store(tile, List.of(row, column), new Expr.Load(X, List.of(T)), Origin.NONE);
        Stmt load = new Stmt.Invoke(
                reverse,
                List.of(
                        new Stmt.Window(fragment, List.of(Expr.index(0))),
                        new Stmt.Window(
                                tile, List.of(new Expr.Binary(BinaryOp.MUL, half(T), Expr.index(4)), Expr.index(0)))));
        Stmt drain = store(Y, T, new Expr.Load(fragment, List.of(Expr.index(0))));
        Stmt body = new Stmt.Allocate(
                tile,
                thread(new Stmt.Allocate(
                        fragment, Stmt.seq(fill, new Stmt.Barrier(), load, new Stmt.Barrier(), drain))));
        float[] y = run(body, N).output("y").toFloats();
        assertThat(y)
                .as("each warp has the half of the tile that its window names")
                .startsWith(31, 30, 29)
                .endsWith(34, 33, 32);
        assertThatThrownBy(() -> run(loop(T, 16, Loop.Binding.THREAD_X, load), 16, X, Y, INPUT))
                .isInstanceOf(InterpreterException.class)
                .hasMessageContaining("an operation of 32 threads is reached by 16 of group 0");
    }

    /** 0 in the first warp, 1 in the second. */
    private static Expr half(Expr thread) {
        return new Expr.Binary(BinaryOp.DIV, thread, Expr.index(32));
    }

    @Test
    void aCheckThatFailsIsTheStatus() {
        Stmt check = new Stmt.Check(less(new Expr.Load(X, List.of(I)), f32(10)), 3, "x below 10");
        KernelResult outcome = run(loop(I, N, Loop.Binding.PARALLEL, Stmt.seq(check, store(Y, I, f32(0)))), 1);
        assertThat(outcome).isEqualTo(new KernelResult(3, Map.of()));
    }

    @Test
    void whatNoKernelMayDoIsAnError() {
        Expr half = new Expr.Binary(BinaryOp.DIV, I, Expr.index(2));
        assertThatThrownBy(() -> run(loop(I, N, Loop.Binding.PARALLEL, store(Y, half, f32(1))), 1))
                .as("two iterations write one element")
                .hasMessageContaining(
                        "kernel k, phase k: element 0 of y is written by thread 0 of block 2 and by thread 0 of"
                                + " block 1");
        assertThatThrownBy(() -> run(loop(I, N, Loop.Binding.SERIAL, store(Y, add(I, Expr.index(1)), f32(1))), 1))
                .hasMessageContaining("index 64 is outside axis 0 of y of shape [64]");
        assertThatThrownBy(() -> run(loop(I, N / 2, Loop.Binding.SERIAL, store(Y, I, f32(1))), 1))
                .hasMessageContaining("element [32] of y was never written");
        assertThatThrownBy(() -> run(loop(I, N, Loop.Binding.SERIAL, store(Y, I, new Expr.Load(Y, List.of(I)))), 1))
                .hasMessageContaining("reads element 0 of y, which was never written");
    }

    /** y = x reversed, through shared memory. */
    private static Stmt reversal(boolean barrier) {
        Stmt fill = store(TILE, T, new Expr.Load(X, List.of(T)));
        Stmt drain = store(Y, T, new Expr.Load(TILE, List.of(reversed(T))));
        return block(barrier ? Stmt.seq(fill, new Stmt.Barrier(), drain) : Stmt.seq(fill, drain));
    }

    private static Stmt block(Stmt body) {
        return loop(I, 1, Loop.Binding.BLOCK_X, new Stmt.Allocate(TILE, thread(body)));
    }

    private static Stmt thread(Stmt body) {
        return loop(T, N, Loop.Binding.THREAD_X, body);
    }

    private static HostTensor ascending(long... shape) {
        HostTensor tensor = HostTensor.zeros(DType.F32, shape);
        double[] values = new double[tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return HostTensor.ofReals(DType.F32, values, shape);
    }

    private static Expr reversed(Expr index) {
        return sub(Expr.index(N - 1), index);
    }

    private static KernelResult run(Stmt body, int threads) {
        return run(body, threads, X, Y, INPUT);
    }

    private static KernelResult run(Stmt body, int threads, Buffer x, Buffer y, HostTensor input) {
        return Interpreter.run(kernel(x, y, body, Target.parse("cuda:sm_80"), threads), Map.of("x", input));
    }
}
