package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The slices across an axis, or without one the elements, for which a condition holds; it may be shorter than the axis. */
final class Compress implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray given = call.input(0);
        boolean[] condition = call.input(1).toBooleanArray();
        boolean flat = call.node().attribute("axis").isEmpty();
        NdArray x = flat ? given.reshape(Math.toIntExact(given.elements())) : given;
        int axis = flat ? 0 : call.axis("axis", x);
        Lines from = Lines.of(x, axis);
        if (condition.length > from.extent()) {
            throw call.error("a condition of " + condition.length + " elements for " + from.extent());
        }
        int kept = 0;
        for (boolean keep : condition) {
            kept += keep ? 1 : 0;
        }
        int[] shape = x.shape();
        shape[axis] = kept;
        NdArray result = NdArray.allocate(x.type(), shape);
        Lines to = Lines.of(result, axis);
        long bytes = from.inners() * x.type().bytes();
        for (long outer = 0; outer < from.outers(); outer++) {
            int next = 0;
            for (int k = 0; k < condition.length; k++) {
                if (condition[k]) {
                    long source = from.position(outer, k, 0) * x.type().bytes();
                    long target = to.position(outer, next++, 0) * x.type().bytes();
                    MemorySegment.copy(x.memory(), source, result.memory(), target, bytes);
                }
            }
        }
        return List.of(result);
    }
}
