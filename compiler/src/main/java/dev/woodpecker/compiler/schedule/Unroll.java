package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Repeats the body of a loop of constant extent for each iteration.
 *
 * <pre>
 * for j.i in 0..2:              y[j.o * 2]
 *   y[j.o * 2 + j.i]     ->     y[j.o * 2 + 1]
 * </pre>
 */
public record Unroll(String loop) implements Step {
    private static final long LARGEST = 256;

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop bound = found.get().loop();
        OptionalLong extent = IndexMath.constant(bound.extent());
        if (bound.binding() != Loop.Binding.SERIAL) {
            return reject("'" + loop + "' is already bound to " + bound.binding());
        }
        if (extent.isEmpty() || extent.getAsLong() > LARGEST) {
            return reject("the extent of '" + loop + "' must be a constant up to " + LARGEST + "; split it first");
        }
        return Step.applied(nest.replace(
                loop,
                new Stmt.For(bound.withBinding(Loop.Binding.UNROLL), found.get().body())));
    }
}
