package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Evaluator;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop.Binding;
import dev.woodpecker.compiler.ir.Loop.Carrier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VectorizeTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v2");
    private static final Buffer X = global("x", DType.F32, 64);
    private static final Buffer W = global("w", DType.F32, 64);
    private static final Buffer Y = global("y", DType.F32, 64);
    private static final Buffer Z = global("z", DType.F32, 64);

    private static Stmt vectorized(Stmt s) {
        return Vectorize.apply(s, TARGET);
    }

    /** The text after the pass; before and after compute the same from the same memory. */
    private static void assertVectorizes(Stmt before, String after) {
        Stmt result = vectorized(before);
        assertThat(IrText.of(result)).isEqualTo(after);
        assertThat(run(result)).isEqualTo(run(before));
    }

    /** What the outputs hold afterwards. */
    private static List<Double> run(Stmt s) {
        Random random = new Random(5);
        Evaluator evaluator = new Evaluator((function, x) -> Math.exp(x[0]));
        // Whole numbers: a reduction by lanes is exact in any order.
        for (String name : List.of("x", "w", "y", "z")) {
            evaluator.buffer(name, random.ints(64, -8, 9).asDoubleStream().toArray());
        }
        evaluator.buffer("n", random.longs(64, 0, 64).toArray());
        evaluator.run(s);
        return Stream.of("y", "z")
                .flatMap(name -> Arrays.stream(evaluator.doubles(name)).boxed())
                .toList();
    }

    @Test
    void neighboursAreOneVectorAndWhatAllLanesShareIsBroadcast() {
        Expr at = add(mul(v("i"), 4), v("l"));
        assertVectorizes(
                serial("i", 16, vector("l", 4, store(Y, add(mul(load(X, at), load(W, v("i"))), f(1)), at))), """
                for i in 0..16:
                    y[ramp(i * 4, 4)] = x[ramp(i * 4, 4)] * broadcast(w[i], 4) + broadcast(1.0, 4)
                """);
    }

    @Test
    void otherStridesAreGathered() {
        assertVectorizes(vector("l", 4, store(Y, load(X, add(mul(v("l"), 3), c(1))), v("l"))), """
            y[ramp(0, 4)] = x[ramp(1, stride 3, 4)]
            """);
        Buffer n = global("n", DType.I64, 64);
        assertVectorizes(vector("l", 2, store(Y, load(X, load(n, v("l"))), v("l"))), """
            y[ramp(0, 2)] = x[n[ramp(0, 2)]]
            """);
    }

    @Test
    void scatteredStoresAreMadeLaneByLane() {
        assertVectorizes(vector("l", 4, store(Y, load(X, v("l")), mul(v("l"), 2))), """
            for l in 0..4:
                y[l * 2] = x[l]
            """);
    }

    @Test
    void aConditionThatDiffersAmongLanesHasAFastWayForAll() {
        Expr at = add(mul(v("i"), 4), v("l"));
        assertVectorizes(serial("i", 4, vector("l", 4, when(less(at, 14), store(Y, load(X, at), at)))), """
            for i in 0..4:
                if i < 3:
                    y[ramp(i * 4, 4)] = x[ramp(i * 4, 4)]
                else:
                    for l in 0..4:
                        if i * 4 + l < 14:
                            y[i * 4 + l] = x[i * 4 + l]
            """);
    }

    @Test
    void aGuardedLoadIsChosenLaneByLaneAtTheBorderOnly() {
        Expr before = op(BinaryOp.SUB, add(mul(v("i"), 4), v("l")), c(1));
        Expr inside = op(BinaryOp.GE, before, c(0));
        assertVectorizes(
                serial(
                        "i",
                        4,
                        vector("l", 4, store(Y, new Expr.Select(inside, load(X, before), f(0)), add(before, c(1))))),
                """
                for i in 0..4:
                    alloc chosen.lanes: f32[4] register
                    if i >= 1:
                        chosen.lanes[ramp(0, 4)] = x[ramp(i * 4 - 1, 4)]
                    else:
                        for l in 0..4:
                            chosen.lanes[l] = select(i * 4 + l >= 1, x[i * 4 + l - 1], 0.0)
                    y[ramp(i * 4, 4)] = chosen.lanes[ramp(0, 4)]
                """);
    }

    @Test
    void anAccumulatorOfEachLaneIsAVectorAcrossTheReduction() {
        Buffer acc = register("acc", 4);
        Expr sum = add(load(acc, v("l")), mul(load(X, add(mul(v("c"), 4), v("l"))), load(W, v("c"))));
        Stmt body = Stmt.seq(
                vector("l", 4, store(acc, f(0), v("l"))),
                reduce("c", 8, vector("l", 4, store(acc, sum, v("l")))),
                vector("l", 4, store(Y, load(acc, v("l")), v("l"))));
        assertVectorizes(new Stmt.Allocate(acc, body), """
            alloc acc: f32[4] register
            acc[ramp(0, 4)] = broadcast(0.0, 4)
            for c in 0..8 reduction:
                acc[ramp(0, 4)] += x[ramp(c * 4, 4)] * broadcast(w[c], 4)
            y[ramp(0, 4)] = acc[ramp(0, 4)]
            """);
    }

    @Test
    void aReductionIntoAScalarKeepsAPartialResultALane() {
        Buffer acc = register("acc");
        Expr at = add(mul(v("c.o"), 4), v("c.i"));
        Stmt update = store(acc, add(load(acc), mul(load(X, at), load(W, at))));
        Stmt body = Stmt.seq(
                store(acc, f(0)),
                reduce("c.o", 4, loop(Binding.VECTOR, Carrier.REDUCTION, "c.i", 4, update)),
                store(Y, load(acc), c(7)));
        assertVectorizes(new Stmt.Allocate(acc, body), """
            alloc acc: f32[] register
            acc[] = 0.0
            alloc acc.part: f32[4] register
            acc.part[ramp(0, 4)] = broadcast(0.0, 4)
            for c.o in 0..4 reduction:
                acc.part[ramp(0, 4)] += x[ramp(c.o * 4, 4)] * w[ramp(c.o * 4, 4)]
            acc[] += acc.part[0] + acc.part[2] + (acc.part[1] + acc.part[3])
            y[7] = acc[]
            """);
    }

    @Test
    void aLoopThatHandsValuesOnStaysSerial() {
        Buffer last = register("last");
        Stmt body = Stmt.seq(store(last, load(X, v("l"))), store(Y, add(load(last), f(1)), v("l")));
        assertVectorizes(new Stmt.Allocate(last, vector("l", 4, body)), """
            alloc last: f32[] register
            for l in 0..4:
                last[] = x[l]
                y[l] = last[] + 1.0
            """);
    }

    @Test
    void aVariableInsideTheLoopBecomesOneALane() {
        Buffer last = register("last");
        Stmt body = Stmt.seq(store(last, load(X, v("l"))), store(Y, add(load(last), f(1)), v("l")));
        assertVectorizes(vector("l", 4, new Stmt.Allocate(last, body)), """
            alloc last: f32[4] register
            last[ramp(0, 4)] = x[ramp(0, 4)]
            y[ramp(0, 4)] = last[ramp(0, 4)] + broadcast(1.0, 4)
            """);
    }

    @Test
    void wideElementsTakeVectorsOfFewerLanes() {
        Buffer wide = global("n", DType.I64, 64);
        Expr value = new Expr.Cast(DType.F32, load(wide, v("l")));
        assertVectorizes(vector("l", 4, store(Y, value, v("l"))), """
            for l.part in 0..2 unroll:
                y[ramp(l.part * 2, 2)] = f32(n[ramp(l.part * 2, 2)])
            """);
    }

    // ---- Property

    /** Random bodies of a vector loop: guarded loads, conditions, locals, inner loops, accumulators. */
    private static final class Bodies {
        private final Random random;
        private final Buffer acc = register("acc", 4, 4);
        private final Buffer total = register("total");
        private int names;

        Bodies(long seed) {
            random = new Random(seed);
        }

        private Expr index(int depth) {
            Expr lane = random.nextInt(4) == 0 ? mul(v("l"), 1 + random.nextInt(3)) : v("l");
            return switch (random.nextInt(depth == 0 ? 3 : 4)) {
                case 0 -> add(lane, c(random.nextInt(8)));
                case 1 -> add(mul(v("i"), 4), v("l"));
                case 2 -> add(v("i"), c(random.nextInt(4)));
                default -> op(BinaryOp.REM, op(BinaryOp.MUL, index(0), c(7)), c(11));
            };
        }

        private Expr condition() {
            BinaryOp[] ops = {BinaryOp.LT, BinaryOp.LE, BinaryOp.GT, BinaryOp.GE, BinaryOp.EQ, BinaryOp.NE};
            Expr first = op(ops[random.nextInt(6)], index(1), c(random.nextInt(20)));
            return random.nextInt(3) == 0
                    ? op(BinaryOp.AND, first, op(BinaryOp.LT, index(0), c(random.nextInt(30))))
                    : first;
        }

        private Expr value(int depth) {
            if (depth == 0) {
                return switch (random.nextInt(4)) {
                    case 0 -> f(random.nextInt(5));
                    case 1 -> load(W, v("i"));
                    case 2 -> new Expr.Cast(DType.F32, index(0));
                    default -> load(X, index(1));
                };
            }
            return switch (random.nextInt(5)) {
                case 0 -> new Expr.Select(condition(), value(depth - 1), value(depth - 1));
                case 1 -> op(BinaryOp.MAX, value(depth - 1), value(depth - 1));
                case 2 -> load(acc, v("l"), c(random.nextInt(4)));
                default -> add(value(depth - 1), mul(f(2), value(depth - 1)));
            };
        }

        private Stmt statement(int depth) {
            return switch (random.nextInt(depth == 0 ? 3 : 6)) {
                case 0 -> store(Y, value(2), add(mul(v("i"), 4), v("l")));
                case 1 -> store(Z, value(1), add(mul(v("l"), 5), v("i")));
                case 2 -> store(acc, value(2), v("l"), c(random.nextInt(4)));
                case 3 -> when(condition(), statement(depth - 1));
                case 4 -> {
                    Expr.Var t = new Expr.Var("t" + names++, DType.F32);
                    yield new Stmt.Let(t, value(2), store(acc, add(t, value(0)), v("l"), c(1)));
                }
                default -> serial("r" + names++, 3, statement(depth - 1));
            };
        }

        Stmt nest() {
            Stmt body = Stmt.seq(statement(2), statement(2), statement(1));
            Stmt clear = serial("a", 4, serial("b", 4, store(acc, f(1), v("a"), v("b"))));
            Stmt sum = Loops.loop(
                    Binding.VECTOR, Carrier.REDUCTION, "s", 4, store(total, add(load(total), load(X, v("s")))));
            Stmt all = Stmt.seq(clear, store(total, f(0)), serial("i", 4, Stmt.seq(vector("l", 4, body), sum)));
            return new Stmt.Allocate(acc, new Stmt.Allocate(total, Stmt.seq(all, store(Y, load(total), c(63)))));
        }
    }

    @Test
    void vectorLoopsKeepTheirMeaning() {
        int vectors = 0;
        for (int seed = 0; seed < 400; seed++) {
            Stmt before = new Bodies(seed).nest();
            Stmt after = vectorized(before);
            assertThat(after.anyMatch(s -> s instanceof Stmt.For f && f.loop().binding() == Binding.VECTOR))
                    .isFalse();
            List<Double> expected = run(before);
            assertThat(run(after))
                    .as("seed %d:%n%s%n%s", seed, IrText.of(before), IrText.of(after))
                    .isEqualTo(expected);
            Stmt scalarized = ScalarizeRegisters.apply(Unroll.apply(after));
            assertThat(run(scalarized))
                    .as("scalarized, seed %d:%n%s", seed, IrText.of(scalarized))
                    .isEqualTo(expected);
            vectors += after.anyMatch(s -> s.expressions().stream().anyMatch(e -> e.lanes() > 1)) ? 1 : 0;
        }
        assertThat(vectors).as("bodies with a vector operation").isGreaterThan(300);
    }
}
