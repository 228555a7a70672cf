package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.LayoutMap;
import java.util.Map;

/**
 * Says how a tensor lies in memory. On an input or output that is part of the kernel's interface: whoever calls it brings
 * or takes the tensor in this layout.
 *
 * <pre>
 * y: f32[1, 64, 56, 56]      ->      y: f32[1, 64, 56, 56] as 0,1/16,2,3,1%16
 * </pre>
 */
public record Layout(String tensor, LayoutMap layout) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Buffer buffer = nest.buffers().get(tensor);
        if (buffer == null) {
            return reject("there is no tensor '" + tensor + "'; tensors are "
                    + String.join(", ", nest.buffers().keySet()));
        }
        if (layout.rank() != buffer.rank()) {
            return reject(
                    "a layout of rank " + layout.rank() + " does not fit '" + tensor + "' of rank " + buffer.rank());
        }
        for (int axis = 0; axis < layout.rank(); axis++) {
            if (!covers(axis)) {
                return reject("layout " + layout.text() + " does not cover axis " + axis + " exactly once");
            }
        }
        return Step.applied(nest.withBuffer(buffer.withLayout(layout)));
    }

    /** The dimensions of an axis must tile it: each divisor is the modulus of the next finer one times its divisor. */
    private boolean covers(int axis) {
        var parts = layout.dimensions().stream()
                .filter(d -> d.axis() == axis)
                .sorted(java.util.Comparator.comparingLong(LayoutMap.Dimension::divisor))
                .toList();
        long reached = 1;
        for (int i = 0; i < parts.size(); i++) {
            boolean last = i == parts.size() - 1;
            if (parts.get(i).divisor() != reached || (parts.get(i).modulus() == 0) != last) {
                return false;
            }
            reached *= Math.max(1, parts.get(i).modulus());
        }
        return !parts.isEmpty();
    }
}
