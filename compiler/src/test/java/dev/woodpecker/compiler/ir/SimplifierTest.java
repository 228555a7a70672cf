package dev.woodpecker.compiler.ir;

import static dev.woodpecker.compiler.ir.BinaryOp.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SimplifierTest {
    private static final Expr.Var I = Expr.Var.index("i");
    private static final Expr.Var J = Expr.Var.index("j");
    private static final Expr.Var K = Expr.Var.index("k");
    private static final Expr.Param N = new Expr.Param("n", 1, 1 << 20, 1);

    private static final Bounds RANGES =
            Bounds.none().with(I, 0, 13).with(J, 0, 15).with(K, 0, 999);

    private static Expr c(long value) {
        return Expr.index(value);
    }

    private static Expr op(BinaryOp op, Expr a, Expr b) {
        return new Expr.Binary(op, a, b);
    }

    private static Expr add(Expr a, Expr b) {
        return op(ADD, a, b);
    }

    private static Expr mul(Expr a, long b) {
        return op(MUL, a, c(b));
    }

    private static Expr div(Expr a, long b) {
        return op(DIV, a, c(b));
    }

    private static Expr rem(Expr a, long b) {
        return op(REM, a, c(b));
    }

    private static Expr simplified(Expr e) {
        return Simplifier.simplify(e, RANGES);
    }

    @Test
    void quotientAndRemainderPutTogetherAreTheDividend() {
        assertThat(simplified(add(mul(div(K, 16), 16), rem(K, 16)))).isEqualTo(K);
        Expr threeWays = add(mul(div(K, 64), 64), add(mul(rem(div(K, 16), 4), 16), rem(K, 16)));
        assertThat(simplified(threeWays)).isEqualTo(K);
        Expr scaled = add(mul(div(K, 16), 16 * 49), mul(rem(K, 16), 49));
        assertThat(simplified(scaled)).isEqualTo(mul(K, 49));
    }

    @Test
    void aSplitAxisIsDividedExactly() {
        Expr split = add(mul(I, 16), J);
        assertThat(simplified(div(split, 16))).isEqualTo(I);
        assertThat(simplified(rem(split, 16))).isEqualTo(J);
        assertThat(simplified(div(add(mul(I, 4), rem(J, 4)), 16))).isEqualTo(div(I, 4));
        assertThat(simplified(rem(div(split, 16), 16))).isEqualTo(I);
        assertThat(simplified(div(div(K, 4), 4))).isEqualTo(div(K, 16));
    }

    @Test
    void aDividendThatMayBeNegativeKeepsItsDivision() {
        Expr negative = add(mul(I, 16), op(SUB, J, c(1)));
        Expr result = simplified(div(negative, 16));
        assertThat(new Evaluator().set("i", 0).set("j", 0).integer(result)).isZero();
        assertThat(result.anyMatch(e -> e instanceof Expr.Binary b && b.op() == DIV))
                .isTrue();
    }

    @Test
    void sumsHaveOneForm() {
        Expr a = add(mul(add(I, c(2)), 8), add(J, c(-3)));
        Expr b = op(SUB, add(J, mul(I, 8)), c(-13));
        assertThat(simplified(a)).isEqualTo(simplified(b));
        assertThat(simplified(op(SUB, a, b))).isEqualTo(c(0));
    }

    @Test
    void comparisonsAreDecidedByRanges() {
        assertThat(simplified(op(LT, add(mul(I, 16), J), c(14 * 16)))).isEqualTo(Expr.TRUE);
        assertThat(simplified(op(GE, op(SUB, I, c(14)), c(0)))).isEqualTo(Expr.FALSE);
        assertThat(simplified(op(EQ, mul(I, 2), add(mul(J, 2), c(1))))).isEqualTo(Expr.FALSE);
        assertThat(simplified(op(GE, op(SUB, add(I, J), c(1)), c(0)))).isEqualTo(op(GE, add(I, J), c(1)));
        assertThat(simplified(op(LT, mul(I, 16), c(40)))).isEqualTo(op(LT, I, c(3)));
    }

    @Test
    void aLoopWithASymbolicExtentStaysBelowIt() {
        Loop loop = new Loop(I, N, Loop.Binding.SERIAL, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE);
        Bounds inside = Bounds.none().inside(loop).with(J, 0, 15);
        assertThat(Simplifier.simplify(op(LT, I, N), inside)).isEqualTo(Expr.TRUE);
        assertThat(Simplifier.simplify(op(LT, add(mul(I, 16), J), op(MUL, N, c(16))), inside))
                .isEqualTo(Expr.TRUE);
        Expr fused = add(op(MUL, J, N), I);
        assertThat(Simplifier.simplify(op(DIV, fused, N), inside)).isEqualTo(J);
        assertThat(Simplifier.simplify(op(REM, fused, N), inside)).isEqualTo(I);
    }

    @Test
    void aKnownDivisorMakesADivisionExact() {
        Expr.Param m = new Expr.Param("m", 16, 4096, 16);
        assertThat(simplified(rem(m, 8))).isEqualTo(c(0));
        assertThat(simplified(mul(div(m, 16), 16))).isEqualTo(m);
    }

    @Test
    void aConditionIsKnownWhereItHolds() {
        Expr condition = op(LT, add(I, J), c(10));
        Expr select = new Expr.Select(condition, new Expr.Select(op(LE, add(J, I), c(11)), c(1), c(2)), c(3));
        assertThat(simplified(select)).isEqualTo(new Expr.Select(condition, c(1), c(3)));
    }

    @Test
    void floatsKeepSignedZerosAndNaN() {
        Expr x = new Expr.Var("x", DType.F32);
        Expr zero = new Expr.FloatConst(0, DType.F32);
        Expr one = new Expr.FloatConst(1, DType.F32);
        assertThat(simplified(op(ADD, x, zero))).isEqualTo(op(ADD, x, zero));
        assertThat(simplified(op(MUL, x, zero))).isEqualTo(op(MUL, x, zero));
        assertThat(simplified(op(SUB, x, zero))).isEqualTo(x);
        assertThat(simplified(op(MUL, one, x))).isEqualTo(x);
        assertThat(simplified(op(ADD, new Expr.FloatConst(0.1, DType.F32), new Expr.FloatConst(0.2, DType.F32))))
                .isEqualTo(new Expr.FloatConst(0.1f + 0.2f, DType.F32));
    }

    @Test
    void zeroAndOneOfAConstantTableDropOut() {
        Table table = new Table("BT", DType.F32, new int[] {1, 4}, new double[] {0, 1, -1, 0.5});
        Expr x = new Expr.Var("x", DType.F32);
        Expr sum = op(MUL, new Expr.TableEntry(table, List.of(c(0), c(0))), x);
        for (int i = 1; i < 4; i++) {
            Expr.Var d = new Expr.Var("d" + i, DType.F32);
            sum = op(ADD, sum, op(MUL, d, new Expr.TableEntry(table, List.of(c(0), c(i)))));
        }
        Expr.Var d1 = new Expr.Var("d1", DType.F32);
        Expr.Var d2 = new Expr.Var("d2", DType.F32);
        Expr.Var d3 = new Expr.Var("d3", DType.F32);
        assertThat(simplified(sum))
                .isEqualTo(op(ADD, op(SUB, d1, d2), op(MUL, d3, new Expr.FloatConst(0.5, DType.F32))));
    }

    @Test
    void deadCodeVanishes() {
        Buffer y = Buffer.rowMajor("y", DType.F32, List.of(c(100)), Scope.GLOBAL);
        Stmt store = new Stmt.Store(y, List.of(I), new Expr.FloatConst(1, DType.F32), Origin.NONE);
        Stmt guarded = new Stmt.If(op(LT, I, c(14)), store, Optional.empty());
        assertThat(Simplifier.simplify(loop(I, 14, guarded))).isEqualTo(loop(I, 14, store));
        assertThat(Simplifier.simplify(loop(I, 0, guarded))).isEqualTo(new Stmt.Seq(List.of()));
        assertThat(Simplifier.simplify(loop(I, 1, store)))
                .isEqualTo(new Stmt.Store(y, List.of(c(0)), new Expr.FloatConst(1, DType.F32), Origin.NONE));
        Stmt self = new Stmt.Store(y, List.of(I), new Expr.Load(y, List.of(I)), Origin.NONE);
        assertThat(Simplifier.simplify(loop(I, 9, new Stmt.Let(J, mul(I, 3), self))))
                .isEqualTo(new Stmt.Seq(List.of()));
        assertThat(Simplifier.simplify(loop(I, 9, new Stmt.Let(J, mul(I, 3), store))))
                .isEqualTo(loop(I, 9, store));
    }

    @Test
    void neighboursUnderOneConditionShareIt() {
        Buffer y = Buffer.rowMajor("y", DType.F32, List.of(c(100)), Scope.GLOBAL);
        Expr one = new Expr.FloatConst(1, DType.F32);
        Stmt first = new Stmt.Store(y, List.of(I), one, Origin.NONE);
        Stmt second = new Stmt.Store(y, List.of(add(I, c(1))), one, Origin.NONE);
        Expr before = op(LT, I, c(7));
        Stmt apart =
                Stmt.seq(new Stmt.If(before, first, Optional.empty()), new Stmt.If(before, second, Optional.empty()));
        assertThat(Simplifier.simplify(loop(I, 14, apart)))
                .isEqualTo(loop(I, 14, new Stmt.If(before, Stmt.seq(first, second), Optional.empty())));
        // What the first stores may be what the condition reads.
        Expr unset = op(LT, new Expr.Load(y, List.of(c(0))), one);
        Stmt dependent = loop(
                I,
                14,
                Stmt.seq(new Stmt.If(unset, first, Optional.empty()), new Stmt.If(unset, second, Optional.empty())));
        assertThat(Simplifier.simplify(dependent)).isEqualTo(dependent);
    }

    private static Stmt loop(Expr.Var variable, long extent, Stmt body) {
        return new Stmt.For(
                new Loop(variable, c(extent), Loop.Binding.SERIAL, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE),
                body);
    }

    // ---- Properties

    /** Random integer expressions over i, j, k and n, of depth at most {@code depth}. */
    private static Expr random(Random random, int depth) {
        if (depth == 0 || random.nextInt(6) == 0) {
            return switch (random.nextInt(5)) {
                case 0 -> I;
                case 1 -> J;
                case 2 -> K;
                case 3 -> N;
                default -> c(random.nextInt(5) == 0 ? random.nextInt(200) - 100 : random.nextInt(20));
            };
        }
        Expr a = random(random, depth - 1);
        long factor = new long[] {2, 3, 4, 7, 8, 16, 28, 64}[random.nextInt(8)];
        return switch (random.nextInt(12)) {
            case 0, 1 -> op(ADD, a, random(random, depth - 1));
            case 2 -> op(SUB, a, random(random, depth - 1));
            case 3, 4 -> mul(a, factor);
            case 5, 6 -> div(a, factor);
            case 7, 8 -> rem(a, factor);
            case 9 -> op(random.nextBoolean() ? MIN : MAX, a, random(random, depth - 1));
            case 10 -> new Expr.Select(condition(random, depth - 1), a, random(random, depth - 1));
            default -> op(MUL, a, random(random, depth - 1));
        };
    }

    private static Expr condition(Random random, int depth) {
        BinaryOp[] comparisons = {LT, LE, GT, GE, EQ, NE};
        if (depth > 0 && random.nextInt(3) == 0) {
            Expr left = condition(random, depth - 1);
            return random.nextInt(3) == 0
                    ? new Expr.Unary(UnaryOp.NOT, left)
                    : op(random.nextBoolean() ? AND : OR, left, condition(random, depth - 1));
        }
        return op(comparisons[random.nextInt(6)], random(random, depth), random(random, depth));
    }

    @Test
    void simplificationKeepsValuesAndIsIdempotent() {
        Random random = new Random(20080405);
        for (int round = 0; round < 6000; round++) {
            Expr e = round % 4 == 0 ? condition(random, 4) : random(random, 5);
            Expr simplified = simplified(e);
            Expr again = simplified(simplified);
            assertThat(again).as("round %d: twice, from %s", round, e).isSameAs(simplified);
            for (int sample = 0; sample < 12; sample++) {
                Evaluator at = new Evaluator()
                        .set("i", random.nextInt(14))
                        .set("j", random.nextInt(16))
                        .set("k", random.nextInt(1000))
                        .set("n", 1 + random.nextInt(random.nextBoolean() ? 5 : 1 << 20));
                assertThat(at.integer(simplified)).as("round %d: %s", round, e).isEqualTo(at.integer(e));
                Interval range = RANGES.of(e);
                if (e.type() == DType.I64) {
                    assertThat(range.within(Long.MIN_VALUE, Long.MAX_VALUE)).isTrue();
                    assertThat(at.integer(e)).as("range of %s", e).isBetween(range.min(), range.max());
                    long divisor = RANGES.divisorOf(e);
                    assertThat(divisor == 0 ? at.integer(e) : at.integer(e) % divisor)
                            .as("divisor %d of %s", divisor, e)
                            .isZero();
                }
            }
        }
    }

    @Test
    void anUnrolledBodyOfManyTermsIsQuick() {
        Buffer x = Buffer.rowMajor("x", DType.F32, List.of(c(1 << 20)), Scope.GLOBAL);
        Expr sum = new Expr.FloatConst(0, DType.F32);
        for (int t = 0; t < 500; t++) {
            Expr index = add(mul(add(mul(K, 58), add(I, c(t / 20))), 58), add(J, c(t % 20)));
            sum = op(ADD, sum, op(MUL, new Expr.Load(x, List.of(index)), new Expr.Var("w" + t, DType.F32)));
        }
        Expr body = sum;
        double best = Double.POSITIVE_INFINITY;
        for (int run = 0; run < 20; run++) {
            long start = System.nanoTime();
            simplified(body);
            best = Math.min(best, (System.nanoTime() - start) / 1e6);
        }
        assertThat(best).as("milliseconds").isLessThan(50);
    }
}
