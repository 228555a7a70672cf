package dev.woodpecker.compiler.schedule;

import java.util.Map;

/**
 * One transformation of a loop nest: data that is checked and applied. Steps keep the meaning of the program; what would
 * change it is a {@link Outcome.Rejection}.
 */
public sealed interface Step
        permits Split,
                Fuse,
                Reorder,
                Bind,
                Inline,
                ComputeAt,
                CacheRead,
                CacheWrite,
                Decompose,
                SplitReduction,
                Layout,
                Border,
                Vectorize,
                Unroll,
                Tensorize,
                Pipeline,
                Specialize,
                Persist,
                Reindex,
                JoinReduction,
                CombineLanes,
                Prefetch,
                DivideLast,
                Rolling,
                Compact,
                Transpose {
    /** Applies the step under the decisions for its open factors. */
    Outcome apply(LoopNest nest, Map<String, Long> decisions);

    default Outcome reject(String reason) {
        return new Outcome.Rejection(this, reason);
    }

    default Outcome rejectUnknown(String loop, LoopNest nest) {
        return reject("there is no loop '" + loop + "'; loops are " + String.join(", ", nest.loopNames()));
    }

    static Outcome applied(LoopNest nest) {
        return new Outcome.Applied(nest);
    }
}
