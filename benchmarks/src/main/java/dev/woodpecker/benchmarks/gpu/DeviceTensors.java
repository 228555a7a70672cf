package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.vendor.cuda.ConvolutionShape;
import dev.woodpecker.runtime.vendor.cuda.CudnnConvolution.Order;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A workload's inputs and results on the device, several sets of equal values, so that a run finds what it reads in memory
 * and not in the level-2 cache.
 */
final class DeviceTensors implements AutoCloseable {
    /** As many as runs that are timed together. */
    private static final int MOST_SETS = 96;
    /** Memory is not filled with copies of what is large anyway. */
    private static final long MOST_BYTES = 6L << 30;
    /** What cuMemAlloc gives is aligned so, and every tensor here. */
    private static final long ALIGNMENT_BYTES = 256;

    private static final int SAMPLES = 256;
    /** Of a larger result, pieces spread over all are looked at. */
    private static final long PIECE_BYTES = 4L << 20;

    private static final int PIECES = 4;
    private static final byte UNWRITTEN = -1; // as NaN in every type

    private final CudaDriver driver;
    private final Stream stream;
    private final Workload workload;
    private final InputValues values;
    private final Order order;
    private final List<List<DevicePointer>> inputs = new ArrayList<>();
    private final List<DevicePointer> results = new ArrayList<>();
    private final List<DevicePointer> owned = new ArrayList<>();

    /** @param order in which convolutions have their channels; NCHW for all others */
    DeviceTensors(CudaDriver driver, Stream stream, Workload workload, InputValues values, Order order) {
        this.driver = driver;
        this.stream = stream;
        this.workload = workload;
        this.values = values;
        this.order = order;
        try {
            fill();
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private void fill() {
        List<Long> sizes = new ArrayList<>();
        workload.inputs().forEach(extents -> sizes.add(bytes(extents)));
        sizes.add(bytes(workload.result()));
        long bytesOfSet = sizes.stream().mapToLong(DeviceTensors::aligned).sum();
        long wanted = 2 * driver.facts().l2Bytes() / bytesOfSet + 1;
        long room = Math.min(MOST_BYTES, driver.memory().freeBytes() / 2) / bytesOfSet;
        int sets = Math.clamp(Math.min(wanted, room), 1, MOST_SETS);
        // One allocation: hundreds would take longer than what is timed.
        DevicePointer next = scratch(sets * bytesOfSet);
        for (int set = 0; set < sets; set++) {
            List<DevicePointer> pointers = new ArrayList<>();
            for (int i = 0; i < sizes.size(); i++) {
                pointers.add(next);
                next = next.plus(aligned(sizes.get(i)));
            }
            results.add(pointers.removeLast());
            inputs.add(pointers);
            for (int i = 0; i < pointers.size(); i++) {
                if (set == 0) {
                    upload(values.tensors().get(i), workload.inputs().get(i), pointers.get(i));
                } else {
                    driver.copy(inputs.getFirst().get(i), pointers.get(i), sizes.get(i), stream);
                }
            }
        }
        driver.synchronize(stream);
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    }

    private long bytes(List<Long> extents) {
        return ConvolutionShape.elements(extents) * workload.precision().bytes();
    }

    /** Memory that goes with the tensors. */
    DevicePointer scratch(long bytes) {
        DevicePointer pointer = driver.allocate(Math.max(bytes, 1), "tensors of " + workload.name());
        owned.add(pointer);
        return pointer;
    }

    private void upload(float[] elements, List<Long> extents, DevicePointer to) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(bytes(extents), Long.BYTES);
            IntStream.range(0, elements.length).parallel().forEach(i -> put(memory, place(i, extents), elements[i]));
            driver.copy(memory, to, stream);
            driver.synchronize(stream);
        }
    }

    /** Where the element is that comes at {@code index} in row-major order. */
    private long place(long index, List<Long> extents) {
        if (order == Order.NCHW || extents.size() != 4) {
            return index;
        }
        long w = index % extents.get(3);
        long h = index / extents.get(3) % extents.get(2);
        long c = index / (extents.get(3) * extents.get(2)) % extents.get(1);
        long n = index / (extents.get(3) * extents.get(2) * extents.get(1));
        return ((n * extents.get(2) + h) * extents.get(3) + w) * extents.get(1) + c;
    }

