package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.runtime.device.cuda.driver.BoxedTensor;
import dev.woodpecker.runtime.device.cuda.driver.TensorMapBits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;

/** Tensor maps as the emulator has them: {@code struct BoxMap} of emulator.cc; and the arguments of a launch with maps. */
final class EmulatedMaps {
    private static final int MOST_AXES = 5;
    private static final long EXTENTS_AT = 8L * MOST_AXES;
    private static final long BOX_AT = EXTENTS_AT + 4L * MOST_AXES;
    private static final long AXES_AT = BOX_AT + 4L * MOST_AXES;

    private EmulatedMaps() {}

    static TensorMapBits encoded(BoxedTensor tensor) {
        MemorySegment map = MemorySegment.ofArray(new long[TensorMapBits.WORDS]);
        int axes = tensor.extents().size();
        map.set(ValueLayout.JAVA_LONG, 0, tensor.address());
        List<Long> strides = tensor.strides();
        for (int i = 0; i < strides.size(); i++) {
            map.set(ValueLayout.JAVA_LONG, 8L * (i + 1), strides.get(i));
        }
        for (int i = 0; i < axes; i++) {
            map.set(
                    ValueLayout.JAVA_INT,
                    EXTENTS_AT + 4L * i,
                    Math.toIntExact(tensor.extents().get(axes - 1 - i)));
            map.set(ValueLayout.JAVA_INT, BOX_AT + 4L * i, tensor.box().get(axes - 1 - i));
        }
        map.set(ValueLayout.JAVA_INT, AXES_AT, axes);
        map.set(ValueLayout.JAVA_INT, AXES_AT + 4, BoxedTensor.ELEMENT_BYTES);
        return new TensorMapBits(IntStream.range(0, TensorMapBits.WORDS)
                .mapToObj(i -> map.getAtIndex(ValueLayout.JAVA_LONG, i))
                .toList());
    }

    /** A table of 8 bytes for each argument; maps follow behind, where their entries point. */
    static MemorySegment table(List<Long> values, List<TensorMapBits> maps, Arena arena) {
        long entries = (long) Math.max(1, values.size() + maps.size()) * Long.BYTES;
        long mapBytes = TensorMapBits.WORDS * Long.BYTES;
        long first = Math.ceilDiv(entries, TensorMapBits.ALIGNMENT_BYTES) * TensorMapBits.ALIGNMENT_BYTES;
        MemorySegment table = arena.allocate(first + maps.size() * mapBytes, TensorMapBits.ALIGNMENT_BYTES);
        for (int i = 0; i < values.size(); i++) {
            table.setAtIndex(ValueLayout.JAVA_LONG, i, values.get(i));
        }
        for (int m = 0; m < maps.size(); m++) {
            long at = first + m * mapBytes;
            table.setAtIndex(ValueLayout.JAVA_LONG, values.size() + m, table.address() + at);
            for (int w = 0; w < TensorMapBits.WORDS; w++) {
                table.set(
                        ValueLayout.JAVA_LONG, at + 8L * w, maps.get(m).words().get(w));
            }
        }
        return table;
    }
}
