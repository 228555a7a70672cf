package dev.woodpecker.runtime.vendor.onednn;

import dev.woodpecker.runtime.vendor.VendorTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Lays a tensor out anew. */
final class Reorder {
    private static final int FROM = 1;
    private static final int TO = 17;

    private Reorder() {}

    static void run(OneDnn library, VendorTensor tensor, MemorySegment from, long descriptor, MemorySegment to) {
        Api api = library.api();
        try (Arena setup = Arena.ofConfined();
                OneThread _ = new OneThread(api)) {
            Descriptors descriptors = new Descriptors(api, setup);
            long plain = descriptors.of(tensor);
            MemorySegment cell = descriptors.cell();
            Status.check(
                    OneDnn.invoke(
                            api.describeReorder,
                            cell.address(),
                            plain,
                            library.engine(),
                            descriptor,
                            library.engine(),
                            0L),
                    "lay weights out anew");
            long description = descriptors.owned(cell, api.destroyDescription);
            Status.check(OneDnn.invoke(api.createPrimitive, cell.address(), description), "make a reorder");
            long primitive = descriptors.owned(cell, api.destroyPrimitive);
            Status.check(OneDnn.invoke(api.createStream, cell.address(), library.engine(), 1), "create a stream");
            long stream = descriptors.owned(cell, api.destroyStream);
            MemorySegment arguments = setup.allocate(2 * 16, 8);
            put(arguments, 0, FROM, memory(library, descriptors, cell, plain, from));
            put(arguments, 1, TO, memory(library, descriptors, cell, descriptor, to));
            Status.check(OneDnn.invoke(api.execute, primitive, stream, 2, arguments.address()), "lay weights out anew");
            Status.check(OneDnn.invoke(api.waitForStream, stream), "lay weights out anew");
        }
    }

    private static void put(MemorySegment arguments, int position, int name, long memory) {
        arguments.set(ValueLayout.JAVA_INT, 16L * position, name);
        arguments.set(ValueLayout.JAVA_LONG, 16L * position + 8, memory);
    }

    private static long memory(
            OneDnn library, Descriptors descriptors, MemorySegment cell, long descriptor, MemorySegment content) {
        Api api = library.api();
        Status.check(
                OneDnn.invoke(api.createMemory, cell.address(), descriptor, library.engine(), content.address()),
                "create memory");
        return descriptors.owned(cell, api.destroyMemory);
    }
}
