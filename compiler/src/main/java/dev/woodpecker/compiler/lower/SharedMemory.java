package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.WarpgroupProducts;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The arrays that the threads of a block share. Up to 48 kB a kernel declares them; beyond that there is one array whose
 * size the launch gives, after the driver was asked for it (CUDA C++ Programming Guide, "Shared Memory" of each compute
 * capability). No two arrays lie in one place: what the first held might still be read by another thread.
 *
 * @param arrays by name, in the order of their declarations
 * @param bytes of all together
 */
public record SharedMemory(Map<String, Array> arrays, long bytes) {
    /** The most that a kernel may declare. */
    public static final long MOST_DECLARED_BYTES = 48 << 10;

    /** As tensor memory accelerators want their tiles. */
    private static final long ALIGNMENT = 128;

    /** Where an array starts in the memory that a launch gives. */
    public record Array(Buffer buffer, long offset) {}

    public static SharedMemory of(Stmt phase) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        Map<String, Buffer> buffers = new LinkedHashMap<>();
        collect(phase, sizes, buffers);
        Map<String, Array> arrays = new LinkedHashMap<>();
        long end = 0;
        for (Map.Entry<String, Buffer> entry : buffers.entrySet()) {
            long alignment = alignment(entry.getValue());
            end = Math.ceilDiv(end, alignment) * alignment;
            arrays.put(entry.getKey(), new Array(entry.getValue(), end));
            end += Math.ceilDiv(sizes.getOrDefault(entry.getKey(), 0L), ALIGNMENT) * ALIGNMENT;
        }
        return new SharedMemory(arrays, end);
    }

    /** Twisted rows are where their addresses say. */
    public static long alignment(Buffer buffer) {
        return buffer.layout().isTwisted() ? WarpgroupProducts.PERIOD_BYTES : ALIGNMENT;
    }

    /** Copies of a loop's body have arrays of one name and size, for which the barriers between them are placed. */
    private static void collect(Stmt s, Map<String, Long> sizes, Map<String, Buffer> buffers) {
        if (s instanceof Stmt.Allocate(Buffer buffer, Stmt _) && buffer.scope() == Scope.SHARED) {
            sizes.merge(buffer.name(), PlanScratch.bytes(buffer), Math::max);
            buffers.putIfAbsent(buffer.name(), buffer);
        }
        s.children().forEach(child -> collect(child, sizes, buffers));
    }

    /** Whether the launch gives it. */
    public boolean isDynamic() {
        return bytes > MOST_DECLARED_BYTES;
    }

    /** What a launch has to give: all or nothing. */
    public long dynamicBytes() {
        return isDynamic() ? bytes : 0;
    }

    /** Where an array starts, in bytes. */
    public long offset(Buffer buffer) {
        Array array = arrays.get(buffer.name());
        if (array == null) {
            throw new IllegalArgumentException("no threads share the buffer " + buffer.name());
        }
        return array.offset();
    }
}
