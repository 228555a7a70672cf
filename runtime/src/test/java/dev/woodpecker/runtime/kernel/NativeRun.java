package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.CpuKernel.Completion;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.device.emulator.TensorMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Runs compiled code on tensors laid out as its buffers say. Memory that is to be written starts as NaN (integers: -1),
 * and so does a zone around each buffer, which must stay so.
 */
final class NativeRun {
    private static final byte POISON = -1;
    private static final long ZONE = 256;

    private final LoweredKernel kernel;
    private final Arena arena;
    private final Map<String, MemorySegment> zones = new LinkedHashMap<>();

    private NativeRun(LoweredKernel kernel, Arena arena) {
        this.kernel = kernel;
        this.arena = arena;
    }

    /** The outputs by name; {@code AssertionError} where a check fails or memory outside the buffers is written. */
    static Map<String, HostTensor> run(
            LoweredKernel kernel, CpuKernel code, WorkerPool pool, Map<String, HostTensor> inputs) {
        try (Arena arena = Arena.ofShared()) {
            return new NativeRun(kernel, arena).run(code, pool, inputs);
        }
    }

    /** How the run ended. */
    static Completion complete(LoweredKernel kernel, CpuKernel code, WorkerPool pool, Map<String, HostTensor> inputs) {
        try (Arena arena = Arena.ofShared()) {
            NativeRun run = new NativeRun(kernel, arena);
            return code.run(pool, run.buffers(inputs), MemorySegment.NULL);
        }
    }

    private Map<String, HostTensor> run(CpuKernel code, WorkerPool pool, Map<String, HostTensor> inputs) {
        BufferTable table = buffers(inputs);
        Completion completion = code.run(pool, table, MemorySegment.NULL);
        if (!(completion instanceof Completion.Done)) {
            throw new AssertionError(completion + " of " + kernel.checks());
        }
        zones.forEach(NativeRun::requireUntouched);
        Map<String, HostTensor> outputs = new LinkedHashMap<>();
        for (LoweredKernel.Argument argument : kernel.arguments()) {
            if (argument.role() == Role.OUTPUT) {
                outputs.put(argument.buffer().name(), unpack(argument.buffer()));
            }
        }
        return outputs;
    }

    private BufferTable buffers(Map<String, HostTensor> inputs) {
        List<LoweredKernel.Argument> arguments = kernel.arguments();
        BufferTable table = new BufferTable(arena, arguments.size());
        for (int i = 0; i < arguments.size(); i++) {
            Buffer buffer = arguments.get(i).buffer();
            long bytes = TensorMemory.bytes(buffer);
            MemorySegment zone = NativeMemory.allocate(arena, bytes + 2 * ZONE, buffer.name());
            zone.fill(POISON);
            zones.put(buffer.name(), zone);
            MemorySegment memory = zone.asSlice(ZONE, bytes);
            if (arguments.get(i).role() == Role.INPUT) {
                TensorMemory.write(
                        Objects.requireNonNull(inputs.get(buffer.name()), buffer.name()), buffer.layout(), memory);
            }
            table.set(i, memory);
        }
        return table;
    }

    private static void requireUntouched(String buffer, MemorySegment zone) {
        for (long i = 0; i < ZONE; i++) {
            long end = zone.byteSize() - ZONE + i;
            if (zone.get(ValueLayout.JAVA_BYTE, i) != POISON || zone.get(ValueLayout.JAVA_BYTE, end) != POISON) {
                throw new AssertionError("memory beside buffer " + buffer + " was written");
            }
        }
    }

    private HostTensor unpack(Buffer buffer) {
        MemorySegment memory = Objects.requireNonNull(zones.get(buffer.name())).asSlice(ZONE);
        if (buffer.type() == DType.BOOL) {
            requireTruths(buffer, memory);
        }
        return TensorMemory.read(buffer, memory);
    }

    private static void requireTruths(Buffer buffer, MemorySegment memory) {
        HostTensor stored = TensorMemory.read(
                new Buffer(
                        buffer.name(),
                        DType.U8,
                        buffer.shape(),
                        buffer.layout(),
                        buffer.scope(),
                        buffer.alignmentBytes()),
                memory);
        for (int i = 0; i < stored.elements(); i++) {
            if (stored.integer(i) != 0 && stored.integer(i) != 1) {
                throw new AssertionError("a boolean is stored as " + stored.integer(i));
            }
        }
    }
}
