package dev.woodpecker.runtime.vendor.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A product that cuBLASLt knows, and its algorithms.
 *
 * <p>cuBLASLt's matrices are column-major: a row-major product is that of the transposes in the other order, {@code d^T = op(b)^T
 * op(a)^T}. So its A is our {@code b}, its B our {@code a}, and its bias, one for each row of its result, is one for each
 * column of ours.
 */
public final class CublasLtProduct implements AutoCloseable {
    /** {@code cublasLtMatmulDescAttributes_t} of cublasLt.h. */
    private static final int MATMUL_DESC_TRANSA = 3;

    private static final int MATMUL_DESC_TRANSB = 4;
    private static final int MATMUL_DESC_EPILOGUE = 7;
    private static final int MATMUL_DESC_BIAS_POINTER = 8;
    /** {@code cublasOperation_t} of cublas_api.h. */
    private static final int OP_T = 1;
    /** {@code cublasLtMatrixLayoutAttribute_t}. */
    private static final int MATRIX_LAYOUT_BATCH_COUNT = 5;

    private static final int MATRIX_LAYOUT_STRIDED_BATCH_OFFSET = 6;
    /** {@code cublasLtMatmulPreferenceAttributes_t} and {@code cublasLtMatmulSearch_t}. */
    private static final int MATMUL_PREF_SEARCH_MODE = 0;

    private static final int MATMUL_PREF_MAX_WORKSPACE_BYTES = 1;
    /** Of A, B, C and D. */
    private static final List<Integer> MATMUL_PREF_MIN_ALIGNMENTS = List.of(5, 6, 7, 8);
    /** As values of a plan and arrays of callers are aligned at least; the library would expect 256. */
    private static final int ALIGNMENT_BYTES = 64;

    private static final int SEARCH_LIMITED_BY_ALGO_ID = 1;
    /** CUDA_R_32F: what alpha and beta are. */
    private static final int SCALE_TYPE = 0;
    /** {@code cublasLtMatmulAlgo_t}: 8 times 64 bits. */
    private static final int ALGORITHM_BYTES = 64;
    /** {@code cublasLtMatmulHeuristicResult_t}: the algorithm, workspaceSize, state, wavesCount, 4 reserved integers. */
    private static final int RESULT_BYTES = 96;

    private static final int RESULT_WORKSPACE = 64;
    private static final int RESULT_STATE = 72;
    private static final int RESULT_WAVES = 76;
    /** More than the library has. */
    private static final int MOST_IDS = 256;

