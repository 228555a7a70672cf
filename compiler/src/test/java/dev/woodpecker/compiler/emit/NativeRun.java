package dev.woodpecker.compiler.emit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.lower.LoweredKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs a compiled kernel on tensors in logical order, by the kernel ABI, each phase as two ranges. */
public final class NativeRun {
    private static final FunctionDescriptor ABI =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);

    /** Bytes before and after each buffer that nothing may write. */
    private static final int GUARD = 64;

    private NativeRun() {}

    public record Result(int status, Map<String, HostTensor> outputs) {
        public HostTensor output(String name) {
            return Optional.ofNullable(outputs.get(name)).orElseThrow();
        }
    }

    public static Result run(Path library, LoweredKernel kernel, Map<String, HostTensor> inputs) {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
            MemorySegment pointers = arena.allocate(ADDRESS, kernel.arguments().size());
            List<MemorySegment> memory = new ArrayList<>();
            for (int i = 0; i < kernel.arguments().size(); i++) {
                Buffer buffer = kernel.arguments().get(i).buffer();
                MemorySegment segment = allocate(arena, buffer);
                if (inputs.containsKey(buffer.name())) {
                    write(inputs.get(buffer.name()), buffer, segment);
                }
                memory.add(segment);
                pointers.setAtIndex(ADDRESS, i, segment.asSlice(GUARD));
            }
            int status = 0;
            for (LoweredKernel.Phase phase : kernel.phases()) {
                if (status == 0) {
                    status = call(symbols.find(phase.symbol()).orElseThrow(), phase, pointers, arena);
                }
            }
            Map<String, HostTensor> outputs = new HashMap<>();
            for (int i = 0; i < memory.size(); i++) {
                Buffer buffer = kernel.arguments().get(i).buffer();
                checkGuards(memory.get(i), buffer);
                if (kernel.arguments().get(i).role() == LoweredKernel.Role.OUTPUT) {
                    outputs.put(buffer.name(), read(buffer, memory.get(i)));
                }
            }
            return new Result(status, outputs);
        } catch (Throwable e) {
            throw new AssertionError(kernel.name(), e);
        }
    }

    private static int call(MemorySegment function, LoweredKernel.Phase phase, MemorySegment pointers, Arena arena)
            throws Throwable {
        MethodHandle f = Linker.nativeLinker().downcallHandle(function, ABI);
        long extent = ((Expr.IntConst) phase.extent()).value();
        MemorySegment scratch = arena.allocate(Math.max(64, phase.scratchBytes()), 64);
        scratch.fill((byte) 0xff);
        long middle = extent / 2;
        int status = (int) f.invokeExact(pointers, MemorySegment.NULL, scratch, 0L, middle);
        return status != 0 ? status : (int) f.invokeExact(pointers, MemorySegment.NULL, scratch, middle, extent);
    }

    private static long[] extents(Buffer buffer) {
        return buffer.shape().stream()
                .mapToLong(e -> ((Expr.IntConst) e).value())
                .toArray();
    }

    private static MemorySegment allocate(Arena arena, Buffer buffer) {
        long bytes = buffer.layout().elements(extents(buffer)) * buffer.type().bytes();
        MemorySegment segment = arena.allocate(bytes + 2 * GUARD, 64);
        segment.asSlice(0, GUARD).fill((byte) 0x5a);
        segment.asSlice(GUARD + bytes).fill((byte) 0x5a);
        return segment;
    }

    private static void checkGuards(MemorySegment segment, Buffer buffer) {
        for (long i = 0; i < GUARD; i++) {
            byte before = segment.get(ValueLayout.JAVA_BYTE, i);
            byte after = segment.get(ValueLayout.JAVA_BYTE, segment.byteSize() - 1 - i);
            if (before != 0x5a || after != 0x5a) {
                throw new AssertionError("memory around " + buffer.name() + " was written");
            }
        }
    }

    /** The offset of the element at a row-major position of the logical tensor. */
    private static long offset(Buffer buffer, long position) {
        long[] extents = extents(buffer);
        long[] index = new long[extents.length];
        long rest = position;
        for (int axis = extents.length - 1; axis >= 0; axis--) {
            index[axis] = rest % extents[axis];
            rest /= extents[axis];
        }
        long offset = 0;
        for (LayoutMap.Dimension d : buffer.layout().dimensions()) {
            long at = index[d.axis()] / d.divisor();
            offset = offset * d.size(extents[d.axis()]) + (d.modulus() > 0 ? at % d.modulus() : at);
        }
        return offset;
    }

    private static void write(HostTensor tensor, Buffer buffer, MemorySegment segment) {
        DType type = buffer.type();
        for (int i = 0; i < tensor.elements(); i++) {
            long bits = type.isFloat() ? Arithmetic.bits(type, tensor.real(i)) : tensor.integer(i);
            long at = GUARD + offset(buffer, i) * type.bytes();
            switch (type.bytes()) {
                case 1 -> segment.set(ValueLayout.JAVA_BYTE, at, (byte) bits);
                case 2 -> segment.set(ValueLayout.JAVA_SHORT, at, (short) bits);
                case 4 -> segment.set(JAVA_INT, at, (int) bits);
                default -> segment.set(JAVA_LONG, at, bits);
            }
        }
    }

    private static HostTensor read(Buffer buffer, MemorySegment segment) {
        DType type = buffer.type();
        int elements = HostTensor.zeros(type, extents(buffer)).elements();
        double[] reals = new double[elements];
        long[] integers = new long[elements];
        for (int i = 0; i < elements; i++) {
            long at = GUARD + offset(buffer, i) * type.bytes();
            long bits = switch (type.bytes()) {
                case 1 -> segment.get(ValueLayout.JAVA_BYTE, at);
                case 2 -> segment.get(ValueLayout.JAVA_SHORT, at);
                case 4 -> segment.get(JAVA_INT, at);
                default -> segment.get(JAVA_LONG, at);
            };
            if (type.isFloat()) {
                Expr value = Arithmetic.bitcast(type, new Expr.IntConst(bits, DType.I64))
                        .orElseThrow();
                reals[i] = ((Expr.FloatConst) value).value();
            } else {
                integers[i] = Arithmetic.wrap(type, bits);
            }
        }
        return type.isFloat()
                ? HostTensor.ofReals(type, reals, extents(buffer))
                : HostTensor.ofIntegers(type, integers, extents(buffer));
    }
}
