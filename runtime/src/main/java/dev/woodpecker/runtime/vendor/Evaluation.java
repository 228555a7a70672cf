package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.interp.MathReference;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** The value of an expression where its variables have given values; none where it has anything else in it. */
final class Evaluation {
    private Evaluation() {}

    /** Of an index. */
    static OptionalLong index(Expr e, Map<Expr, Long> variables) {
        Long given = variables.get(e);
        if (given != null) {
            return OptionalLong.of(given);
        }
        return switch (e) {
            case Expr.IntConst c -> OptionalLong.of(c.value());
            case Expr.Binary(BinaryOp op, Expr left, Expr right) -> {
                OptionalLong a = index(left, variables);
                OptionalLong b = index(right, variables);
                yield a.isEmpty() || b.isEmpty() ? OptionalLong.empty() : index(op, a.getAsLong(), b.getAsLong());
            }
            default -> OptionalLong.empty();
        };
    }

    private static OptionalLong index(BinaryOp op, long a, long b) {
        return switch (op) {
            case ADD -> OptionalLong.of(a + b);
            case SUB -> OptionalLong.of(a - b);
            case MUL -> OptionalLong.of(a * b);
            case DIV -> b == 0 ? OptionalLong.empty() : OptionalLong.of(a / b);
            case REM -> b == 0 ? OptionalLong.empty() : OptionalLong.of(a % b);
            case MIN -> OptionalLong.of(Math.min(a, b));
            case MAX -> OptionalLong.of(Math.max(a, b));
            case AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> OptionalLong.empty();
        };
    }

    /** Of a function of floats; conditions are 1 or 0. */
    static OptionalDouble function(Expr e, Expr variable, double value) {
        if (e.equals(variable)) {
            return OptionalDouble.of(value);
        }
        return switch (e) {
            case Expr.FloatConst c -> OptionalDouble.of(c.type() == DType.F32 ? (float) c.value() : c.value());
            case Expr.IntConst c -> OptionalDouble.of((double) c.value());
            case Expr.Cast(DType type, Expr operand) when type.isFloat() -> function(operand, variable, value);
            case Expr.Unary(UnaryOp op, Expr operand) -> {
                OptionalDouble a = function(operand, variable, value);
                yield a.isEmpty()
                        ? a
                        : switch (op) {
                            case NEG -> OptionalDouble.of(-a.getAsDouble());
                            case NOT -> OptionalDouble.of(a.getAsDouble() == 0 ? 1 : 0);
                            case BIT_NOT -> OptionalDouble.empty();
                        };
            }
            case Expr.Binary(BinaryOp op, Expr left, Expr right) -> {
                OptionalDouble a = function(left, variable, value);
                OptionalDouble b = function(right, variable, value);
                yield a.isEmpty() || b.isEmpty()
                        ? OptionalDouble.empty()
                        : function(op, a.getAsDouble(), b.getAsDouble());
            }
            case Expr.Call call -> {
                OptionalDouble a = function(call.arguments().getFirst(), variable, value);
                OptionalDouble b = function(call.arguments().getLast(), variable, value);
                yield a.isEmpty() || b.isEmpty()
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(
                                MathReference.call(call.function(), a.getAsDouble(), b.getAsDouble(), DType.F64));
            }
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                OptionalDouble c = function(condition, variable, value);
                yield c.isEmpty() ? c : function(c.getAsDouble() != 0 ? whenTrue : whenFalse, variable, value);
            }
            default -> OptionalDouble.empty();
        };
    }

    private static OptionalDouble function(BinaryOp op, double a, double b) {
        return switch (op) {
            case ADD -> OptionalDouble.of(a + b);
            case SUB -> OptionalDouble.of(a - b);
            case MUL -> OptionalDouble.of(a * b);
            case DIV -> OptionalDouble.of(a / b);
            case MIN -> OptionalDouble.of(Math.min(a, b));
            case MAX -> OptionalDouble.of(Math.max(a, b));
            case LT -> truth(a < b);
            case LE -> truth(a <= b);
            case GT -> truth(a > b);
            case GE -> truth(a >= b);
            case EQ -> truth(a == b);
            case NE -> truth(a != b);
            case AND -> truth(a != 0 && b != 0);
            case OR -> truth(a != 0 || b != 0);
            case REM, XOR, SHL, SHR, DOT4 -> OptionalDouble.empty();
        };
    }

    private static OptionalDouble truth(boolean value) {
        return OptionalDouble.of(value ? 1 : 0);
    }
}
