package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.CpuKernel.Completion;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
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
            long bytes = elements(buffer) * buffer.type().bytes();
            MemorySegment zone = NativeMemory.allocate(arena, bytes + 2 * ZONE, buffer.name());
            zone.fill(POISON);
            zones.put(buffer.name(), zone);
            MemorySegment memory = zone.asSlice(ZONE, bytes);
            if (arguments.get(i).role() == Role.INPUT) {
                pack(Objects.requireNonNull(inputs.get(buffer.name()), buffer.name()), buffer.layout(), memory);
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

    static long elements(Buffer buffer) {
        return buffer.layout().elements(KernelCase.extents(buffer.shape()));
    }

    /** Padding becomes zeros. */
    private static void pack(HostTensor tensor, LayoutMap layout, MemorySegment memory) {
        memory.fill((byte) 0);
        long[] index = new long[tensor.rank()];
        for (int i = 0; i < tensor.elements(); i++) {
            put(tensor, i, memory, offset(layout, index, tensor.shape()));
            advance(index, tensor.shape());
        }
    }

    private HostTensor unpack(Buffer buffer) {
        long[] shape = KernelCase.extents(buffer.shape());
        MemorySegment memory = Objects.requireNonNull(zones.get(buffer.name())).asSlice(ZONE);
        HostTensor zeros = HostTensor.zeros(buffer.type(), shape);
        double[] reals = new double[zeros.elements()];
        long[] integers = new long[zeros.elements()];
        long[] index = new long[shape.length];
        for (int i = 0; i < zeros.elements(); i++) {
            long at = offset(buffer.layout(), index, shape);
            if (buffer.type().isFloat()) {
                reals[i] = real(buffer.type(), memory, at);
            } else {
                integers[i] = integer(buffer.type(), memory, at);
            }
            advance(index, shape);
        }
        return buffer.type().isFloat()
                ? HostTensor.ofReals(buffer.type(), reals, shape)
                : HostTensor.ofIntegers(buffer.type(), integers, shape);
    }

    private static long offset(LayoutMap layout, long[] index, long[] shape) {
        long offset = 0;
        for (LayoutMap.Dimension d : layout.dimensions()) {
            long step = index[d.axis()] / d.divisor();
            offset = offset * d.size(shape[d.axis()]) + (d.modulus() > 0 ? step % d.modulus() : step);
        }
        return offset;
    }

    private static void advance(long[] index, long[] shape) {
        for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
            index[axis] = 0;
        }
    }

    private static void put(HostTensor tensor, int i, MemorySegment memory, long at) {
        switch (tensor.type()) {
            case F64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, at, tensor.real(i));
            case F32, TF32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) tensor.real(i));
            case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Float.floatToFloat16((float) tensor.real(i)));
            case BF16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Arithmetic.floatToBf16((float) tensor.real(i)));
            case I8, U8, BOOL -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) tensor.integer(i));
            case I16, U16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, (short) tensor.integer(i));
            case I32, U32 -> memory.setAtIndex(ValueLayout.JAVA_INT, at, (int) tensor.integer(i));
            case I64, U64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, at, tensor.integer(i));
        }
    }

    private static double real(DType type, MemorySegment memory, long at) {
        return switch (type) {
            case F64 -> memory.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
            case F32, TF32 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, at);
            case F16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at));
            case BF16 -> Arithmetic.bf16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at));
            case I8, U8, BOOL, I16, U16, I32, U32, I64, U64 -> throw new IllegalArgumentException(type.text());
        };
    }

    private static long integer(DType type, MemorySegment memory, long at) {
        long bits = switch (type) {
            case I8, U8 -> memory.get(ValueLayout.JAVA_BYTE, at);
            case BOOL -> truth(memory.get(ValueLayout.JAVA_BYTE, at));
            case I16, U16 -> memory.getAtIndex(ValueLayout.JAVA_SHORT, at);
            case I32, U32 -> memory.getAtIndex(ValueLayout.JAVA_INT, at);
            case I64, U64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, at);
            case F64, F32, F16, BF16, TF32 -> throw new IllegalArgumentException(type.text());
        };
        return Arithmetic.wrap(type, bits);
    }

    private static long truth(byte stored) {
        if (stored != 0 && stored != 1) {
            throw new AssertionError("a boolean is stored as " + stored);
        }
        return stored;
    }
}
