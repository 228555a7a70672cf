package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.ir.Origin;
import java.util.List;

/** One of several tensors; where they are written out, that tensor itself. */
final class Outputs {
    private Outputs() {}

    static TensorExpr select(TensorExpr tensors, int index, Kind kind, Origin origin) {
        return switch (tensors) {
            case Let(String name, TensorExpr value, TensorExpr body) ->
                new Let(name, value, select(body, index, kind, origin));
            case Apply(Op op, Kind _, List<TensorExpr> operands, Origin _) when op == Op.OUTPUTS -> operands.get(index);
            default -> new Apply(Op.OUTPUT, kind, List.of(tensors, new IntLiteral(index)), origin);
        };
    }
}
