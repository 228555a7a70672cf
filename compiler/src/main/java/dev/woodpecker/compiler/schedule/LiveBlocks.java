package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How many blocks of columns {@link Rolling} goes through: those behind the last column that any row of a block of threads may
 * see are masked entirely, as half of them are where each query sees the keys before it. What is masked there has no power, so
 * that it is not read either: an infinity among the values there does not make a NaN of its product with zero.
 *
 * @param at where the scores are read, by the loops {@code around}
 */
record LiveBlocks(Stage scores, List<Expr> at, List<Loop> around, Loop blocks) {
    /** The extent of the loop over blocks, of what is the same in all threads of a block. */
    Expr extent() {
        Expr extent = blocks.extent();
        for (Expr condition : conditions()) {
            Optional<Expr> seen = seen(condition);
            if (seen.isPresent()) {
                extent = new Expr.Binary(BinaryOp.MIN, extent, seen.get());
            }
        }
        return extent;
    }

    /** Without which a score is as small as can be. */
    private List<Expr> conditions() {
        List<Expr> conditions = new ArrayList<>();
        Expr score = Stages.withoutCasts(scores.element());
        while (score instanceof Expr.Select(Expr condition, Expr seen, Expr masked)
                && masked instanceof Expr.FloatConst(double value, var _)
                && value == Double.NEGATIVE_INFINITY) {
            Decompose.conjuncts(condition)
                    .forEach(c -> conditions.add(LoopNest.substitute(c, LoopNest.bind(scores.axes(), at))));
            score = seen;
        }
        return conditions;
    }

    /** How many blocks it may hold in, where it ends somewhere. */
    private Optional<Expr> seen(Expr condition) {
        if (!(condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))) {
            return Optional.empty();
        }
        return switch (op) {
            case GE -> seen(left, right, 0);
            case GT -> seen(left, right, 1);
            case LE -> seen(right, left, 0);
            case LT -> seen(right, left, 1);
            case ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, EQ, NE -> Optional.empty();
        };
    }

    /** Of {@code more - less >= least}, at the row and the column of a block of threads where it is greatest. */
    private Optional<Expr> seen(Expr more, Expr less, long least) {
        Optional<Region.Affine> difference = Region.Affine.of(IndexMath.sub(more, less));
        if (difference.isEmpty()) {
            return Optional.empty();
        }
        Expr greatest = Expr.index(difference.get().constant() - least);
        long byBlock = 0;
        for (Map.Entry<Expr, Long> term : difference.get().terms().entrySet()) {
            Optional<Loop> loop = around.stream()
                    .filter(l -> l.variable().equals(term.getKey()))
                    .findFirst();
            long factor = term.getValue();
            if (loop.isEmpty() || IndexMath.constant(loop.get().extent()).isEmpty()) {
                return Optional.empty();
            }
            if (loop.get().name().equals(blocks.name())) {
                byBlock = factor;
            } else if (loop.get().binding().isBlock()) {
                greatest = IndexMath.add(greatest, IndexMath.mul(term.getKey(), Expr.index(factor)));
            } else {
                long most = IndexMath.constant(loop.get().extent()).getAsLong() - 1;
                greatest = IndexMath.add(greatest, Expr.index(Math.max(0, factor * most)));
            }
        }
        // A negative quotient is cut to zero: one block is gone through for nothing.
        return byBlock < 0
                ? Optional.of(IndexMath.add(IndexMath.div(greatest, -byBlock), Expr.index(1)))
                : Optional.empty();
    }
}
