package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Shares a loop's iterations out: to the workers of a CPU ({@code PARALLEL}, outermost only), or to the blocks or threads
 * of a GPU.
 *
 * <pre>
 * for n in 0..8:       ->     for n in 0..8 parallel:
 * </pre>
 */
public record Bind(String loop, Loop.Binding binding) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop bound = found.get().loop();
        if (bound.binding() != Loop.Binding.SERIAL) {
            return reject("'" + loop + "' is already bound to " + bound.binding());
        }
        boolean toThreads = binding.isBlock() || binding.isThread();
        if (!toThreads && binding != Loop.Binding.PARALLEL) {
            return reject(binding + " is no place to share iterations out to; use PARALLEL, BLOCK_X..Z or THREAD_X..Z");
        }
        if (bound.carrier() == Loop.Carrier.REDUCTION) {
            return reject(
                    "'" + loop + "' is a reduction loop: its iterations are not independent; use SplitReduction first");
        }
        if (toThreads && bound.peel().isPresent()) {
            return reject("'" + loop + "' has a peeled tail; threads need GUARD or PAD");
        }
        if (bound.peel().orElse(new Loop.Peel.Ends()) instanceof Loop.Peel.Shift) {
            return reject(
                    "the last two iterations of '" + loop + "' write the same elements; split with PEEL or GUARD");
        }
        List<Loop> around = LoopNest.path(nest.tree(), found.get()).orElseThrow();
        if (binding == Loop.Binding.PARALLEL && !around.isEmpty()) {
            return reject("'" + loop + "' is inside '" + around.getFirst().name()
                    + "'; only an outermost loop can be parallel");
        }
        Optional<Loop> taken =
                around.stream().filter(l -> l.binding() == binding).findFirst();
        if (taken.isPresent() && uses(found.get(), taken.get().name())) {
            return reject(binding + " is taken by the loop '" + taken.get().name() + "' around '" + loop + "'");
        }
        return Step.applied(nest.replace(
                loop, new Stmt.For(bound.withBinding(binding), found.get().body())));
    }

    /** Whether a place of computation below depends on the variable; a copy that threads make together does not. */
    private static boolean uses(Stmt stmt, String variable) {
        return stmt.anyMatch(s -> s instanceof Stmt.Compute c
                && (Decompose.variables(c.at()).contains(variable)
                        || Decompose.variables(c.over()).contains(variable)));
    }
}
