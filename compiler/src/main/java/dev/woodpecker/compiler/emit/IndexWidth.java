package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Optional;

/** Whether 32-bit integers do for every index of a kernel. */
final class IndexWidth {
    private IndexWidth() {}

    static boolean fitsInt(Stmt body) {
        return fits(body, Bounds.none());
    }

    private static boolean fits(Stmt s, Bounds bounds) {
        if (!s.expressions().stream().allMatch(e -> fits(e, bounds))) {
            return false;
        }
        return switch (s) {
            case Stmt.For(Loop loop, Stmt body) -> fits(body, bounds.inside(loop));
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> fits(body, bounds.where(variable, value));
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) ->
                fits(then, bounds.assuming(condition))
                        && (otherwise.isEmpty() || fits(otherwise.get(), bounds.assumingNot(condition)));
            case Stmt.Seq _,
                    Stmt.Allocate _,
                    Stmt.Store _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> s.children().stream().allMatch(child -> fits(child, bounds));
        };
    }

    private static boolean fits(Expr e, Bounds bounds) {
        boolean own = e.type() != DType.I64 || bounds.of(e).fits(DType.I32);
        return own && e.operands().stream().allMatch(operand -> fits(operand, bounds));
    }
}
