package dev.woodpecker.runtime.device.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.driver.CUresult;

/** {@code cuTensorMapEncodeTiled}, which JCuda does not have, of the driver's library that it has loaded. */
final class JcudaTensorMaps {
    private static final String LIBRARY = "libcuda.so.1";
    private static final String CALL = "cuTensorMapEncodeTiled";

    /** Of cuda.h: elements are bits, those beyond the tensor zero, fetched to the second-level cache by 256 bytes. */
    private static final int TYPE_UINT16 = 1;

    private static final int INTERLEAVE_NONE = 0;
    private static final int SWIZZLE_128B = 3;
    private static final int L2_PROMOTION_256B = 3;
    private static final int FILL_ZEROS = 0;

    private static final FunctionDescriptor SIGNATURE = FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT);

    private JcudaTensorMaps() {}

    static TensorMapBits encode(BoxedTensor tensor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment map = arena.allocate((long) TensorMapBits.WORDS * Long.BYTES, TensorMapBits.ALIGNMENT_BYTES);
            int result = (int) call(arena)
                    .invokeExact(
                            map,
                            TYPE_UINT16,
                            tensor.extents().size(),
                            tensor.address(),
                            longs(tensor.extents().reversed(), arena),
                            longs(tensor.strides(), arena),
                            ints(tensor.box().reversed(), arena),
                            ints(tensor.box().stream().map(_ -> 1).toList(), arena),
                            INTERLEAVE_NONE,
                            SWIZZLE_128B,
                            L2_PROMOTION_256B,
                            FILL_ZEROS);
            JcudaDriver.check(result, CALL + " of " + tensor);
            return new TensorMapBits(IntStream.range(0, TensorMapBits.WORDS)
                    .mapToObj(i -> map.getAtIndex(ValueLayout.JAVA_LONG, i))
                    .toList());
        } catch (CudaException refused) {
            throw refused;
        } catch (Throwable impossible) {
            throw new IllegalStateException(CALL, impossible);
        }
    }

    private static MethodHandle call(Arena arena) {
        return SymbolLookup.libraryLookup(LIBRARY, arena)
                .find(CALL)
                .map(address -> Linker.nativeLinker().downcallHandle(address, SIGNATURE))
                .orElseThrow(() -> CudaException.of(
                        CALL + ", which drivers have from CUDA 12.0 on",
                        CUresult.CUDA_ERROR_NOT_FOUND,
                        "CUDA_ERROR_NOT_FOUND"));
    }

    private static MemorySegment longs(List<Long> values, Arena arena) {
        MemorySegment all = arena.allocate(ValueLayout.JAVA_LONG, values.size());
        for (int i = 0; i < values.size(); i++) {
            all.setAtIndex(ValueLayout.JAVA_LONG, i, values.get(i));
        }
        return all;
    }

    private static MemorySegment ints(List<Integer> values, Arena arena) {
        MemorySegment all = arena.allocate(ValueLayout.JAVA_INT, values.size());
        for (int i = 0; i < values.size(); i++) {
            all.setAtIndex(ValueLayout.JAVA_INT, i, values.get(i));
        }
        return all;
    }
}
