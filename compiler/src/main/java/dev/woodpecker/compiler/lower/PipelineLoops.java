package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.WarpgroupProducts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Lets copies to shared memory run ahead of the loop that reads them. Requires: stages are placed and indices simplified;
 * pipelined loops are those that the step {@code Pipeline} has checked. Ensures: no loop is marked as pipelined; its copies
 * are asynchronous, one group an iteration, each waited for before it is read, or those for the next iteration wait in
 * registers where no instruction copies them; barriers are left to {@link InsertBarriers}.
 *
 * <pre>
 * for k in 0..5 pipeline 2:         alloc x[2, ..] shared
 *   alloc x[..] shared              async x[0, ..] of iteration 0; commit
 *   x[..] = ...              ->     for k in 0..5:
 *   use x[..]                         wait 0
 *                                     if k + 1 < 5: async x[(k + 1) % 2, ..] of iteration k + 1
 *                                     commit
 *                                     use x[k % 2, ..]
 *
 *                                   by registers: load x.ahead of iteration 0
 *                                     for k in 0..5:
 *                                       x[k % 2, ..] = x.ahead
 *                                       if k + 1 < 5: load x.ahead of iteration k + 1
 *                                       use x[k % 2, ..]
 * </pre>
 */
public final class PipelineLoops {
    /** The first generation of GPUs with {@code cp.async}. */
    private static final int ASYNCHRONOUS_COPIES = 80;

    private final Loop loop;
    private final int stages;
    private final Bounds bounds;
    private final RingBuffers buffers;
    private final List<Stmt> copies = new ArrayList<>();
    private final List<RegisterCopy> byRegisters = new ArrayList<>();

    /** {@code asynchronous} where the machine has instructions for such copies. */
    private PipelineLoops(Stmt.For target, int stages, Bounds around, boolean asynchronous) {
        this.loop = target.loop().withPeel(Optional.empty());
        this.stages = stages;
        this.bounds = around.inside(loop);
        this.buffers = new RingBuffers(loop, target.body(), stages, Expr.index(0));
        for (Stmt s : buffers.copies()) {
            Optional<Stmt> copy = asynchronous ? AsynchronousCopies.of(s, bounds) : Optional.empty();
            copy.ifPresentOrElse(copies::add, () -> byRegisters.add(RegisterCopy.of(s)));
        }
    }

    public static Stmt apply(Stmt phase, Target target) {
        boolean asynchronous = target.capability() >= ASYNCHRONOUS_COPIES;
        Stmt pipelined = apply(phase, Bounds.none(), asynchronous);
        return pipelined == phase ? phase : Simplifier.simplify(pipelined);
    }

    private static Stmt apply(Stmt s, Bounds bounds, boolean asynchronous) {
        if (!(s instanceof Stmt.For f)) {
            return s.map(child -> apply(child, bounds, asynchronous), e -> e);
        }
        boolean pipelined = f.loop().peel().orElse(new Loop.Peel.Ends()) instanceof Loop.Peel.Pipelined;
        return pipelined
                ? new PipelineLoops(
                                f, ((Loop.Peel.Pipelined) f.loop().peel().orElseThrow()).stages(), bounds, asynchronous)
                        .lowered()
                : f.map(child -> apply(child, bounds.inside(f.loop()), asynchronous), e -> e);
    }

