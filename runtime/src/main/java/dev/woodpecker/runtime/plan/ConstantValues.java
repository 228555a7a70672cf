package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel.Completion;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.plan.kernel.LoadedKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** Makes the constants that a plan's kernels read: weights as they are, and what is computed from them once. */
final class ConstantValues {
    private final KernelGraph graph;
    private final PlanParts parts;
    private final ToLongFunction<String> bytes;
    private final Arena lasting;
    private final Map<String, MemorySegment> memory = new HashMap<>();
    /** Of values that nothing needs any more when this is done. */
    private final Map<String, Arena> temporaries = new HashMap<>();
    /** How many kernels have still to read a value. */
    private final Map<String, Integer> readers = new HashMap<>();

    private ConstantValues(KernelGraph graph, PlanParts parts, ToLongFunction<String> bytes, Arena lasting) {
        this.graph = graph;
        this.parts = parts;
        this.bytes = bytes;
        this.lasting = lasting;
        for (Operation.Kernel kernel : parts.fixedKernels()) {
            kernel.inputs().forEach(value -> readers.merge(parts.root(value), 1, Integer::sum));
        }
    }

    /**
     * The memory of these constants, in order.
     *
     * @param wanted values that running operations or outputs read
     * @param needed those of them that there has to be memory of
     * @param lasting how long they are needed
     */
    static List<MemorySegment> make(
            List<String> wanted,
            Set<String> needed,
            KernelGraph graph,
            PlanParts parts,
            ToLongFunction<String> bytes,
            Function<Operation.Kernel, LoadedKernel> kernels,
            Arena lasting) {
        ConstantValues values = new ConstantValues(graph, parts, bytes, lasting);
        try {
            for (Operation.Kernel kernel : parts.fixedKernels()) {
                values.run(kernel, kernels.apply(kernel), needed);
                kernel.inputs().forEach(value -> values.wasRead(parts.root(value)));
            }
            List<MemorySegment> result = new ArrayList<>();
            for (String value : wanted) {
                result.add(needed.contains(value) ? values.lasting(value) : MemorySegment.NULL);
            }
            return result;
        } finally {
            values.temporaries.values().forEach(Arena::close);
        }
    }

    /** With the last kernel that reads a value its memory goes: all weights at once would be twice the model. */
    private void wasRead(String value) {
        if (readers.merge(value, -1, Integer::sum) == 0) {
            Arena arena = temporaries.remove(value);
            if (arena != null) {
                memory.remove(value);
                arena.close();
            }
            NdArray constant = graph.constants().get(value);
            if (constant != null) {
                NativeMemory.giveBack(constant.memory());
            }
        }
    }

    private Arena temporary(String value) {
        return temporaries.computeIfAbsent(value, _ -> Arena.ofShared());
    }

    private MemorySegment lasting(String value) {
        NdArray constant = graph.constants().get(value);
        if (constant == null) {
            return computed(value);
        }
        return constant.isAligned() ? constant.memory() : copy(constant, lasting);
    }

    private MemorySegment computed(String value) {
        MemorySegment segment = memory.get(value);
        if (segment == null) {
            throw new IllegalStateException("the constant '" + value + "' was not computed");
        }
        return segment;
    }

    private MemorySegment input(String value) {
        String root = parts.root(value);
        NdArray constant = graph.constants().get(root);
        return constant != null ? memory.computeIfAbsent(root, _ -> aligned(constant, root)) : computed(root);
    }

    private MemorySegment aligned(NdArray constant, String value) {
        return constant.isAligned() ? constant.memory() : copy(constant, temporary(value));
    }

    private static MemorySegment copy(NdArray constant, Arena arena) {
        MemorySegment copy = NativeMemory.allocate(arena, constant.bytes(), "a weight");
        copy.copyFrom(constant.memory());
        NativeMemory.giveBack(constant.memory());
        return copy;
    }

    private void run(Operation.Kernel operation, LoadedKernel kernel, Set<String> needed) {
        try (Arena call = Arena.ofShared()) {
            List<MemorySegment> buffers = new ArrayList<>();
            operation.inputs().forEach(value -> buffers.add(input(value)));
            for (String output : operation.outputs()) {
                Arena arena = needed.contains(output) ? lasting : temporary(output);
                MemorySegment segment = NativeMemory.allocate(arena, bytes.applyAsLong(output), "a weight");
                memory.put(output, segment);
                buffers.add(segment);
            }
            kernel.workspaceBytes()
                    .forEach(size -> buffers.add(NativeMemory.allocate(call, size, "a kernel's workspace")));
            BufferTable table = new BufferTable(call, buffers.size());
            for (int i = 0; i < buffers.size(); i++) {
                table.set(i, buffers.get(i));
            }
            Completion completion = kernel.code().run(WorkerPool.shared(), table, MemorySegment.NULL);
            if (completion instanceof Completion.FailedCheck(int _, int check)) {
                throw new OperatorException(
                        "node '" + operation.name() + "' (" + operation.operator() + ")",
                        kernel.checks().get(check - 1));
            }
        }
    }
}
