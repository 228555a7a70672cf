package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the local buffers of a phase lie in the memory of a worker (on a GPU: in the shared memory of a block): buffers
 * whose lives do not overlap share it.
 *
 * @param offsets bytes from the start, by buffer
 * @param bytes how much is needed
 */
public record PlanScratch(Map<String, Long> offsets, long bytes) {
    /** Register arrays beyond this are kept in scratch: stacks are small (a 1.2 MB local array has killed a JVM). */
    public static final long MAX_LOCAL_BYTES = 16 << 10;

    private static final long ALIGNMENT = 64;

    public static PlanScratch of(Stmt phase) {
        Map<String, Long> offsets = new LinkedHashMap<>();
        Map<String, Long> before;
        long bytes;
        do {
            before = Map.copyOf(offsets);
            bytes = place(phase, 0, offsets);
        } while (!before.equals(offsets));
        return new PlanScratch(before, bytes);
    }

    public static long bytes(Stmt phase) {
        return of(phase).bytes;
    }

    /** Where a buffer that is {@linkplain #isPlaced placed} starts, in bytes. */
    public long offset(Buffer buffer) {
        Long offset = offsets.get(buffer.name());
        if (offset == null) {
            throw new IllegalArgumentException("buffer " + buffer.name() + " is not in this plan");
        }
        return offset;
    }

    /** Whether a buffer lives in scratch memory rather than in variables. */
    public static boolean isPlaced(Buffer buffer) {
        return buffer.scope() == Scope.SHARED || (buffer.scope() == Scope.REGISTER && bytes(buffer) > MAX_LOCAL_BYTES);
    }

    /** The size of a buffer, padding included; the greatest where it depends on parameters. */
    public static long bytes(Buffer buffer) {
        long[] extents = new long[buffer.rank()];
        for (int axis = 0; axis < extents.length; axis++) {
            Expr extent = buffer.shape().get(axis);
            extents[axis] = Bounds.none().of(extent).max();
            if (extents[axis] == Long.MAX_VALUE) {
                throw new LoweringException("buffer " + buffer.name() + ": axis " + axis + " has no upper bound");
            }
        }
        return Math.multiplyExact(
                buffer.layout().elements(extents), buffer.type().bytes());
    }

    /** The end of the memory in use inside {@code s}, of which {@code used} bytes are taken outside. */
    private static long place(Stmt s, long used, Map<String, Long> offsets) {
        long start = used;
        if (s instanceof Stmt.Allocate a && isPlaced(a.buffer())) {
            // Copies of a loop body have buffers of one name; the furthest place serves them all, once it is found.
            long offset = Math.max(used, offsets.getOrDefault(a.buffer().name(), 0L));
            offsets.put(a.buffer().name(), offset);
            start = offset + Math.ceilDiv(bytes(a.buffer()), ALIGNMENT) * ALIGNMENT;
        }
        long end = start;
        for (Stmt child : s.children()) {
            end = Math.max(end, place(child, start, offsets));
        }
        return end;
    }
}
