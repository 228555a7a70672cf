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
    private final Arena temporary;
    private final Map<String, MemorySegment> memory = new HashMap<>();

    private ConstantValues(
            KernelGraph graph, PlanParts parts, ToLongFunction<String> bytes, Arena lasting, Arena temporary) {
        this.graph = graph;
        this.parts = parts;
        this.bytes = bytes;
        this.lasting = lasting;
        this.temporary = temporary;
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
        try (Arena temporary = Arena.ofShared()) {
            ConstantValues values = new ConstantValues(graph, parts, bytes, lasting, temporary);
            for (Operation.Kernel kernel : parts.fixedKernels()) {
                values.run(kernel, kernels.apply(kernel), needed);
            }
            List<MemorySegment> result = new ArrayList<>();
            for (String value : wanted) {
                result.add(needed.contains(value) ? values.lasting(value) : MemorySegment.NULL);
            }
            return result;
        }
    }

    private MemorySegment lasting(String value) {
        NdArray constant = graph.constants().get(value);
        return constant != null ? aligned(constant, lasting) : computed(value);
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
        return constant != null ? memory.computeIfAbsent(root, _ -> aligned(constant, temporary)) : computed(root);
    }

    private MemorySegment aligned(NdArray constant, Arena arena) {
        if (constant.isAligned()) {
            return constant.memory();
        }
        return NativeMemory.allocate(arena, constant.bytes(), "a weight").copyFrom(constant.memory());
    }

    private void run(Operation.Kernel operation, LoadedKernel kernel, Set<String> needed) {
        try (Arena call = Arena.ofShared()) {
            List<MemorySegment> buffers = new ArrayList<>();
            operation.inputs().forEach(value -> buffers.add(input(value)));
            for (String output : operation.outputs()) {
                Arena arena = needed.contains(output) ? lasting : temporary;
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
