package dev.woodpecker.runtime.device.cuda.driver;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import jcuda.NativePointerObject;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUstream;

/** JCuda's objects by the numbers of their handles: JCuda keeps the driver's own numbers to itself. */
final class JcudaObjects {
    /** A stream whose number, which the vendor's libraries want, can be read. */
    static final class NumberedStream extends CUstream {
        long value() {
            return getNativePointer();
        }
    }

    /** A step of the graph of this number. */
    private record OfGraph(long graph, CUgraphNode node) {}

    private final Map<Long, NativePointerObject> objects = new ConcurrentHashMap<>();
    private final Map<Long, OfGraph> nodes = new ConcurrentHashMap<>();
    private final Map<Long, PinnedMemory> pinned = new ConcurrentHashMap<>();
    /** Odd, which no address of the driver's is. */
    private final AtomicLong last = new AtomicLong(-1);

    long add(NativePointerObject object) {
        long number = last.addAndGet(2);
        objects.put(number, object);
        return number;
    }

    void put(long number, NativePointerObject object) {
        objects.put(number, object);
    }

    <T extends NativePointerObject> T get(long number, Class<T> type) {
        return known(objects.get(number), type);
    }

    <T extends NativePointerObject> T remove(long number, Class<T> type) {
        return known(objects.remove(number), type);
    }

    private static <T> T known(@org.jspecify.annotations.Nullable NativePointerObject object, Class<T> type) {
        if (object == null) {
            throw new IllegalStateException("a " + type.getSimpleName() + " that was destroyed is used");
        }
        return type.cast(object);
    }

    void addNode(long graph, long number, CUgraphNode node) {
        nodes.put(number, new OfGraph(graph, node));
    }

    CUgraphNode node(long number) {
        return Objects.requireNonNull(nodes.get(number), "a step of a graph that was destroyed is used")
                .node();
    }

    void removeNodes(long graph) {
        nodes.values().removeIf(node -> node.graph() == graph);
    }

    void pin(PinnedMemory memory) {
        pinned.put(memory.segment().address(), memory);
    }

    PinnedMemory unpin(long address) {
        return Objects.requireNonNull(pinned.remove(address), "memory is freed that was not pinned");
    }
}