    /**
     * Copies of the first iterations, then all iterations with those ahead of them. The last ones start no copies but end
     * a group, an empty one, so that each wait is for the group of its own iteration.
     */
    private Stmt lowered() {
        OptionalLong iterations = IndexMath.constant(loop.extent());
        boolean overlapped = iterations.isPresent() && isOverlapped(iterations.getAsLong());
        int ahead = overlapped ? stages - 2 : stages - 1;
        Expr.Var first = Expr.Var.index(loop.name() + ".ahead");
        Loop filling = new Loop(
                first,
                Expr.index(overlapped ? stages - 1 : ahead),
                Loop.Binding.SERIAL,
                loop.carrier(),
                Optional.empty(),
                loop.origin());
        Expr.Var now = overlapped ? Expr.Var.index(loop.name() + ".now") : loop.variable();
        List<Stmt> steady = new ArrayList<>();
        byRegisters.forEach(copy -> steady.add(buffers.in(now, copy.store())));
        if (copies.isEmpty()) {
            steady.add(ifAny(now, 1, ".next", this::loadsOf));
        } else {
            steady.add(new Stmt.Wait(ahead - 1));
            if (!byRegisters.isEmpty() && ahead > 1) {
                steady.add(ifAny(now, 1, ".loaded", this::loadsOf));
            }
            steady.add(ifAny(now, ahead, ".next", next -> ahead > 1 ? copiesOf(next) : allOf(next)));
            steady.add(new Stmt.Commit());
        }
        steady.addAll(buffers.usesIn(now));
        List<Stmt> before = new ArrayList<>();
        if (!copies.isEmpty()) {
            List<Stmt> fill = new ArrayList<>(copiesOf(first));
            fill.add(new Stmt.Commit());
            before.add(new Stmt.For(filling, Stmt.seq(fill)));
        }
        before.addAll(loadsOf(Expr.index(0)));
        before.add(
                overlapped
                        ? overlapped(now, Stmt.seq(steady), iterations.getAsLong())
                        : new Stmt.For(loop, Stmt.seq(steady)));
        Stmt result = Stmt.seq(before);
        for (RegisterCopy copy : byRegisters.reversed()) {
            result = copy.allocate(result);
        }
        return buffers.allocate(result);
    }

    /** What is done for an iteration further on, if there is one. */
    private Stmt ifAny(Expr.Var now, long further, String suffix, Function<Expr, List<Stmt>> ahead) {
        Expr.Var next = Expr.Var.index(loop.name() + suffix);
        return new Stmt.Let(
                next,
                IndexMath.add(now, Expr.index(further)),
                new Stmt.If(IndexMath.less(next, loop.extent()), Stmt.seq(ahead.apply(next)), Optional.empty()));
    }

    private List<Stmt> allOf(Expr iteration) {
        List<Stmt> all = new ArrayList<>(copiesOf(iteration));
        all.addAll(loadsOf(iteration));
        return all;
    }

    private List<Stmt> loadsOf(Expr iteration) {
        return byRegisters.stream()
                .map(copy -> buffers.in(iteration, copy.load()))
                .toList();
    }

    // ---- Products that are still on their way in the next iteration

    /** Whether the loop is long enough, and has a stage to spare, for products of two iterations at a time. */
    private boolean isOverlapped(long iterations) {
        return byRegisters.isEmpty()
                && stages > 2
                && iterations > stages
                && buffers.uses().stream().anyMatch(use -> use.anyMatch(PipelineLoops::isWait));
    }

    static boolean isWait(Stmt s) {
        return s instanceof Stmt.Invoke invoke && invoke.intrinsic().equals(WarpgroupProducts.WAIT);
    }

    /**
     * The first iteration's products come before the loop, in which sums are touched by nothing but products: only so does
     * the PTX compiler let those of an iteration run into the next. What they read is overwritten one iteration later.
     */
    private Stmt overlapped(Expr.Var now, Stmt steady, long iterations) {
        List<Stmt> first = new ArrayList<>(List.of(new Stmt.Wait(stages - 2)));
        buffers.usesIn(Expr.index(0)).forEach(use -> first.add(waitingBy(use, List.of())));
        Stmt each = waitingBy(steady, List.of(new Stmt.Invoke(WarpgroupProducts.WAIT_BUT_ONE, List.of())));
        Expr one = IndexMath.add(loop.variable(), Expr.index(1));
        return Stmt.seq(
                Stmt.seq(first),
                new Stmt.For(loop.withExtent(Expr.index(iterations - 1)), new Stmt.Let(now, one, each)),
                new Stmt.Invoke(WarpgroupProducts.WAIT, List.of()));
    }

    static Stmt waitingBy(Stmt s, List<Stmt> instead) {
        return s.rewrite(child -> isWait(child) ? Stmt.seq(instead) : child, e -> e);
    }

    private List<Stmt> copiesOf(Expr iteration) {
        return copies.stream().map(copy -> buffers.in(iteration, copy)).toList();
    }
}
