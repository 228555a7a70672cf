package dev.woodpecker.compiler.ir;

import static dev.woodpecker.compiler.TestTrees.add;
import static dev.woodpecker.compiler.TestTrees.less;
import static dev.woodpecker.compiler.TestTrees.mul;
import static dev.woodpecker.compiler.TestTrees.sub;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LinearProofTest {
    private static final Expr.Var O = Expr.Var.index("o");
    private static final Expr.Var I = Expr.Var.index("i");
    private static final Expr.Var R = Expr.Var.index("r");
    private static final Expr AT = add(mul(O, 256), I);

    @Test
    void aConditionOnTheWholeLimitsItsDigits() {
        Bounds bounds = Bounds.none().with(O, 0, 1).with(I, 0, 255).assuming(less(AT, Expr.index(288)));
        Expr digit = IndexMath.div(add(mul(O, 32), IndexMath.div(I, 8)), 18);
        assertThat(LinearProof.isAtMost(digit, Expr.index(1), bounds)).isTrue();
        assertThat(LinearProof.isAtMost(digit, Expr.index(0), bounds)).isFalse();
    }

    /** A window of three rows, some of them outside: 16 * 9 elements. */
    @Test
    void conditionsOnSingleAxesLimitTheOffset() {
        Bounds loops = Bounds.none().with(O, 0, 0).with(I, 0, 255).with(R, 0, 2).assuming(less(AT, Expr.index(144)));
        Expr row = sub(add(IndexMath.div(AT, 9), R), Expr.index(1));
        Bounds inside =
                loops.assuming(new Expr.Binary(BinaryOp.GE, row, Expr.index(0))).assuming(less(row, Expr.index(16)));
        Expr offset = add(mul(row, 9), IndexMath.rem(AT, 9));
        assertThat(LinearProof.isAtMost(Expr.index(0), offset, inside)).isTrue();
        assertThat(LinearProof.isAtMost(offset, Expr.index(143), inside)).isTrue();
        assertThat(LinearProof.isAtMost(offset, Expr.index(143), loops)).isFalse();
    }

    /** What is loaded may be anything, so that sums with it wrap; a condition on the sum limits that. */
    @Test
    void aSumThatWrapsIsWhatItWasComparedWith() {
        Expr.Var loaded = Expr.Var.index("x");
        Expr at = sub(add(loaded, R), Expr.index(1));
        Bounds bounds = Bounds.none().with(R, 0, 2);
        Bounds inside =
                bounds.assuming(new Expr.Binary(BinaryOp.GE, at, Expr.index(0))).assuming(less(at, Expr.index(5)));
        Expr offset = sub(add(mul(loaded, 7), mul(R, 7)), Expr.index(7));
        assertThat(LinearProof.isAtMost(offset, Expr.index(28), inside)).isTrue();
        assertThat(LinearProof.isAtMost(Expr.index(0), offset, inside)).isTrue();
        assertThat(LinearProof.isAtMost(offset, Expr.index(27), inside)).isFalse();
        assertThat(LinearProof.isAtMost(offset, Expr.index(28), bounds)).isFalse();
    }

    @Test
    void whatIsShownHolds() {
        Random random = new Random(5);
        int shown = 0;
        for (int round = 0; round < 120; round++) {
            Expr at = expression(random, 3);
            Expr condition = less(expression(random, 2), Expr.index(random.nextInt(12) - 2));
            long limit = random.nextInt(30) - 5;
            Bounds bounds =
                    Bounds.none().with(O, 0, 3).with(I, 0, 6).with(R, -2, 2).assuming(condition);
            if (LinearProof.isAtMost(at, Expr.index(limit), bounds)) {
                shown++;
                assertThat(greatest(at, condition))
                        .as("%s where %s", IrText.of(at), IrText.of(condition))
                        .isLessThanOrEqualTo(limit);
            }
        }
        assertThat(shown).isGreaterThan(20);
    }

    private static Expr expression(Random random, int depth) {
        int kind = depth == 0 ? random.nextInt(3) : random.nextInt(9);
        return switch (kind) {
            case 0 -> O;
            case 1 -> I;
            case 2 -> R;
            case 3 -> add(expression(random, depth - 1), expression(random, depth - 1));
            case 4 -> sub(expression(random, depth - 1), expression(random, depth - 1));
            case 5 -> mul(expression(random, depth - 1), 1 + random.nextInt(4));
            case 6 -> IndexMath.rem(expression(random, depth - 1), 2 + random.nextInt(4));
            case 7 ->
                new Expr.Binary(
                        random.nextBoolean() ? BinaryOp.MIN : BinaryOp.MAX,
                        expression(random, depth - 1),
                        expression(random, depth - 1));
            default -> IndexMath.div(expression(random, depth - 1), 2 + random.nextInt(4));
        };
    }

    private static long greatest(Expr e, Expr condition) {
        long greatest = Long.MIN_VALUE;
        for (long o = 0; o <= 3; o++) {
            for (long i = 0; i <= 6; i++) {
                for (long r = -2; r <= 2; r++) {
                    Bounds point = Bounds.none().with(O, o, o).with(I, i, i).with(R, r, r);
                    if (Simplifier.proves(point, condition)) {
                        greatest = Math.max(greatest, point.of(e).max());
                    }
                }
            }
        }
        return greatest;
    }
}
