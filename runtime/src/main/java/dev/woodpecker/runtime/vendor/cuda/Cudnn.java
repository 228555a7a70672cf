package dev.woodpecker.runtime.vendor.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.woodpecker.runtime.toolchain.NvidiaLibrary;
import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Map;
import java.util.Optional;

/**
 * cuDNN 9: a handle of the context that was current when it was made. A handle is for one thread at a time.
 *
 * @see <a href="https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-graph-library.html">the graph API</a>
 */
public final class Cudnn implements AutoCloseable {
    /** {@code cudnnStatus_t} of cudnn_graph.h 9: what one meets; the thousands are the category of all others. */
    private static final Map<Integer, String> STATUS_NAMES = Map.ofEntries(
            Map.entry(1001, "CUDNN_STATUS_NOT_INITIALIZED"),
            Map.entry(1002, "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH"),
            Map.entry(1008, "CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED"),
            Map.entry(2000, "CUDNN_STATUS_BAD_PARAM"),
            Map.entry(2002, "CUDNN_STATUS_BAD_PARAM_NULL_POINTER"),
            Map.entry(2003, "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER"),
            Map.entry(2004, "CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED"),
            Map.entry(2006, "CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT"),
            Map.entry(2008, "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH"),
            Map.entry(2010, "CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE"),
            Map.entry(2012, "CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE"),
            Map.entry(3000, "CUDNN_STATUS_NOT_SUPPORTED"),
            Map.entry(3001, "CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN"),
            Map.entry(3002, "CUDNN_STATUS_NOT_SUPPORTED_SHAPE"),
            Map.entry(3003, "CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE"),
            Map.entry(3004, "CUDNN_STATUS_NOT_SUPPORTED_LAYOUT"),
            Map.entry(3005, "CUDNN_STATUS_NOT_SUPPORTED_INCOMPATIBLE_CUDA_DRIVER"),
            Map.entry(3007, "CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH"),
            Map.entry(3008, "CUDNN_STATUS_NOT_SUPPORTED_RUNTIME_PREREQUISITE_MISSING"),
            Map.entry(4000, "CUDNN_STATUS_INTERNAL_ERROR"),
            Map.entry(4001, "CUDNN_STATUS_INTERNAL_ERROR_COMPILATION_FAILED"),
            Map.entry(4003, "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"),
            Map.entry(4004, "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
            Map.entry(5000, "CUDNN_STATUS_EXECUTION_FAILED"),
            Map.entry(5001, "CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER"));

    /** The first numbers of the categories. */
    private static final int CATEGORY = 1000;

    private final Functions functions;
    private final long handle;

    private Cudnn(Functions functions, long handle) {
        this.functions = functions;
        this.handle = handle;
    }

    /**
     * The library if it is there.
     *
     * @throws VendorCallException if it is, and refuses
     */
    public static Optional<Cudnn> find(SharedObjectSearch search) {
        return NvidiaLibrary.CUDNN.load(search).map(Cudnn::of);
    }

    /** A handle of a library that is loaded. */
    static Cudnn of(SymbolLookup library) {
        Functions functions = new Functions(library, Cudnn::statusName);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(JAVA_LONG);
            functions.call("cudnnCreate", handle);
            return new Cudnn(functions, handle.get(JAVA_LONG, 0));
        }
    }

    private static String statusName(int status) {
        String category = STATUS_NAMES.getOrDefault(status / CATEGORY * CATEGORY, "an unknown status");
        return STATUS_NAMES.getOrDefault(status, category);
    }

    /** As {@code 90600}: major times 10000, minor times 100, patch level. */
    public long version() {
        return functions.size("cudnnGetVersion");
    }

    /** Where work is enqueued from now on. */
    public void useStream(long stream) {
        functions.call("cudnnSetStream", handle, stream);
    }

    /**
     * A convolution and what follows it.
     *
     * @throws VendorCallException if the library refuses the description
     */
    public CudnnConvolution convolution(
            ConvolutionShape shape, Precision precision, CudnnConvolution.Order order, CudnnConvolution.Tail tail) {
        return new CudnnConvolution(functions, handle, shape, precision, order, tail);
    }

    @Override
    public void close() {
        functions.call("cudnnDestroy", handle);
    }
}
