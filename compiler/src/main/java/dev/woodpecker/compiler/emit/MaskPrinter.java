package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.HashMap;
import java.util.Map;

/**
 * Vectors of booleans as C: masks, all bits of a lane or none, whose lanes are as wide as the values that they came from;
 * where another width is needed they are converted.
 */
final class MaskPrinter {
    private final ExprPrinter expressions;
    private final Prologue helpers;
    private final Names names;
    /** Bytes a lane of the masks in variables. */
    private final Map<String, Integer> variableBytes = new HashMap<>();

    MaskPrinter(ExprPrinter expressions, Prologue helpers, Names names) {
        this.expressions = expressions;
        this.helpers = helpers;
        this.names = names;
    }

    /** {@code variable} holds a mask with lanes of {@code bytes}. */
    void define(Expr.Var variable, int bytes) {
        variableBytes.put(variable.name(), bytes);
    }

    /** How many bytes a lane of a vector of booleans has as it comes. */
    int bytes(Expr e) {
        return switch (e) {
            case Expr.Binary b ->
                b.op().isComparison() && b.left().type() != DType.BOOL
                        ? b.left().type().bytes()
                        : bytes(b.left() instanceof Expr.Broadcast ? b.right() : b.left());
            case Expr.Unary u -> bytes(u.operand());
            case Expr.Var v -> variableBytes.getOrDefault(v.name(), 1);
            case Expr.Select s -> bytes(s.whenTrue() instanceof Expr.Broadcast ? s.whenFalse() : s.whenTrue());
            case Expr.Cast c ->
                c.operand().type() == DType.BOOL
                        ? bytes(c.operand())
                        : c.operand().type().bytes();
            case Expr.Load _,
                    Expr.TableEntry _,
                    Expr.Broadcast _,
                    Expr.IntConst _,
                    Expr.FloatConst _,
                    Expr.Param _,
                    Expr.Call _,
                    Expr.Bitcast _,
                    Expr.Read _,
                    Expr.Accumulator _,
                    Expr.Reduce _,
                    Expr.Ramp _,
                    Expr.Extract _ -> 1;
        };
    }

    /** A vector of booleans as a mask with lanes of {@code bytes}. */
    String print(Expr e, int bytes) {
        String type = helpers.mask(bytes, e.lanes());
        return switch (e) {
            case Expr.Broadcast(Expr value, int lanes) ->
                ExprPrinter.call(
                        helpers.function("splat", Prologue.signed(bytes), lanes),
                        expressions.text(value, ExprPrinter.LOGICAL_OR) + " ? -1 : 0");
            case Expr.Unary(UnaryOp _, Expr operand) -> "~(" + print(operand, bytes) + ")";
            case Expr.Binary b
            when !b.op().isComparison() -> {
                String symbol = b.op() == BinaryOp.MIN ? "&" : b.op() == BinaryOp.MAX ? "|" : b.op().symbol();
                yield "(" + print(b.left(), bytes) + ") " + symbol + " (" + print(b.right(), bytes) + ")";
            }
            case Expr.Binary b
            when b.left().type() == DType.BOOL -> {
                String differs = "(" + print(b.left(), bytes) + ") ^ (" + print(b.right(), bytes) + ")";
                yield b.op() == BinaryOp.EQ ? "~(" + differs + ")" : differs;
            }
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse)
            when condition instanceof Expr.Broadcast(Expr scalar, int _) ->
                // Only the chosen side may be evaluated: it may load.
                "(" + expressions.text(scalar, ExprPrinter.LOGICAL_OR) + " ? " + print(whenTrue, bytes) + " : "
                        + print(whenFalse, bytes) + ")";
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) ->
                ExprPrinter.call(
                        helpers.function("blend", Prologue.signed(bytes), e.lanes()),
                        print(condition, bytes),
                        print(whenTrue, bytes),
                        print(whenFalse, bytes));
            case Expr.Cast c when c.operand().type() == DType.BOOL -> print(c.operand(), bytes);
            case Expr.Binary _, Expr.Var _, Expr.Load _, Expr.Cast _, Expr.TableEntry _ -> {
                String own = ownMask(e);
                yield bytes(e) == bytes ? own : ExprPrinter.call("__builtin_convertvector", own, type);
            }
            case Expr.IntConst _,
                    Expr.FloatConst _,
                    Expr.Param _,
                    Expr.Call _,
                    Expr.Bitcast _,
                    Expr.Read _,
                    Expr.Accumulator _,
                    Expr.Reduce _,
                    Expr.Ramp _,
                    Expr.Extract _ -> throw new IllegalStateException("no mask: " + e);
        };
    }

    private String ownMask(Expr e) {
        return switch (e) {
            case Expr.Binary b ->
                expressions.operand(b.left(), ExprPrinter.COMPARISON + 1) + " " + b.op().symbol() + " "
                        + expressions.operand(b.right(), ExprPrinter.COMPARISON + 1);
            case Expr.Cast c -> expressions.text(c.operand(), ExprPrinter.COMPARISON + 1) + " != 0";
            case Expr.Load l -> expressions.load(l) + " != 0";
            case Expr.TableEntry t -> expressions.table(t) + " != 0";
            case Expr.Var v -> names.of(v.name());
            case Expr.IntConst _,
                    Expr.FloatConst _,
                    Expr.Param _,
                    Expr.Unary _,
                    Expr.Call _,
                    Expr.Bitcast _,
                    Expr.Select _,
                    Expr.Read _,
                    Expr.Accumulator _,
                    Expr.Reduce _,
                    Expr.Ramp _,
                    Expr.Broadcast _,
                    Expr.Extract _ -> throw new IllegalStateException("no mask of its own: " + e);
        };
    }
}
