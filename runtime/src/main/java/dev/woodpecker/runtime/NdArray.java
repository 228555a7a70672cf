package dev.woodpecker.runtime;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A dense tensor in row-major order: an element type, a shape, and the memory that holds the elements. The memory may be the
 * caller's ({@link #wrap}); an array that is allocated here lies in off-heap memory, aligned to 64 bytes, that is
 * freed when neither the array nor a view of it is reachable.
 *
 * {@snippet :
 * NdArray image = NdArray.of(pixels, 1, 3, 224, 224);
 * float[] scores = session.run(Map.of("data", image)).get("scores").toFloatArray();
 * }
 *
 * <p>Type and shape never change; the elements are as mutable as the memory. No dimension exceeds 2^31 - 1, the number
 * of elements may.
 */
public final class NdArray {

    /** What the kernels' ABI asks of a buffer's address, in bytes: one cache line, one AVX-512 register. */
    public static final int ALIGNMENT = 64;

    private static final Thread OTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

    private final DType type;
    private final int[] shape;
    private final MemorySegment memory;

    private NdArray(DType type, int[] shape, MemorySegment memory) {
        this.type = type;
        this.shape = shape;
        this.memory = memory;
    }

    /**
     * An array of zeros.
     *
     * @throws MemoryLimitException if it is larger than the machine's memory
     */
    public static NdArray allocate(DType type, int... shape) {
        long bytes = bytes(type, shape);
        MemoryLimit.check("a tensor " + describe(type, shape), bytes);
        return new NdArray(type, shape.clone(), Arena.ofAuto().allocate(bytes, ALIGNMENT));
    }

    /**
     * An array over memory of the caller's, not copied. Reads see what is written there, and fail once it is closed.
     *
     * @throws IllegalArgumentException if the size of the memory is not that of the elements
     */
    public static NdArray wrap(MemorySegment memory, DType type, int... shape) {
        long bytes = bytes(type, shape);
        if (memory.byteSize() != bytes) {
            throw new IllegalArgumentException("a tensor " + describe(type, shape) + " takes " + bytes
                    + " bytes, and the memory given has " + memory.byteSize());
        }
        return new NdArray(type, shape.clone(), memory);
    }

