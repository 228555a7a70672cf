package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.ir.Origin;
import java.util.List;

/** Java's implicit conversions, which kernel expressions write out. */
final class Conversions {
    private Conversions() {}

    /** {@code value} where an expression of {@code kind} is expected: an int becomes a float. */
    static TensorExpr widen(TensorExpr value, Kind kind, Origin origin) {
        if (kind != Kind.FLOAT || value.kind() != Kind.INT) {
            return value;
        }
        return switch (value) {
            case IntLiteral(long literal) -> new FloatLiteral(literal);
            case Apply(Op op, Kind _, List<TensorExpr> operands, Origin own)
            when op == Op.SELECT ->
                new Apply(
                        Op.SELECT,
                        Kind.FLOAT,
                        List.of(operands.get(0), widen(operands.get(1), kind, own), widen(operands.get(2), kind, own)),
                        own);
            default -> new Apply(Op.TO_FLOAT, Kind.FLOAT, List.of(value), origin);
        };
    }

    /** The kind in which two numbers are added or compared. */
    static Kind promoted(Kind left, Kind right) {
        return left == Kind.FLOAT || right == Kind.FLOAT ? Kind.FLOAT : left;
    }
}
