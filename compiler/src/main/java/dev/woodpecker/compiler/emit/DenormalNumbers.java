package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Numerics;

/**
 * Where numbers below the normal ones count as zeros. A processor takes a hundred times longer for arithmetic one of whose
 * lanes has such an operand or result, and networks make them: dead channels, faded activations.
 */
final class DenormalNumbers {
    private DenormalNumbers() {}

    /** Whether they are zeros in this code: where numerics allow it, and there is arithmetic in single precision. */
    static boolean areZeros(Numerics numerics, Stmt body) {
        return numerics != Numerics.STRICT
                && body.anyMatch(s -> s.expressions().stream().anyMatch(e -> e.anyMatch(DenormalNumbers::mayBeSlow)));
    }

    private static boolean mayBeSlow(Expr e) {
        return switch (e) {
            case Expr.Binary binary -> isSingle(binary.left().type()) && isArithmetic(binary.op());
            case Expr.Call call -> isSingle(call.type());
            case Expr _ -> false;
        };
    }

    private static boolean isArithmetic(BinaryOp op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, REM -> true;
            case MIN, MAX, LT, LE, GT, GE, EQ, NE, AND, OR, XOR, SHL, SHR, DOT4 -> false;
        };
    }

    /** Doubles keep theirs: models have them for few numbers, and for their range. */
    private static boolean isSingle(DType type) {
        return type.isFloat() && type != DType.F64;
    }
}
