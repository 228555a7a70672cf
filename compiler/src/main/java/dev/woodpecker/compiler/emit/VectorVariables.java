package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds the register buffers that can be variables of a vector type: all or one constant lane is accessed at a time. */
final class VectorVariables {
    private final Set<String> whole = new HashSet<>();
    private final Set<String> other = new HashSet<>();

    private VectorVariables() {}

    static Set<String> of(Stmt body) {
        VectorVariables found = new VectorVariables();
        found.visit(body);
        found.whole.removeAll(found.other);
        return found.whole;
    }

    private void visit(Stmt s) {
        s.expressions().forEach(this::visit);
        if (s instanceof Stmt.Store store) {
            access(store.buffer(), store.indices());
        } else if (s instanceof Stmt.Invoke invoke) {
            invoke.operands().forEach(w -> other.add(w.buffer().name()));
        }
        s.children().forEach(this::visit);
    }

    private void visit(Expr e) {
        if (e instanceof Expr.Load load) {
            access(load.buffer(), load.indices());
        }
        e.operands().forEach(this::visit);
    }

    private void access(Buffer buffer, List<Expr> indices) {
        if (buffer.scope() != Scope.REGISTER || buffer.rank() != 1 || indices.size() != 1) {
            return;
        }
        long lanes = IndexMath.constant(buffer.shape().getFirst()).orElse(0);
        boolean isVector = lanes > 1 && Long.bitCount(lanes) == 1;
        Expr index = indices.getFirst();
        boolean all = index instanceof Expr.Ramp(Expr base, long stride, int count)
                && stride == 1
                && count == lanes
                && IndexMath.isConstant(base, 0);
        if (isVector && all) {
            whole.add(buffer.name());
        } else if (!isVector || !(index instanceof Expr.IntConst)) {
            other.add(buffer.name());
        }
    }
}
