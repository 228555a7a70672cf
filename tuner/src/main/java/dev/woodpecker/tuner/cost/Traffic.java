package dev.woodpecker.tuner.cost;

import dev.woodpecker.compiler.ir.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bytes that move into a cache while a phase runs: what the largest loops that fit it touch, as often as these loops run.
 * Least-recently-used replacement and enough ways are taken for granted.
 */
final class Traffic {
    /** Of a cache, the part that a loop's data may fill before it is as good as full. */
    private static final double USABLE = 0.75;

    private final List<Leaf> leaves;

    /** By the loop's id. */
    private final Map<Integer, Double> bytesOfLoops = new HashMap<>();

    Traffic(List<Leaf> leaves) {
        this.leaves = leaves;
        Map<Integer, Map<Buffer, Double>> touched = new HashMap<>();
        for (Leaf leaf : leaves) {
            for (Leaf.Access access : leaf.accesses()) {
                for (int from = 0; from < leaf.loops().size() && !access.register(); from++) {
                    touched.computeIfAbsent(leaf.loops().get(from).id(), _ -> new HashMap<>())
                            .merge(access.buffer(), bytes(leaf, access, from), Math::max);
                }
            }
        }
        touched.forEach((id, buffers) -> bytesOfLoops.put(
                id, buffers.values().stream().mapToDouble(Double::doubleValue).sum()));
    }

    /** What one run of a leaf's loops from {@code from} inwards touches of a buffer. */
    private static double bytes(Leaf leaf, Leaf.Access access, int from) {
        List<Footprint.Stride> strides = new ArrayList<>();
        for (int i = from; i < leaf.loops().size(); i++) {
            strides.add(new Footprint.Stride(
                    access.strides().get(i), leaf.loops().get(i).extent()));
        }
        // A fused loop goes through a buffer again and again.
        return Math.min(Footprint.bytes(strides, access.buffer().type().bytes()), bytes(access.buffer()));
    }

    private static double bytes(Buffer buffer) {
        double elements = buffer.shape().stream()
                .mapToDouble(extent -> IndexValue.of(extent, Map.of(), Map.of()))
                .reduce(1, (a, b) -> a * b);
        // Padding of layouts is no more than that.
        return 2 * 64 + elements * buffer.type().bytes() * 1.25;
    }

    /** All that one run of the loops of a leaf from {@code from} inwards touches; one line where there is no such loop. */
    double loopBytes(Leaf leaf, int from) {
        return from >= leaf.loops().size()
                ? 0
                : bytesOfLoops.getOrDefault(leaf.loops().get(Math.max(0, from)).id(), 0.0);
    }

    /** Bytes that come into a cache of this size in one run of the phase. */
    double into(double cacheBytes) {
        double usable = cacheBytes * USABLE;
        double total = 0;
        for (Leaf leaf : leaves) {
            int fitting = 0;
            while (fitting < leaf.loops().size() && loopBytes(leaf, fitting) > usable) {
                fitting++;
            }
            Map<Buffer, Double> moved = new HashMap<>();
            for (Leaf.Access access : leaf.accesses()) {
                if (!access.register()) {
                    moved.merge(access.buffer(), moved(leaf, access, fitting, usable), Math::max);
                }
            }
            total += moved.values().stream().mapToDouble(Double::doubleValue).sum();
        }
        return total;
    }

    private static double moved(Leaf leaf, Leaf.Access access, int fitting, double usable) {
        // Iterations of the first loop that does not fit share lines with the one before.
        int from = Math.max(0, fitting - 1);
        double each = bytes(leaf, access, from);
        double times = 1;
        // What loops outwards do not change stays, if it leaves room for what they do change.
        boolean stays = each <= usable / 2 && (fitting == 0 || !access.dependsOn(from));
        for (int i = from - 1; i >= 0; i--) {
            stays &= !access.dependsOn(i);
            times *= stays ? 1 : leaf.loops().get(i).extent();
        }
        return each * times;
    }
}