    public static NdArray of(float[] values, int... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.F32, shape);
    }

    public static NdArray of(double[] values, int... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.F64, shape);
    }

    public static NdArray of(byte[] values, int... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.I8, shape);
    }

    public static NdArray of(short[] values, int... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.I16, shape);
    }

    public static NdArray of(int[] values, int... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.I32, shape);
    }

    public static NdArray of(long[] values, int... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.I64, shape);
    }

    public static NdArray of(boolean[] values, int... shape) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return copyOf(MemorySegment.ofArray(bytes), DType.BOOL, shape);
    }

    public static NdArray scalar(float value) {
        return of(new float[] {value});
    }

    public static NdArray scalar(long value) {
        return of(new long[] {value});
    }

    public static NdArray scalar(boolean value) {
        return of(new boolean[] {value});
    }

    private static NdArray copyOf(MemorySegment source, DType type, int... shape) {
        long bytes = bytes(type, shape);
        if (source.byteSize() != bytes) {
            throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " has " + bytes / type.bytes()
                    + " elements, and " + source.byteSize() / type.bytes() + " are given");
        }
        NdArray array = allocate(type, shape);
        array.memory.copyFrom(source);
        return array;
    }

    public DType type() {
        return type;
    }

    /** The extents of all axes; of a scalar none. */
    public int[] shape() {
        return shape.clone();
    }

    public int rank() {
        return shape.length;
    }

    public int size(int axis) {
        return shape[axis];
    }

    /** The number of elements: 1 for a scalar. */
    public long elements() {
        return memory.byteSize() / type.bytes();
    }

    public long bytes() {
        return memory.byteSize();
    }

    /** The memory of the elements, without padding, in row-major order and the machine's byte order. */
    public MemorySegment memory() {
        return memory;
    }

    /** Whether a native kernel can use the memory as it is. */
    public boolean isAligned() {
        return memory.isNative() && memory.address() % ALIGNMENT == 0;
    }

    /** Whether threads other than its owner may use the memory. */
    boolean isShared() {
        return memory.isAccessibleBy(OTHER_THREAD);
    }

    /** The same memory for any thread; the caller keeps it alive. */
    NdArray shared() {
        return isShared()
                ? this
                : new NdArray(
                        type, shape, MemorySegment.ofAddress(memory.address()).reinterpret(memory.byteSize()));
    }

    /** This array, or a copy of it in off-heap memory aligned to {@value #ALIGNMENT} bytes. */
    public NdArray aligned() {
        return isAligned() ? this : copy();
    }

    public NdArray copy() {
        return copyOf(memory, type, shape);
    }

    /**
     * A view of the same memory in another shape.
     *
     * @throws IllegalArgumentException if the number of elements differs
     */
    public NdArray reshape(int... newShape) {
        if (bytes(type, newShape) != memory.byteSize()) {
            throw new IllegalArgumentException("a tensor of shape " + Arrays.toString(shape) + " cannot be viewed as "
                    + Arrays.toString(newShape) + ": " + elements() + " elements are not "
                    + bytes(type, newShape) / type.bytes());
        }
        return new NdArray(type, newShape.clone(), memory);
    }

    /** A view of the same bits as elements of another type of the same size. */
    public NdArray reinterpret(DType newType) {
        if (newType.bytes() != type.bytes()) {
            throw new IllegalArgumentException("the bits of " + type.text() + " are not those of " + newType.text()
                    + ": " + type.bytes() + " bytes an element and " + newType.bytes());
        }
        return new NdArray(newType, shape, memory);
    }

    /**
     * The elements converted as ONNX's Cast does: to a float rounded to nearest even, to an integer cut towards zero, and
     * from integer to integer by the low bits; to {@code bool} whether it is other than 0. Itself if it has the type.
     */
    public NdArray convert(DType newType) {
        if (newType == type) {
            return this;
        }
        NdArray converted = allocate(newType, shape);
        boolean throughDouble = type.isFloat() || newType.isFloat() && type == DType.U64;
        for (long i = 0, count = elements(); i < count; i++) {
            if (throughDouble) {
                converted.set(i, getDouble(i));
            } else {
                converted.set(i, getLong(i));
            }
        }
        return converted;
    }

    /** The element at a position of the row-major order, as the nearest {@code double}. */
    public double getDouble(long position) {
        return Elements.readDouble(memory, type, position);
    }

    /** The element as a {@code long}: a float cut towards zero, {@code u64} with its 64 bits, true as 1. */
    public long getLong(long position) {
        return Elements.readLong(memory, type, position);
    }

    /** Writes an element, converted as {@link #convert} does. */
    public void set(long position, double value) {
        Elements.write(memory, type, position, value);
    }

    /** Writes an element, converted as {@link #convert} does. */
    public void set(long position, long value) {
        Elements.write(memory, type, position, value);
    }

    /** The elements as floats, whatever the type. */
    public float[] toFloatArray() {
        float[] values = new float[count()];
        if (type == DType.F32) {
            MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values, 0, values.length);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) getDouble(i);
        }
        return values;
    }

    public double[] toDoubleArray() {
        double[] values = new double[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = getDouble(i);
        }
        return values;
    }

    /** The elements as {@link #getLong} gives them. */
    public long[] toLongArray() {
        long[] values = new long[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = getLong(i);
        }
        return values;
    }

    /**
     * The elements as {@code int}s: sizes, axes, positions.
     *
     * @throws ArithmeticException if one does not fit
     */
    public int[] toIntArray() {
        int[] values = new int[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.toIntExact(getLong(i));
        }
        return values;
    }

    public boolean[] toBooleanArray() {
        boolean[] values = new boolean[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = getDouble(i) != 0;
        }
        return values;
    }

    private int count() {
        return Math.toIntExact(elements());
    }

    /** A view as the DSL's tensor, so that a kernel method runs on it. Elements of any type read as floats. */
    public Tensor floats() {
        return new TensorViews.Floats(this);
    }

    /** A view as the DSL's integer tensor; elements read as {@link #getLong} gives them. */
    public IntTensor ints() {
        return new TensorViews.Ints(this);
    }

    /** A view as the DSL's mask; an element other than 0 is true. */
    public MaskTensor mask() {
        return new TensorViews.Mask(this);
    }

    /** Whether type and shape are equal and the elements bit by bit: NaN equals itself, and 0 is not -0. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof NdArray array
                        && type == array.type
                        && Arrays.equals(shape, array.shape)
                        && memory.mismatch(array.memory) < 0;
    }

    /** Of type and shape alone: weights are too long to read for a hash. */
    @Override
    public int hashCode() {
        return 31 * type.hashCode() + Arrays.hashCode(shape);
    }

    /** Type, shape and elements, the middle of long axes left out: {@code i64[2, 3] [[1, 2, 3], [4, 5, 6]]}. */
    @Override
    public String toString() {
        return describe(type, shape) + " " + NdArrayText.elements(this);
    }

    /** Type and shape: {@code f32[1, 3, 224, 224]}. */
    public static String describe(DType type, int... shape) {
        return type.text() + Arrays.toString(shape);
    }

    private static long bytes(DType type, int... shape) {
        if (type == DType.TF32) {
            throw new IllegalArgumentException("tf32 exists in registers only; in memory its values are f32");
        }
        long bytes = type.bytes();
        for (int extent : shape) {
            if (extent < 0) {
                throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(shape));
            }
            // Saturates, so that an overflow meets the memory limit; a later extent of 0 still makes it 0.
            bytes = extent == 0 ? 0 : bytes > Long.MAX_VALUE / extent ? Long.MAX_VALUE : bytes * extent;
        }
        return bytes;
    }
}
