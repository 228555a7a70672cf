package dev.woodpecker.tuner.cost;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.Map;

/** Values of index expressions where loops stand at given iterations. */
public final class IndexValue {
    private IndexValue() {}

    /**
     * The value of an index.
     *
     * @param variables where loops stand; 0 for those that are missing
     * @param lets values of other variables
     */
    public static long of(Expr index, Map<String, Long> variables, Map<String, Expr> lets) {
        return switch (index) {
            case Expr.IntConst(long value, var _) -> value;
            case Expr.Var v -> {
                Expr value = lets.get(v.name());
                yield value == null ? variables.getOrDefault(v.name(), 0L) : of(value, variables, lets);
            }
            // The greatest extent is what memory and time have to be enough for.
            case Expr.Param p -> p.max();
            case Expr.Unary(UnaryOp op, Expr operand) ->
                op == UnaryOp.NEG ? -of(operand, variables, lets) : of(operand, variables, lets);
            case Expr.Binary(BinaryOp op, Expr left, Expr right) ->
                binary(op, of(left, variables, lets), of(right, variables, lets));
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) ->
                of(of(condition, variables, lets) != 0 ? whenTrue : whenFalse, variables, lets);
            case Expr.Cast(var _, Expr operand) -> of(operand, variables, lets);
            case Expr.Broadcast(Expr value, int _) -> of(value, variables, lets);
            case Expr.Ramp(Expr base, long _, int _) -> of(base, variables, lets);
            case Expr other -> 0;
        };
    }

    private static long binary(BinaryOp op, long a, long b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> b == 0 ? 0 : a / b;
            case REM -> b == 0 ? 0 : a % b;
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case SHL -> a << b;
            case SHR -> a >> b;
            case DOT4 -> throw new IllegalArgumentException("no arithmetic of indices: " + op);
            case LT -> a < b ? 1 : 0;
            case LE -> a <= b ? 1 : 0;
            case GT -> a > b ? 1 : 0;
            case GE -> a >= b ? 1 : 0;
            case EQ -> a == b ? 1 : 0;
            case NE -> a != b ? 1 : 0;
        };
    }
}
