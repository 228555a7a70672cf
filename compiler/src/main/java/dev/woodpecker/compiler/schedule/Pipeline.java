package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Intrinsics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Lets the copies to shared memory in a loop run ahead of it: they are asynchronous, into one of {@code stages} buffers in
 * turn, and those for an iteration start {@code stages - 1} iterations before. Each copy's innermost loop is vectorised
 * over the 4, 8 or 16 bytes that a thread copies at once.
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
        OptionalLong extent = IndexMath.constant(old.extent());
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

    /** Why the stage's computation is no copy that an instruction can make. */
    private Optional<String> copyReason(LoopNest nest, Stmt.For target, Stage copy) {
        String name = "'" + copy.name() + "'";
        if (!(copy.element() instanceof Expr.Read source)
                || !source.outside().equals(Optional.of(Expr.zero(copy.type())))
                || !Stages.isTotal(copy)) {
            return Optional.of(name + " is more than a copy with zeros beyond the tensor's extents");
        }
        Buffer from = nest.buffer(source.tensor());
        if (from.scope() != Scope.GLOBAL && from.scope() != Scope.WORKSPACE) {
            return Optional.of(name + " copies '" + from.name() + "', which is not in global memory");
        }
        List<Stmt.Compute> leaves = LoopNest.computes(target, copy.name());
        if (leaves.size() != 1 || !isAlone(target, leaves.getFirst())) {
            return Optional.of(name + " is not copied once, by loops of its own, in '" + loop + "'");
        }
        List<Loop> loops =
                new ArrayList<>(LoopNest.path(nest.tree(), leaves.getFirst()).orElseThrow());
        Loop innermost = loops.getLast();
        long lanes = innermost.binding() == Loop.Binding.VECTOR
                ? IndexMath.constant(innermost.extent()).orElse(0)
                : 1;
        boolean isAccess = Intrinsics.asynchronousCopy(
                        Math.toIntExact(lanes * copy.type().bytes()))
                .isPresent();
        if (!isAccess) {
            return Optional.of("the innermost loop of " + name + ", '" + innermost.name()
                    + "', must be vectorised over 4, 8 " + "or 16 bytes");
        }
        boolean alone = Intrinsics.asynchronousCopy(copy.type().bytes()).isPresent();
        boolean moved = !source.indices()
                .equals(copy.axes().stream().<Expr>map(Axis::variable).toList());
        return alone || moved
                ? Optional.empty()
                : alignmentReason(leaves.getFirst(), loops, lanes, from).map(r -> name + r);
    }

    /** Whether the statement of the body in which a copy is made makes nothing else. */
    private static boolean isAlone(Stmt.For target, Stmt.Compute leaf) {
        List<Stmt> statements = target.body() instanceof Stmt.Seq(List<Stmt> all) ? all : List.of(target.body());
        return statements.stream()
                .filter(s -> LoopNest.path(s, leaf).isPresent())
                .noneMatch(s -> s.anyMatch(c -> c instanceof Stmt.Compute && c != leaf));
    }

    /** A thread's copy must start at a multiple of its size, and lie within its row or beyond it as a whole. */
    private static Optional<String> alignmentReason(Stmt.Compute leaf, List<Loop> loops, long lanes, Buffer from) {
        Expr.Var lane = loops.getLast().variable();
        Optional<Region.Affine> last = Region.Affine.of(leaf.at().getLast());
        boolean consecutive = last.isPresent()
                && Long.valueOf(1).equals(last.get().terms().get(lane))
                && !Decompose.variables(leaf.at().subList(0, leaf.at().size() - 1))
                        .contains(lane.name());
        if (!consecutive || !leaf.guard().equals(Expr.TRUE)) {
            return Optional.of(": '" + lane.name() + "' does not go along its last axis, or not over the whole of it");
        }
        Expr start = LoopNest.substitute(leaf.at().getLast(), Map.of(lane.name(), Expr.index(0)));
        OptionalLong rowLength = IndexMath.constant(from.shape().getLast());
        boolean aligned = Region.inside(loops).divisorOf(start) % lanes == 0
                && rowLength.isPresent()
                && rowLength.getAsLong() % lanes == 0;
        return aligned
                ? Optional.empty()
                : Optional.of(": rows of '" + from.name() + "' must be multiples of the " + lanes
                        + " elements that a thread copies at once, and so must be where it starts");
    }
}
