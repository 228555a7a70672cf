package dev.woodpecker.runtime;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.plan.cuda.PlacedArray;
import java.util.Arrays;

/**
 * An array in a GPU's memory, row-major: what {@link Session#runOnDevice} reads and writes without a copy through the host.
 *
 * {@snippet :
 * try (var x = DeviceArray.allocate(model, DType.F32, 1, 3, 224, 224);
 *         var y = DeviceArray.allocate(model, DType.F32, 1, 1000)) {
 *     x.copyFrom(image);
 *     session.runOnDevice(Map.of("data", x), Map.of("prob", y));
 *     NdArray probabilities = y.toNdArray();
 * }
 * }
 */
public final class DeviceArray implements AutoCloseable {
    private final CudaDevice device;
    private final DType type;
    private final int[] shape;
    private final DevicePointer pointer;
    private final boolean isOwned;
    private boolean isClosed;

    private DeviceArray(CudaDevice device, DType type, int[] shape, DevicePointer pointer, boolean isOwned) {
        this.device = device;
        this.type = type;
        this.shape = shape.clone();
        this.pointer = pointer;
        this.isOwned = isOwned;
    }

    /**
     * Memory on the GPU that a model runs on; what is in it is unspecified.
     *
     * @throws IllegalStateException if the model runs on the processor
     * @throws dev.woodpecker.runtime.device.cuda.driver.CudaException if the GPU has not as much
     */
    public static DeviceArray allocate(Model model, DType type, int... shape) {
        CudaDevice device = device(model);
        long bytes = bytes(type, shape);
        DevicePointer pointer = device.allocate(bytes, "an array " + NdArray.describe(type, shape));
        return new DeviceArray(device, type, shape, pointer, true);
    }

    /**
     * Memory that somebody else allocated on the GPU that a model runs on, and keeps while this is used.
     *
     * @param address aligned to 64 bytes
     */
    public static DeviceArray wrap(Model model, long address, DType type, int... shape) {
        if (address % NdArray.ALIGNMENT != 0) {
            throw new IllegalArgumentException("the address 0x" + Long.toHexString(address) + " is not aligned to "
                    + NdArray.ALIGNMENT + " bytes, as kernels need it");
        }
        return new DeviceArray(device(model), type, shape, new DevicePointer(address), false);
    }

    private static CudaDevice device(Model model) {
        return model.device()
                .orElseThrow(() -> new IllegalStateException(model.name()
                        + " runs on the processor: load it with Options.withTarget(\"cuda\") to have arrays on a GPU"));
    }

    private static long bytes(DType type, int[] shape) {
        return Arrays.stream(shape).asLongStream().reduce(type.bytes(), Math::multiplyExact);
    }

    public DType type() {
        return type;
    }

    public int[] shape() {
        return shape.clone();
    }

    public long bytes() {
        return bytes(type, shape);
    }

    /** Where it is in the GPU's memory. */
    public long address() {
        return pointer.address();
    }

    private DevicePointer pointer() {
        if (isClosed) {
            throw new IllegalStateException("the array was closed");
        }
        return pointer;
    }

    boolean isOn(CudaDevice other) {
        return device.driver() == other.driver();
    }

    PlacedArray placed() {
        return new PlacedArray(TensorType.of(type, shape), pointer());
    }

    /** Copies all elements of an array of the host, of the same type and shape. */
    public void copyFrom(NdArray array) {
        refuseOther(array);
        if (bytes() > 0) {
            device.upload(array.aligned().memory(), pointer());
        }
    }

    /** Copies all elements to an array of the host, of the same type and shape. */
    public void copyTo(NdArray array) {
        refuseOther(array);
        if (bytes() > 0) {
            NdArray direct = array.aligned();
            device.download(pointer(), direct.memory());
            if (!array.isAligned()) {
                array.memory().copyFrom(direct.memory());
            }
        }
    }

    /** A copy on the host. */
    public NdArray toNdArray() {
        NdArray array = NdArray.allocate(type, shape);
        copyTo(array);
        return array;
    }

    private void refuseOther(NdArray array) {
        if (array.type() != type || !Arrays.equals(array.shape(), shape)) {
            throw new InvalidInputException("the array on the GPU is " + NdArray.describe(type, shape) + ", the other "
                    + NdArray.describe(array.type(), array.shape()));
        }
    }

    /** Gives the memory back, if it was allocated here. */
    @Override
    public void close() {
        if (isOwned && !isClosed) {
            device.free(pointer);
        }
        isClosed = true;
    }
}
