package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the launch of a phase for a GPU: the grid from the loops bound to blocks, the block from those bound to threads.
 * Requires: extents of thread loops are constant. Ensures: a loop that has fewer iterations than the launch has threads in
 * its direction runs under a condition.
 */
final class BindThreads {
    private static final List<Loop.Binding> BLOCKS =
            List.of(Loop.Binding.BLOCK_X, Loop.Binding.BLOCK_Y, Loop.Binding.BLOCK_Z);
    private static final List<Loop.Binding> THREADS =
            List.of(Loop.Binding.THREAD_X, Loop.Binding.THREAD_Y, Loop.Binding.THREAD_Z);

    private BindThreads() {}

    static LoweredKernel.Launch launch(Stmt phase) {
        List<Loop> loops = Region.loops(phase);
        List<Expr> grid = new ArrayList<>();
        List<Integer> block = new ArrayList<>();
        for (Loop.Binding binding : BLOCKS) {
            grid.add(loops.stream()
                    .filter(l -> l.binding() == binding)
                    .map(Loop::extent)
                    .findFirst()
                    .orElse(Expr.index(1)));
        }
        for (Loop.Binding binding : THREADS) {
            long most = loops.stream()
                    .filter(l -> l.binding() == binding)
                    .mapToLong(BindThreads::extent)
                    .max()
                    .orElse(1);
            block.add(Math.toIntExact(most));
        }
        return new LoweredKernel.Launch(grid, block, 0);
    }

    static Stmt guard(Stmt phase, LoweredKernel.Launch launch) {
        return phase.rewrite(
                s -> {
                    if (s instanceof Stmt.For(Loop loop, Stmt body)
                            && loop.binding().isThread()) {
                        int threads = launch.block().get(THREADS.indexOf(loop.binding()));
                        if (extent(loop) < threads) {
                            Expr inside = IndexMath.less(loop.variable(), loop.extent());
                            Stmt guarded = extent(loop) == 1
                                    ? LoopNest.substituteVariables(body, Map.of(loop.name(), Expr.index(0)))
                                    : body;
                            return new Stmt.For(
                                    loop.withExtent(Expr.index(threads)),
                                    new Stmt.If(inside, guarded, Optional.empty()));
                        }
                    }
                    return s;
                },
                e -> e);
    }

    private static long extent(Loop loop) {
        return IndexMath.constant(loop.extent())
                .orElseThrow(() -> new IllegalStateException("thread loop " + loop.name() + " has no constant extent"));
    }
}
