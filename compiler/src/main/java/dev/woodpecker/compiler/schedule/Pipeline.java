package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Lets the copies to shared memory in a loop run ahead of it, into one of {@code stages} buffers in turn. Those of which a
 * thread copies 4, 8 or 16 bytes at once, aligned and with zeros beyond the tensor, are asynchronous, and start {@code stages
 * - 1} iterations before; others, and all on machines without such copies, are loaded to registers one iteration before.
 *
 * <pre>
 * for k.o in 0..8:                for k.o in 0..8 pipeline 2:
 *   x.cache[..] = x[..]     ->      x.cache[..] = x[..]
 *   y[..] at x.cache[..]            y[..] at x.cache[..]
 * </pre>
 */
public record Pipeline(String loop, Factor stages) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop old = found.get().loop();
        int depth = Math.toIntExact(stages.resolve(decisions));
        if (depth < 2) {
            return reject("a pipeline has 2 stages or more, not " + depth);
        }
        if (old.binding() != Loop.Binding.SERIAL || old.peel().isPresent()) {
            return reject("'" + loop + "' is already bound to " + old.binding() + " or peeled");
        }
        OptionalLong extent = most(old.extent());
        if (extent.isEmpty() || extent.getAsLong() < depth) {
            return reject("a pipeline of " + depth + " stages needs a loop of a constant extent of " + depth
                    + " or more; that of '" + loop + "' is "
                    + extent.stream().boxed().map(Object::toString).findFirst().orElse("not constant"));
        }
        List<Loop> around = LoopNest.path(nest.tree(), found.get()).orElseThrow();
        if (around.stream().noneMatch(l -> l.binding().isThread())) {
            return reject("threads make the copies; no loop around '" + loop + "' is bound to threads");
        }
        return reason(nest, found.get())
                .map(this::reject)
                .orElseGet(() -> Step.applied(nest.replace(
                        loop,
                        new Stmt.For(
                                old.withPeel(Optional.of(new Loop.Peel.Pipelined(depth))),
                                found.get().body()))));
    }

    /** Iterations, or those of a loop that may end earlier. */
    private static OptionalLong most(Expr extent) {
        return extent instanceof Expr.Binary(BinaryOp op, Expr all, Expr _) && op == BinaryOp.MIN
                ? most(all)
                : IndexMath.constant(extent);
    }

    private Optional<String> reason(LoopNest nest, Stmt.For target) {
        List<Stage> shared = nest.program().stages().stream()
                .filter(s -> !LoopNest.computes(target, s.name()).isEmpty())
                .filter(s -> nest.buffers().containsKey(s.name())
                        && nest.buffer(s.name()).scope() == Scope.SHARED)
                .toList();
        if (shared.isEmpty()) {
            return Optional.of("nothing is copied to shared memory in '" + loop + "'; use CacheRead with SHARED first");
        }
        return shared.stream()
                .flatMap(s -> copyReason(nest, target, s).stream())
                .findFirst();
    }

    /** Why the stage's computation is no copy that can run ahead. */
    private Optional<String> copyReason(LoopNest nest, Stmt.For target, Stage copy) {
        String name = "'" + copy.name() + "'";
        if (copy.reduction().isPresent()) {
            return Optional.of(name + " is more than a copy");
        }
        for (Expr.Read source : Stages.reads(copy)) {
            Buffer from = nest.buffer(source.tensor());
            if (from.scope() != Scope.GLOBAL && from.scope() != Scope.WORKSPACE) {
                return Optional.of(name + " copies '" + from.name() + "', which is not in global memory");
            }
        }
        List<Stmt.Compute> leaves = LoopNest.computes(target, copy.name());
        return leaves.size() == 1 && isAlone(target, leaves.getFirst())
                ? Optional.empty()
                : Optional.of(name + " is not copied once, by loops of its own, in '" + loop + "'");
    }

    /** Whether the statement of the body in which a copy is made makes nothing else. */
    private static boolean isAlone(Stmt.For target, Stmt.Compute leaf) {
        List<Stmt> statements = target.body() instanceof Stmt.Seq(List<Stmt> all) ? all : List.of(target.body());
        return statements.stream()
                .filter(s -> LoopNest.path(s, leaf).isPresent())
                .noneMatch(s -> s.anyMatch(c -> c instanceof Stmt.Compute && c != leaf));
    }
}
