package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Rings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Gives the copies to shared memory in a loop to threads of their own, one more group of {@code THREAD_Y}: they fill a ring of
 * {@code stages} buffers, box by box of the tensor, while the others multiply what is in it. Who fills waits for a buffer to
 * be empty, who multiplies for it to be full; nothing else is waited for.
 *
 * <pre>
 * for k.o in 0..8:                for k.o in 0..8 specialize 4:
 *   x.tile[..] = x[..]     ->       x.tile[..] = x[..]
 *   y[..] at x.tile[..]             y[..] at x.tile[..]
 * </pre>
 */
public record Specialize(String loop, Factor stages) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop old = found.get().loop();
        int depth = Math.toIntExact(stages.resolve(decisions));
        if (depth < 2) {
            return reject("a ring has 2 buffers or more, not " + depth);
        }
        if (old.binding() != Loop.Binding.SERIAL || old.peel().isPresent()) {
            return reject("'" + loop + "' is already bound to " + old.binding() + " or peeled");
        }
        if (IndexMath.constant(old.extent()).isEmpty()) {
            return reject("the extent of '" + loop + "' is not constant");
        }
        List<Loop> around = LoopNest.path(nest.tree(), found.get()).orElseThrow();
        boolean once = around.stream()
                .allMatch(l -> l.binding().isBlock() || l.binding().isThread());
        if (!once || around.stream().noneMatch(l -> l.binding() == Loop.Binding.THREAD_X)) {
            return reject("around '" + loop
                    + "' must be loops over blocks and threads, over those of a group among them," + " and no others");
        }
        return reason(nest, found.get())
                .map(this::reject)
                .orElseGet(() -> Step.applied(nest.replace(
                        loop,
                        new Stmt.For(
                                old.withPeel(Optional.of(new Loop.Peel.Specialized(depth))),
                                found.get().body()))));
    }

    private Optional<String> reason(LoopNest nest, Stmt.For target) {
        List<Stage> shared = nest.program().stages().stream()
                .filter(s -> !LoopNest.computes(target, s.name()).isEmpty())
                .filter(s -> nest.buffers().containsKey(s.name())
                        && nest.buffer(s.name()).scope() == Scope.SHARED)
                .toList();
        if (shared.isEmpty()) {
            return Optional.of("nothing is copied to shared memory in '" + loop + "'; use ComputeAt with SHARED first");
        }
        return shared.stream()
                .flatMap(s -> copyReason(nest, target, s).stream())
                .findFirst();
    }

    /** Why the stage's computation is no box of a tensor. */
    private static Optional<String> copyReason(LoopNest nest, Stmt.For target, Stage copy) {
        String name = "'" + copy.name() + "'";
        if (!isBox(nest, copy)) {
            return Optional.of(name + " is more than a part of a tensor along all of its axes, with zeros beyond them");
        }
        Buffer from = nest.buffer(((Expr.Read) copy.element()).tensor());
        if (!isMapped(from)) {
            return Optional.of(
                    "'" + from.name() + "' must be a matrix, or several, row-major in global memory, with rows of"
                            + " a multiple of " + Rings.STRIDE_BYTES + " bytes");
        }
        boolean twisted = nest.buffer(copy.name()).layout().isTwisted();
        List<Stmt.Compute> leaves = LoopNest.computes(target, copy.name());
        if (!twisted || leaves.size() != 1 || !leaves.getFirst().guard().equals(Expr.TRUE)) {
            return Optional.of(name + " is not copied once, as a whole, to twisted rows in '" + loopName(target) + "'");
        }
        List<Loop> all = LoopNest.path(nest.tree(), leaves.getFirst()).orElseThrow();
        List<Loop> own =
                all.subList(LoopNest.path(nest.tree(), target).orElseThrow().size() + 1, all.size());
        boolean plain = own.stream().allMatch(l -> l.binding() == Loop.Binding.SERIAL)
                && own.stream().filter(l -> !isOne(l)).count() <= 2
                && own.stream()
                        .allMatch(l -> IndexMath.constant(l.extent()).orElse(Rings.MOST_BOX + 1) <= Rings.MOST_BOX);
        return plain
                ? Optional.empty()
                : Optional.of("the loops of " + name + " must be those of its last two axes as they are, of "
                        + Rings.MOST_BOX + " iterations at most");
    }

    private static String loopName(Stmt.For target) {
        return target.loop().name();
    }

    private static boolean isOne(Loop loop) {
        return IndexMath.isConstant(loop.extent(), 1);
    }

    /** Whether the hardware copies parts of a stage, a matrix that {@link Reindex} made of a tensor. */
    public static boolean copies(LoopNest nest, String stage) {
        return nest.program().stages().stream()
                .filter(s -> s.name().equals(stage))
                .anyMatch(s -> isBox(nest, s) && isMapped(nest.buffer(((Expr.Read) s.element()).tensor())));
    }

    /** Whether a stage reads a tensor of its own axes, in some order, at its axes, zero beyond. */
    private static boolean isBox(LoopNest nest, Stage copy) {
        if (!(copy.element() instanceof Expr.Read source)
                || !source.outside().equals(Optional.of(Expr.zero(copy.type())))
                || !Stages.isTotal(copy)) {
            return false;
        }
        List<Axis> axes = copy.axes();
        boolean each = source.indices().stream().distinct().count() == axes.size()
                && source.indices().size() == axes.size()
                && source.indices().getLast().equals(axes.getLast().variable());
        Buffer from = nest.buffer(source.tensor());
        return each
                && axes.stream().allMatch(axis -> {
                    int at = source.indices().indexOf(axis.variable());
                    return at >= 0 && from.shape().get(at).equals(axis.extent());
                });
    }

    /** Whether the hardware copies boxes of a tensor that lies so. */
    private static boolean isMapped(Buffer from) {
        if (from.scope() != Scope.GLOBAL && from.scope() != Scope.WORKSPACE
                || Rings.copy(from.rank()).isEmpty()
                || !from.layout().equals(LayoutMap.rowMajor(from.rank()))) {
            return false;
        }
        OptionalLong row = IndexMath.constant(from.shape().getLast());
        return row.isPresent()
                && from.shape().stream().allMatch(e -> IndexMath.constant(e).isPresent())
                && row.getAsLong() * from.type().bytes() % Rings.STRIDE_BYTES == 0;
    }
}