    private void put(MemorySegment memory, long at, float value) {
        switch (workload.elementType()) {
            case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Float.floatToFloat16(value));
            case BF16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Arithmetic.floatToBf16(value));
            default -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, value);
        }
    }

    private float get(MemorySegment memory, long at) {
        return switch (workload.elementType()) {
            case F16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at));
            case BF16 -> Arithmetic.bf16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at));
            default -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, at);
        };
    }

    int sets() {
        return results.size();
    }

    /** Input {@code number} for run {@code run}. */
    DevicePointer input(int run, int number) {
        return inputs.get(run % sets()).get(number);
    }

    DevicePointer result(int run) {
        return results.get(run % sets());
    }

    /** Makes what run 0 does not write stand out. */
    void spoilResult() {
        driver.fill(result(0), UNWRITTEN, bytes(workload.result()), stream);
    }

    /** What is wrong with the result of run 0: some elements are computed again, and none may be unwritten. */
    Optional<String> wrong() {
        long bytes = bytes(workload.result());
        if (bytes <= PIECES * PIECE_BYTES) {
            return wrong(0, bytes);
        }
        // The first and the last bytes, and some between.
        for (int i = 0; i < PIECES; i++) {
            long from = (bytes - PIECE_BYTES) / (PIECES - 1) * i / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
            long end = i == PIECES - 1 ? bytes : from + PIECE_BYTES;
            Optional<String> problem = wrong(from, end);
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    private Optional<String> wrong(long fromByte, long endByte) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(endByte - fromByte, Long.BYTES);
            driver.copy(result(0).plus(fromByte), memory, stream);
            driver.synchronize(stream);
            int elementBytes = workload.precision().bytes();
            long first = fromByte / elementBytes;
            long elements = (endByte - fromByte) / elementBytes;
            OptionalLong unwritten = LongStream.range(0, elements)
                    .parallel()
                    .filter(i -> Float.isNaN(get(memory, i)))
                    .findFirst();
            if (unwritten.isPresent()) {
                return Optional.of(
                        "the element at " + (first + unwritten.getAsLong()) + " in memory was not written, or is NaN");
            }
            SplittableRandom random = new SplittableRandom(elements);
            for (int i = 0; i < SAMPLES; i++) {
                // The corners, then anywhere.
                long at = i == 0 ? 0 : i == 1 ? elements - 1 : random.nextLong(elements);
                Optional<String> problem = wrong(logical(first + at), get(memory, at));
                if (problem.isPresent()) {
                    return problem;
                }
            }
            return Optional.empty();
        }
    }

    /** Which element of the result lies at a place: {@link #place} the other way round. */
    private long logical(long place) {
        List<Long> extents = workload.result();
        if (order == Order.NCHW || extents.size() != 4) {
            return place;
        }
        long c = place % extents.get(1);
        long w = place / extents.get(1) % extents.get(3);
        long h = place / (extents.get(1) * extents.get(3)) % extents.get(2);
        long n = place / (extents.get(1) * extents.get(3) * extents.get(2));
        return ((n * extents.get(1) + c) * extents.get(2) + h) * extents.get(3) + w;
    }

    private Optional<String> wrong(long index, double actual) {
        Workload.Element expected = workload.element(values.tensors(), index);
        DType type = workload.elementType();
        double rounding = type == DType.F16 ? 0x1p-10 : type == DType.BF16 ? 0x1p-7 : 0;
        // Sums in fp32, on tensor cores without the last bits: far below what a missing term makes.
        double allowed = 0x1p-14 * expected.magnitude() + rounding * Math.abs(expected.value()) + 1e-6;
        return Math.abs(actual - expected.value()) <= allowed
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT, "element %d is %.7g, expected %.7g", index, actual, expected.value()));
    }

    @Override
    public void close() {
        owned.forEach(pointer -> Release.of(() -> driver.free(pointer)));
        owned.clear();
    }
}
