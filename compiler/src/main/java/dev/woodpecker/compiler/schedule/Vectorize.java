package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Runs the iterations of a loop, a power of two of them, as lanes of vectors.
 *
 * <pre>
 * for k.i in 0..16:             y[k.o * 16 + (0..15)] = ...
 *   y[k.o * 16 + k.i]    ->
 * </pre>
 */
public record Vectorize(String loop) implements Step {
    private static final long LARGEST = 64;

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop bound = found.get().loop();
        OptionalLong extent = IndexMath.constant(bound.extent());
        if (bound.binding() != Loop.Binding.SERIAL || bound.peel().isPresent()) {
            return reject("'" + loop + "' is already bound to " + bound.binding() + " or peeled");
        }
        if (extent.isEmpty() || Long.bitCount(extent.getAsLong()) != 1 || extent.getAsLong() > LARGEST) {
            return reject("the extent of '" + loop + "' must be a constant power of two up to " + LARGEST
                    + "; split it first");
        }
        if (bound.carrier() == Loop.Carrier.REDUCTION && !nest.numerics().mayReassociate()) {
            return reject("strict numerics sum in axis order: the reduction loop '" + loop + "' cannot be vectorised");
        }
        return Step.applied(nest.replace(
                loop,
                new Stmt.For(bound.withBinding(Loop.Binding.VECTOR), found.get().body())));
    }
}
