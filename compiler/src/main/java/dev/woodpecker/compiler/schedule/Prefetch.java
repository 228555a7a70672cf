package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks the memory, in each iteration of {@code loop}, for the part of {@code tensor} that the next iteration will read: it
 * arrives while this one computes. Nothing is computed otherwise, and nothing beyond the tensor is touched.
 *
 * <pre>
 * for c.o in 0..8 reduction:          for c.o in 0..8 reduction prefetch w:
 *   update y[k] at c.o         ->       update y[k] at c.o
 * </pre>
 */
public record Prefetch(String tensor, String loop) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop target = found.get().loop();
        if (target.binding() != Loop.Binding.SERIAL) {
            return reject("'" + loop + "' is bound to " + target.binding()
                    + ": which iteration follows in the same thread is known of a serial loop only");
        }
        if (!nest.buffers().containsKey(tensor)) {
            return reject("there is no tensor '" + tensor + "'; tensors are "
                    + String.join(", ", nest.buffers().keySet()));
        }
        if (!reads(found.get(), nest)) {
            return reject("nothing inside '" + loop + "' reads '" + tensor + "'");
        }
        List<String> tensors = new ArrayList<>(target.prefetched());
        tensors.add(tensor);
        return Step.applied(nest.replace(
                loop, new Stmt.For(target.withPrefetched(tensors), found.get().body())));
    }

    private boolean reads(Stmt stmt, LoopNest nest) {
        return stmt.anyMatch(s -> s instanceof Stmt.Compute c
                && nest.stage(c.stage())
                        .reduction()
                        .map(r -> r.body().anyMatch(this::reads))
                        .orElse(nest.stage(c.stage()).element().anyMatch(this::reads)));
    }

    private boolean reads(Expr e) {
        return e instanceof Expr.Read read && read.tensor().equals(tensor);
    }
}
