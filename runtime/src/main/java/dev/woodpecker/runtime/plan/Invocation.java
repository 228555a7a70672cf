package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.plan.program.Cost;
import java.util.List;

/**
 * One kernel to run.
 *
 * @param name the nodes of the model that it computes
 * @param operator what the first of them is
 * @param kernel its position among the plan's kernels
 * @param buffers in the order of the kernel's arguments
 * @param cost of what it computes, by the definition of its default algorithm
 * @param shapes of its results, for people
 * @param implementation the algorithm and where its schedule is from, for people: {@code winograd4, tuned}
 */
public record Invocation(
        String name,
        String operator,
        int kernel,
        List<BufferSource> buffers,
        Cost cost,
        String shapes,
        String implementation) {
    public Invocation {
        buffers = List.copyOf(buffers);
    }
}
