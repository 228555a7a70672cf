package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Map;
import java.util.Optional;

/**
 * Makes one loop, named {@code outer_inner}, of two perfectly nested ones; a stage's name before both is kept once.
 *
 * <pre>
 * for n in 0..2:
 *   for k in 0..64:       ->    for n_k in 0..128:
 *     y[n, k]                     y[n_k / 64, n_k % 64]
 * </pre>
 */
public record Fuse(String outer, String inner) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(outer);
        if (found.isEmpty()) {
            return rejectUnknown(outer, nest);
        }
        if (!(found.get().body() instanceof Stmt.For(Loop second, Stmt body))
                || !second.name().equals(inner)) {
            return reject("loop '" + inner + "' is not directly and alone inside '" + outer + "'; reorder them first");
        }
        Loop first = found.get().loop();
        if (first.carrier() != second.carrier()) {
            return reject("'" + outer + "' and '" + inner + "' are a spatial and a reduction loop");
        }
        if (first.binding() != Loop.Binding.SERIAL || second.binding() != Loop.Binding.SERIAL) {
            return reject("'" + outer + "' or '" + inner + "' is already bound; fuse before binding");
        }
        if (first.peel().isPresent() || second.peel().isPresent()) {
            return reject("'" + outer + "' or '" + inner + "' has a peeled tail, which needs its own loop");
        }
        Expr.Var fused = Expr.Var.index(fusedName());
        Expr size = second.extent();
        boolean one = IndexMath.isConstant(size, 1);
        Expr high = one ? fused : new Expr.Binary(BinaryOp.DIV, fused, size);
        Expr low = one ? Expr.index(0) : new Expr.Binary(BinaryOp.REM, fused, size);
        if (IndexMath.isConstant(first.extent(), 1)) {
            high = Expr.index(0);
            low = fused;
        }
        Loop loop = new Loop(
                fused,
                IndexMath.mul(first.extent(), size),
                Loop.Binding.SERIAL,
                first.carrier(),
                Optional.empty(),
                first.origin());
        Stmt substituted = LoopNest.substituteVariables(body, Map.of(outer, high, inner, low));
        return Step.applied(nest.replace(outer, new Stmt.For(loop, substituted)));
    }

    /** The name of the loop that is made: a stage's name before both is written once. */
    public String fusedName() {
        int prefix = inner.lastIndexOf('.') + 1;
        return outer + "_"
                + (prefix > 0 && outer.startsWith(inner.substring(0, prefix)) ? inner.substring(prefix) : inner);
    }
}
