package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Computes a tile of a matrix product by one instruction of a warp. {@code loop} is the outermost of three perfectly
 * nested loops over the tile's rows, columns and depth, whose operands lie in shared memory. The loops around, up to the
 * innermost one that is bound to blocks or threads, run on all lanes of the warp, {@code THREAD_X}; further warps are bound
 * to {@code THREAD_Y} and {@code THREAD_Z}. Comes before {@link Decompose}.
 *
 * <pre>
 * for i.o in 0..4 block.x:             for i.o in 0..4 block.x:
 *   for k.o in 0..8:                     for lane in 0..32 thread.x:
 *     for i.i in 0..16:           ->       for k.o in 0..8:
 *       for j in 0..8:                       for i.i in 0..16 tensor:
 *         for k.i in 0..16:                    for j in 0..8 tensor:
 *           y[..] whole at ..                    for k.i in 0..16 tensor:
 *                                                  y[..] whole at ..
 * </pre>
 */
public record Tensorize(String loop, String intrinsic) implements Step {
    private static final String LANE = "lane";

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<TensorTile> tile = Intrinsics.tile(intrinsic);
        if (tile.isEmpty()) {
            return reject("there is no matrix product '" + intrinsic + "'; there are "
                    + String.join(
                            ", ",
                            Intrinsics.tiles().stream().map(TensorTile::name).toList()));
        }
        if (!nest.numerics().mayReassociate() && tile.get().accumulatorType().isFloat()) {
            return reject("strict numerics sum in axis order, " + intrinsic + " in an order of its own");
        }
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        List<Loop> loops = new ArrayList<>();
        Stmt inner = found.get();
        while (inner instanceof Stmt.For(Loop next, Stmt body)) {
            loops.add(next);
            inner = body;
        }
        if (loops.size() != 3 || !(inner instanceof Stmt.Compute leaf)) {
            return reject("'" + loop + "' must be three perfectly nested loops over rows, columns and depth of a tile; "
                    + "reorder and split first");
        }
        return loopReason(loops, tile.get())
                .or(() -> TensorOperands.reason(nest, leaf, loops, tile.get()))
                .or(() -> warpReason(nest, found.get(), tile.get()))
                .map(this::reject)
                .orElseGet(() -> Step.applied(tensorized(nest, found.get(), loops, leaf, tile.get())));
    }

    private static Optional<String> loopReason(List<Loop> loops, TensorTile tile) {
        List<Integer> extents = List.of(tile.rows(), tile.columns(), tile.depth());
        for (int i = 0; i < loops.size(); i++) {
            Loop one = loops.get(i);
            if (one.binding() != Loop.Binding.SERIAL || one.peel().isPresent()) {
                return Optional.of("'" + one.name() + "' is already bound to " + one.binding() + " or peeled");
            }
            if (!IndexMath.isConstant(one.extent(), extents.get(i))) {
                return Optional.of(
                        "the extents of " + loops.stream().map(Loop::name).toList() + " must be those of " + tile.name()
                                + ", " + tile.extents() + "; split with GUARD or PAD");
            }
            boolean isDepth = i == loops.size() - 1;
            if ((one.carrier() == Loop.Carrier.REDUCTION) != isDepth) {
                return Optional.of("two spatial loops and a reduction loop inside them are a tile; '" + one.name()
                        + "' is " + (isDepth ? "spatial" : "a reduction loop"));
            }
        }
        return Optional.empty();
    }

    /** What keeps the loops around from running on the lanes of warps. */
    private static Optional<String> warpReason(LoopNest nest, Stmt.For target, TensorTile tile) {
        List<Loop> around = LoopNest.path(nest.tree(), target).orElseThrow();
        Optional<Loop> bound = innermostBound(around);
        if (bound.isEmpty()) {
            return Optional.of("no loop around is bound to blocks; bind the loops over tiles first");
        }
        Optional<Loop> outside = around.subList(0, around.indexOf(bound.get())).stream()
                .filter(l -> l.carrier() == Loop.Carrier.REDUCTION)
                .findFirst();
        if (outside.isPresent()) {
            return Optional.of("the reduction loop '" + outside.get().name() + "' is outside '"
                    + bound.get().name() + "', which is bound to " + bound.get().binding());
        }
        Stmt.For block = nest.find(bound.get().name()).orElseThrow();
        List<Loop> inside = new ArrayList<>(around);
        inside.addAll(Region.loops(block));
        for (Loop l : inside) {
            boolean usesLane = l.binding() == Loop.Binding.THREAD_X && around.contains(l) && !isLane(nest, l, tile);
            boolean tooWide = l.binding() == Loop.Binding.THREAD_X
                    && IndexMath.constant(l.extent()).orElse(Long.MAX_VALUE) > tile.lanes();
            if (usesLane || tooWide) {
                return Optional.of("'" + l.name() + "' is bound to THREAD_X, which is the " + tile.lanes()
                        + " lanes of a warp; bind it to THREAD_Y, or split it");
            }
        }
        return Optional.empty();
    }

    private static Optional<Loop> innermostBound(List<Loop> around) {
        return around.reversed().stream()
                .filter(l -> l.binding().isBlock() || l.binding().isThread())
                .findFirst();
    }

    /** Whether a loop is the lanes already, for another tile of the same warp. */
    private static boolean isLane(LoopNest nest, Loop threads, TensorTile tile) {
        Stmt.For f = nest.find(threads.name()).orElseThrow();
        return IndexMath.isConstant(threads.extent(), tile.lanes())
                && !f.body()
                        .anyMatch(s -> s instanceof Stmt.Compute c
                                && (Decompose.variables(c.at()).contains(threads.name())
                                        || Decompose.variables(c.over()).contains(threads.name())));
    }

    private static LoopNest tensorized(
            LoopNest nest, Stmt.For target, List<Loop> loops, Stmt.Compute leaf, TensorTile tile) {
        List<Loop> bound =
                loops.stream().map(l -> l.withBinding(Loop.Binding.TENSOR)).toList();
        LoopNest changed = nest.replace(target.loop().name(), LoopNest.wrap(bound, leaf));
        Loop outer =
                innermostBound(LoopNest.path(nest.tree(), target).orElseThrow()).orElseThrow();
        if (outer.binding() == Loop.Binding.THREAD_X) {
            return changed;
        }
        Stage stage = nest.stage(leaf.stage());
        Axis lane = new Axis(freshName(nest), Expr.index(tile.lanes()));
        Loop lanes = Loop.serial(lane, Loop.Carrier.SPATIAL, stage.origin()).withBinding(Loop.Binding.THREAD_X);
        Stmt body = changed.find(outer.name()).orElseThrow().body();
        return changed.replace(outer.name(), new Stmt.For(outer, new Stmt.For(lanes, body)));
    }

    private static String freshName(LoopNest nest) {
        Set<String> taken = Set.copyOf(nest.loopNames());
        String name = LANE;
        for (int i = 2; taken.contains(name); i++) {
            name = LANE + i;
        }
        return name;
    }
}
