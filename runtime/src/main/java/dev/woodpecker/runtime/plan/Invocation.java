package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.plan.program.Cost;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

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
 * @param vendor what computes it instead, where that library is there
 * @param comparison with what else could compute it, if the two were timed
 */
public record Invocation(
        String name,
        String operator,
        int kernel,
        List<BufferSource> buffers,
        Cost cost,
        String shapes,
        String implementation,
        Optional<VendorCall> vendor,
        Optional<Comparison> comparison) {
    /**
     * What was not chosen, and the times of both in this plan, on this machine; of a plan file they are not known.
     *
     * @param seconds of what was chosen
     */
    public record Comparison(String other, OptionalDouble seconds, OptionalDouble otherSeconds) {
        public Comparison(String other, double seconds, double otherSeconds) {
            this(other, OptionalDouble.of(seconds), OptionalDouble.of(otherSeconds));
        }

        /** One whose times are not known. */
        public Comparison(String other) {
            this(other, OptionalDouble.empty(), OptionalDouble.empty());
        }
    }

    public Invocation {
        buffers = List.copyOf(buffers);
    }

    /** A generated kernel that nothing was compared with. */
    public Invocation(
            String name,
            String operator,
            int kernel,
            List<BufferSource> buffers,
            Cost cost,
            String shapes,
            String implementation) {
        this(name, operator, kernel, buffers, cost, shapes, implementation, Optional.empty(), Optional.empty());
    }

    /** The same that a library computes where it is there. */
    public Invocation orBy(VendorCall call) {
        return with(Optional.of(call), comparison);
    }

    /** The same chosen rather than another implementation. */
    public Invocation ratherThan(String other) {
        return with(vendor, Optional.of(new Comparison(other)));
    }

    /** The same with what else could compute it. */
    public Invocation with(Optional<VendorCall> newVendor, Optional<Comparison> newComparison) {
        return new Invocation(name, operator, kernel, buffers, cost, shapes, implementation, newVendor, newComparison);
    }

    /** The same computed by another kernel. */
    public Invocation by(int otherKernel, List<BufferSource> otherBuffers, String otherImplementation) {
        return new Invocation(
                name, operator, otherKernel, otherBuffers, cost, shapes, otherImplementation, vendor, comparison);
    }
}
