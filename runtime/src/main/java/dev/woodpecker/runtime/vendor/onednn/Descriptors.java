package dev.woodpecker.runtime.vendor.onednn;

import dev.woodpecker.runtime.vendor.VendorTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

/** Makes oneDNN's objects for one setup, and frees them with it: descriptors, attributes, descriptions of primitives. */
final class Descriptors {
    /** DNNL_MAX_NDIMS. */
    private static final int MOST_AXES = 12;

    private static final int F32 = 3;
    private static final int ANY = 1;

    /** {@code dnnl_format_tag_t} by rank, of channels in blocks. */
    private static final Map<Integer, Map<Integer, Integer>> TAGS =
            Map.of(16, Map.of(3, 56, 4, 78, 5, 121), 8, Map.of(3, 69, 4, 102, 5, 142));

    private final Api api;
    private final Arena arena;

    Descriptors(Api api, Arena arena) {
        this.api = api;
        this.arena = arena;
    }

    /** Whether there is a descriptor for it. */
    static boolean canHave(VendorTensor tensor) {
        return tensor.rank() <= MOST_AXES
                && (tensor.block() == 1
                        || TAGS.containsKey(tensor.block())
                                && TAGS.getOrDefault(tensor.block(), Map.of()).containsKey(tensor.rank()));
    }

    long of(VendorTensor tensor) {
        return tensor.block() == 1
                ? plain(tensor.extents(), tensor.strides())
                : tagged(
                        tensor.extents(),
                        TAGS.getOrDefault(tensor.block(), Map.of()).getOrDefault(tensor.rank(), 0));
    }

    /** A tensor laid out as the library likes. */
    long any(List<Long> extents) {
        return tagged(extents, ANY);
    }

    long plain(List<Long> extents, List<Long> strides) {
        MemorySegment result = cell();
        Status.check(
                OneDnn.invoke(
                        api.createPlainDescriptor,
                        result.address(),
                        extents.size(),
                        numbers(extents),
                        F32,
                        numbers(strides)),
                "describe a tensor of " + extents + " with strides " + strides);
        return owned(result, api.destroyDescriptor);
    }

    private long tagged(List<Long> extents, int tag) {
        MemorySegment result = cell();
        Status.check(
                OneDnn.invoke(api.createTaggedDescriptor, result.address(), extents.size(), numbers(extents), F32, tag),
                "describe a tensor of " + extents + " with tag " + tag);
        return owned(result, api.destroyDescriptor);
    }

    /** {@code dnnl_dims_t}. */
    long numbers(List<Long> values) {
        MemorySegment numbers = arena.allocate(ValueLayout.JAVA_LONG, MOST_AXES);
        for (int i = 0; i < values.size(); i++) {
            numbers.setAtIndex(ValueLayout.JAVA_LONG, i, values.get(i));
        }
        return numbers.address();
    }

    /** Where a function puts what it makes. */
    MemorySegment cell() {
        return arena.allocate(ValueLayout.JAVA_LONG);
    }

    /** What was put there, to be destroyed with all else. */
    long owned(MemorySegment cell, java.lang.invoke.MethodHandle destroy) {
        return Owned.by(arena, cell.get(ValueLayout.JAVA_LONG, 0), destroy);
    }
}
