package dev.woodpecker.runtime.device.cuda.driver;

import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Node;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One device, in its primary context, which all that uses the device in a process shares. Any thread may call. What fails
 * throws {@link CudaException}; what a kernel did wrong is told by a later call, often by the one that waits for it.
 */
public interface CudaDriver extends AutoCloseable {
    /** Shared memory that a block has without {@link #allowSharedBytes}. */
    int SHARED_BYTES = 48 << 10;

    DeviceFacts facts();

    DeviceMemory memory();

    /** Makes the context current on the calling thread, for libraries that ask for the current one. */
    void makeCurrent();

    // Code.

    /**
     * Loads a cubin.
     *
     * @param name for messages
     */
    Module load(byte[] image, String name);

    void unload(Module module);

    Function function(Module module, String symbol);

    FunctionFacts facts(Function function);

    /** Lets blocks of a function have this much dynamic shared memory; wanted beyond {@link #SHARED_BYTES}. */
    void allowSharedBytes(Function function, int bytes);

    void launch(KernelLaunch launch, Stream stream);

    /** What a kernel's parameter for copies of boxes of a tensor is; nothing is read or written at its address. */
    TensorMapBits encode(BoxedTensor tensor);

    // Memory.

    /**
     * @param bytes 0 as well, which gives an address that is not to be used
     * @param purpose for the message when there is not enough
     */
    DevicePointer allocate(long bytes, String purpose);

    void free(DevicePointer memory);

    /** Memory of the device's pool, to be had when {@code stream} comes to it. */
    DevicePointer allocate(long bytes, Stream stream, String purpose);

    void free(DevicePointer memory, Stream stream);

    /** Memory of the host that does not move: copies from and to it overlap with other work. */
    MemorySegment allocatePinned(long bytes, String purpose);

    void freePinned(MemorySegment memory);

    /** Copies all of {@code from} when {@code stream} comes to it; from pinned memory the call does not wait. */
    void copy(MemorySegment from, DevicePointer to, Stream stream);

    /** Fills all of {@code to}. */
    void copy(DevicePointer from, MemorySegment to, Stream stream);

    void copy(DevicePointer from, DevicePointer to, long bytes, Stream stream);

    void fill(DevicePointer memory, byte value, long bytes, Stream stream);

    // Order and time.

    /** A stream that does not wait for the default stream. */
    Stream createStream();

    /** Waits until all of a stream is done, and tells what went wrong in it. */
    void synchronize(Stream stream);

    /** What comes next in a stream waits for the event. */
    void await(Event event, Stream stream);

    void destroy(Stream stream);

    /** An event that can be timed. */
    Event createEvent();

    void record(Event event, Stream stream);

    void synchronize(Event event);

    /** Between two events that have happened; in steps of half a microsecond. */
    double elapsedSeconds(Event start, Event end);

    void destroy(Event event);

    // Graphs.

    /** From now on what is given to the stream is kept instead of being run. */
    void beginCapture(Stream stream);

    /** @throws CudaException if something was called meanwhile that cannot be captured */
    Graph endCapture(Stream stream);

    /** The steps that are kernels, as they were launched. A stream's steps follow each other. */
    List<Node> kernelNodes(Graph graph);

    Executable instantiate(Graph graph);

    /**
     * Changes a kernel's arguments for the launches to come.
     *
     * @param launch the same function as was captured
     */
    void update(Executable executable, Node node, KernelLaunch launch);

    void launch(Executable executable, Stream stream);

    void destroy(Graph graph);

    void destroy(Executable executable);

    /** Lets go of the context. What was allocated and not freed is the caller's fault. */
    @Override
    void close();
}
