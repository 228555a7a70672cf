package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Combines the partial results of a block's threads, one each, by exchanging registers: lanes of a warp with those 16, 8,
 * 4, 2 and 1 further on, then warps likewise. {@code loop} runs over the parts that {@link SplitReduction} made, whose own
 * loop is bound to {@code THREAD_X}. Every thread then has the result.
 *
 * <pre>
 * for k.part in 0..32:                 for k.part in 0..32 tensor:
 *   y[i] += y.partial[i, k.part]  ->     y[i] += y.partial[i, k.part]
 * </pre>
 */
public record CombineLanes(String loop) implements Step {
    private static final long WARP = 32;
    private static final long MOST = 1024;

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> found = nest.find(loop);
        if (found.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        Loop combined = found.get().loop();
        long parts = IndexMath.constant(combined.extent()).orElse(0);
        if (combined.carrier() != Loop.Carrier.REDUCTION || combined.binding() != Loop.Binding.SERIAL) {
            return reject("'" + loop + "' is no serial reduction loop");
        }
        if (parts < WARP || parts > MOST || Long.bitCount(parts) != 1) {
            return reject("'" + loop + "' must have 32, 64, ... 1024 iterations, not " + parts);
        }
        if (!nest.numerics().mayReassociate()) {
            return reject("strict numerics reduce in axis order");
        }
        if (!(found.get().body() instanceof Stmt.Compute leaf)) {
            return reject("'" + loop + "' does more than one reduction");
        }
        Stage stage = nest.stage(leaf.stage());
        Stage.Reduction reduction = stage.reduction().orElseThrow();
        if (reduction.type() != DType.F32 && reduction.type() != DType.I32) {
            return reject("lanes exchange f32 and i32, not " + reduction.type().text());
        }
        return reason(nest, reduction, combined, parts)
                .map(this::reject)
                .orElseGet(() -> Step.applied(
                        nest.replace(loop, new Stmt.For(combined.withBinding(Loop.Binding.TENSOR), leaf))));
    }

    private Optional<String> reason(LoopNest nest, Stage.Reduction reduction, Loop combined, long parts) {
        if (!(reduction.body() instanceof Expr.Read read)
                || reduction.axes().size() != 1
                || nest.program().stage(read.tensor()).isEmpty()
                || nest.buffer(read.tensor()).scope() != Scope.SHARED) {
            return Optional.of("what is combined is no part in shared memory");
        }
        List<Stmt.Compute> places = LoopNest.computes(nest.tree(), read.tensor());
        boolean byThreads = places.size() == 1
                && LoopNest.path(nest.tree(), places.getFirst()).orElseThrow().stream()
                        .anyMatch(l -> l.binding() == Loop.Binding.THREAD_X
                                && IndexMath.isConstant(l.extent(), parts)
                                && places.getFirst().at().getLast().equals(l.variable()));
        return byThreads
                ? Optional.empty()
                : Optional.of("the parts of '" + combined.name() + "' are not those of " + parts + " threads");
    }
}
