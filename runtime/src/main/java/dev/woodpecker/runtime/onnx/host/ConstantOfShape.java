package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A tensor of the shape that its input gives, filled with one value: 0 of type float if none is given. */
final class ConstantOfShape implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray value = call.node().attributes().get("value") instanceof Attribute.Tensor(NdArray given)
                ? given
                : NdArray.scalar(0f);
        if (value.elements() != 1) {
            throw call.error("a value of " + value.elements() + " elements; one is allowed");
        }
        NdArray result = NdArray.allocate(value.type(), call.input(0).toIntArray());
        Filling.fill(result.memory(), value.memory());
        return List.of(result);
    }

    /** Repeats a few bytes over memory by copying what is there already, twice as much each time. */
    private static final class Filling {

        private Filling() {}

        static void fill(MemorySegment memory, MemorySegment pattern) {
            if (memory.byteSize() == 0) {
                return;
            }
            memory.asSlice(0, pattern.byteSize()).copyFrom(pattern);
            for (long filled = pattern.byteSize(); filled < memory.byteSize(); ) {
                long more = Math.min(filled, memory.byteSize() - filled);
                memory.asSlice(filled, more).copyFrom(memory.asSlice(0, more));
                filled += more;
            }
        }
    }
}