    private final Functions functions;
    private final long handle;
    private final MatrixProduct product;
    private final Arena arena = Arena.ofShared();
    private final List<Runnable> destroyed = new ArrayList<>();
    private final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1);
    private final MemorySegment zero = arena.allocateFrom(JAVA_FLOAT, 0);
    private final long description;
    private final long layoutA;
    private final long layoutB;
    private final long layoutD;
    private final long workspaceLimitBytes;

    /**
     * A way to compute the product.
     *
     * @param origin for people: {@code heuristic 3}, {@code id 21}
     * @param bytes the library's, which are good for as long as this is
     * @param waves blocks over what the device runs at a time
     */
    public record Algorithm(String origin, MemorySegment bytes, long workspaceBytes, float waves) {}

    private CublasLtProduct(
            Functions functions, long handle, MatrixProduct product, long biasAddress, long workspaceLimitBytes) {
        this.functions = functions;
        this.handle = handle;
        this.product = product;
        this.workspaceLimitBytes = workspaceLimitBytes;
        this.description = created("cublasLtMatmulDesc", product.precision().cublasCompute(), SCALE_TYPE);
        attribute(description, MATMUL_DESC_EPILOGUE, product.epilogue().number());
        if (product.transposeB()) {
            attribute(description, MATMUL_DESC_TRANSA, OP_T);
        }
        if (product.transposeA()) {
            attribute(description, MATMUL_DESC_TRANSB, OP_T);
        }
        if (product.epilogue().hasBias()) {
            MemorySegment bias = arena.allocateFrom(JAVA_LONG, biasAddress);
            functions.call(
                    "cublasLtMatmulDescSetAttribute", description, MATMUL_DESC_BIAS_POINTER, bias, bias.byteSize());
        }
        this.layoutA = layout(product.k(), product.n(), product.transposeB());
        this.layoutB = layout(product.m(), product.k(), product.transposeA());
        this.layoutD = layout(product.m(), product.n(), false);
    }

    static CublasLtProduct of(
            Functions functions, long handle, MatrixProduct product, long biasAddress, long workspaceLimitBytes) {
        return new CublasLtProduct(functions, handle, product, biasAddress, workspaceLimitBytes);
    }

    /** A row-major matrix, or one whose transpose lies there, as the column-major one that the same memory is. */
    private long layout(long rows, long columns, boolean transposed) {
        long storedColumns = transposed ? rows : columns;
        long storedRows = transposed ? columns : rows;
        long layout = created(
                "cublasLtMatrixLayout", product.precision().cudaType(), storedColumns, storedRows, storedColumns);
        if (product.batch() > 1) {
            MemorySegment count = arena.allocateFrom(JAVA_INT, product.batch());
            functions.call(
                    "cublasLtMatrixLayoutSetAttribute", layout, MATRIX_LAYOUT_BATCH_COUNT, count, count.byteSize());
            MemorySegment offset = arena.allocateFrom(JAVA_LONG, rows * columns);
            functions.call(
                    "cublasLtMatrixLayoutSetAttribute",
                    layout,
                    MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                    offset,
                    offset.byteSize());
        }
        return layout;
    }

    private void attribute(long description, int attribute, int value) {
        MemorySegment memory = arena.allocateFrom(JAVA_INT, value);
        functions.call("cublasLtMatmulDescSetAttribute", description, attribute, memory, memory.byteSize());
    }

    /** An object that is destroyed with this one. */
    private long created(String kind, Object... arguments) {
        MemorySegment pointer = arena.allocate(JAVA_LONG);
        List<Object> all = new ArrayList<>(List.of(pointer));
        all.addAll(List.of(arguments));
        functions.call(kind + "Create", all.toArray());
        long object = pointer.get(JAVA_LONG, 0);
        destroyed.add(() -> functions.call(kind + "Destroy", object));
        return object;
    }

    /**
     * What the library thinks fastest, the best first, at most {@code heuristics}; then of every algorithm that there is for
     * these types the best configuration, if it is another.
     */
    public List<Algorithm> algorithms(int heuristics) {
        List<Algorithm> all = new ArrayList<>(heuristics(heuristics));
        for (Algorithm algorithm : everyId()) {
            if (all.stream().noneMatch(known -> known.bytes().mismatch(algorithm.bytes()) < 0)) {
                all.add(algorithm);
            }
        }
        return List.copyOf(all);
    }

    private List<Algorithm> heuristics(int count) {
        return ask("heuristic ", count, preference(), arena.allocate((long) RESULT_BYTES * count, Long.BYTES));
    }

    private List<Algorithm> everyId() {
        int compute = product.precision().cublasCompute();
        int type = product.precision().cudaType();
        MemorySegment ids = arena.allocate(JAVA_INT, MOST_IDS);
        MemorySegment count = arena.allocate(JAVA_INT);
        functions.call(
                "cublasLtMatmulAlgoGetIds", handle, compute, SCALE_TYPE, type, type, type, type, MOST_IDS, ids, count);
        List<Algorithm> found = new ArrayList<>();
        for (int i = 0; i < count.get(JAVA_INT, 0); i++) {
            int id = ids.getAtIndex(JAVA_INT, i);
            MemorySegment result = arena.allocate(RESULT_BYTES, Long.BYTES);
            int status = functions.status(
                    "cublasLtMatmulAlgoInit", handle, compute, SCALE_TYPE, type, type, type, type, id, result);
            if (status == 0) {
                long preference = preference();
                MemorySegment mode = arena.allocateFrom(JAVA_INT, SEARCH_LIMITED_BY_ALGO_ID);
                functions.call(
                        "cublasLtMatmulPreferenceSetAttribute",
                        preference,
                        MATMUL_PREF_SEARCH_MODE,
                        mode,
                        mode.byteSize());
                found.addAll(ask("id " + id + ", ", 1, preference, result));
            }
        }
        return List.copyOf(found);
    }

    private long preference() {
        long preference = created("cublasLtMatmulPreference");
        MemorySegment limit = arena.allocateFrom(JAVA_LONG, workspaceLimitBytes);
        functions.call(
                "cublasLtMatmulPreferenceSetAttribute",
                preference,
                MATMUL_PREF_MAX_WORKSPACE_BYTES,
                limit,
                limit.byteSize());
        MemorySegment alignment = arena.allocateFrom(JAVA_INT, ALIGNMENT_BYTES);
        MATMUL_PREF_MIN_ALIGNMENTS.forEach(attribute -> functions.call(
                "cublasLtMatmulPreferenceSetAttribute", preference, attribute, alignment, alignment.byteSize()));
        return preference;
    }

    private List<Algorithm> ask(String origin, int count, long preference, MemorySegment results) {
        MemorySegment returned = arena.allocate(JAVA_INT);
        int status = functions.status(
                "cublasLtMatmulAlgoGetHeuristic",
                handle,
                description,
                layoutA,
                layoutB,
                layoutD,
                layoutD,
                preference,
                count,
                results,
                returned);
        List<Algorithm> found = new ArrayList<>();
        int number = status == 0 ? returned.get(JAVA_INT, 0) : 0;
        for (int i = 0; i < number; i++) {
            MemorySegment result = results.asSlice((long) i * RESULT_BYTES, RESULT_BYTES);
            if (result.get(JAVA_INT, RESULT_STATE) == 0) {
                found.add(new Algorithm(
                        origin + i,
                        Arena.ofAuto()
                                .allocate(ALGORITHM_BYTES, Long.BYTES)
                                .copyFrom(result.asSlice(0, ALGORITHM_BYTES)),
                        result.get(JAVA_LONG, RESULT_WORKSPACE),
                        result.get(JAVA_FLOAT, RESULT_WAVES)));
            }
        }
        return List.copyOf(found);
    }

    /**
     * Enqueues the product.
     *
     * @param a device memory, like the others
     * @param c what is added; anything where the product has none
     * @param workspace at least what the algorithm needs; 0 if that is nothing
     * @throws VendorCallException if the library refuses
     */
    public void run(Algorithm algorithm, long a, long b, long c, long d, long workspace, long stream) {
        functions.call(
                "cublasLtMatmul",
                handle,
                description,
                one,
                b,
                layoutA,
                a,
                layoutB,
                product.residual() ? one : zero,
                product.residual() ? c : d,
                layoutD,
                d,
                layoutD,
                algorithm.bytes(),
                workspace,
                algorithm.workspaceBytes(),
                stream);
    }

    @Override
    public void close() {
        destroyed.reversed().forEach(Runnable::run);
        arena.close();
    }
}
