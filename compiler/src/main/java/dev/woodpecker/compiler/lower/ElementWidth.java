package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The widest element, in bytes, of the vectors that a loop would compute with. */
final class ElementWidth {
    private final Expr.Var lane;
    private final Set<String> dependent = new HashSet<>();

    ElementWidth(Expr.Var lane) {
        this.lane = lane;
    }

    int of(Stmt s) {
        int widest = 0;
        switch (s) {
            case Stmt.Store store -> {
                widest = Math.max(store.buffer().type().bytes(), of(store.value()));
                widest = Math.max(widest, ofIndices(store.indices()));
            }
            case Stmt.Let let -> {
                widest = of(let.value());
                if (!dependence().isUniform(let.value())) {
                    dependent.add(let.variable().name());
                }
            }
            case Stmt.Seq _,
                    Stmt.For _,
                    Stmt.If _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> {}
        }
        for (Stmt child : s.children()) {
            widest = Math.max(widest, of(child));
        }
        return widest;
    }

    private LaneDependence dependence() {
        return new LaneDependence(lane, 1, dependent);
    }

    private int of(Expr e) {
        if (dependence().isUniform(e)) {
            return 0;
        }
        if (e instanceof Expr.Load load) {
            return Math.max(load.type().bytes(), ofIndices(load.indices()));
        }
        int widest = e.type().bytes();
        if (e instanceof Expr.Select select && VectorExpressions.readsMemory(select)) {
            // Decided for all lanes at once, or lane by lane.
            return Math.max(widest, Math.max(of(select.whenTrue()), of(select.whenFalse())));
        }
        if (e instanceof Expr.Call call && LegalizeMath.computesInDouble(call)) {
            widest = DType.F64.bytes();
        }
        for (Expr operand : e.operands()) {
            widest = Math.max(widest, of(operand));
        }
        return widest;
    }

    /** Indices that are affine in the lane are no vectors; those of a gather are. */
    private int ofIndices(List<Expr> indices) {
        int widest = 0;
        for (Expr index : indices) {
            if (dependence().stride(index).isEmpty()) {
                widest = Math.max(widest, of(index));
            }
        }
        return widest;
    }
}
