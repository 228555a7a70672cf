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
 * cuBLASLt 12 or 13: a handle of the context that was current when it was made.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cublas/#using-the-cublaslt-api">Using the cuBLASLt API</a>
 */
public final class CublasLt implements AutoCloseable {
    /** {@code cublasStatus_t} of cublas_api.h. */
    private static final Map<Integer, String> STATUS_NAMES = Map.of(
            1, "CUBLAS_STATUS_NOT_INITIALIZED",
            3, "CUBLAS_STATUS_ALLOC_FAILED",
            7, "CUBLAS_STATUS_INVALID_VALUE",
            8, "CUBLAS_STATUS_ARCH_MISMATCH",
            11, "CUBLAS_STATUS_MAPPING_ERROR",
            13, "CUBLAS_STATUS_EXECUTION_FAILED",
            14, "CUBLAS_STATUS_INTERNAL_ERROR",
            15, "CUBLAS_STATUS_NOT_SUPPORTED",
            16, "CUBLAS_STATUS_LICENSE_ERROR");

    private final Functions functions;
    private final long handle;

    private CublasLt(Functions functions, long handle) {
        this.functions = functions;
        this.handle = handle;
    }

    /**
     * The library if it is there.
     *
     * @throws VendorCallException if it is, and refuses: mostly since the driver is too old for it
     */
    public static Optional<CublasLt> find(SharedObjectSearch search) {
        return NvidiaLibrary.CUBLAS_LT.load(search).map(CublasLt::of);
    }

    /** A handle of a library that is loaded. */
    static CublasLt of(SymbolLookup library) {
        Functions functions = new Functions(library, CublasLt::statusName);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(JAVA_LONG);
            functions.call("cublasLtCreate", handle);
            return new CublasLt(functions, handle.get(JAVA_LONG, 0));
        }
    }

    private static String statusName(int status) {
        return STATUS_NAMES.getOrDefault(status, "an unknown status");
    }

    /** As {@code 130000}. */
    public long version() {
        return functions.size("cublasLtGetVersion");
    }

    /**
     * A product of matrices.
     *
     * @param biasAddress of device memory; 0 without a bias
     * @param workspaceLimitBytes what an algorithm may need
     * @throws VendorCallException if the library refuses the description
     */
    public CublasLtProduct product(MatrixProduct product, long biasAddress, long workspaceLimitBytes) {
        return CublasLtProduct.of(functions, handle, product, biasAddress, workspaceLimitBytes);
    }

    @Override
    public void close() {
        functions.call("cublasLtDestroy", handle);
    }
}
