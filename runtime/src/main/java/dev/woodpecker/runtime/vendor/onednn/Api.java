package dev.woodpecker.runtime.vendor.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of {@code oneapi/dnnl/dnnl.h} 3.x that are used, and two of OpenMP. Pointers, and oneDNN's objects, which
 * are pointers, go as numbers.
 */
final class Api {
    final MethodHandle version;
    final MethodHandle createEngine;
    final MethodHandle createStream;
    final MethodHandle destroyStream;
    final MethodHandle waitForStream;
    final MethodHandle createPlainDescriptor;
    final MethodHandle createTaggedDescriptor;
    final MethodHandle destroyDescriptor;
    final MethodHandle areEqual;
    final MethodHandle bytes;
    final MethodHandle createAttributes;
    final MethodHandle destroyAttributes;
    final MethodHandle setScratchpadMode;
    final MethodHandle setPostOperations;
    final MethodHandle createPostOperations;
    final MethodHandle destroyPostOperations;
    final MethodHandle appendFunction;
    final MethodHandle appendBinary;
    final MethodHandle describeConvolution;
    final MethodHandle describeProduct;
    final MethodHandle describeReorder;
    final MethodHandle destroyDescription;
    final MethodHandle query;
    final MethodHandle queryDescriptor;
    final MethodHandle createPrimitive;
    final MethodHandle destroyPrimitive;
    final MethodHandle createMemory;
    final MethodHandle setMemory;
    final MethodHandle destroyMemory;
    final MethodHandle execute;
    final MethodHandle getThreads;
    final MethodHandle setThreads;

    /**
     * @throws java.util.NoSuchElementException naming a function that the library lacks
     */
    Api(SymbolLookup library) {
        Binder dnnl = new Binder(library, Linker.nativeLinker());
        version = dnnl.returning(JAVA_LONG, "dnnl_version");
        createEngine = dnnl.status("dnnl_engine_create", JAVA_LONG, JAVA_INT, JAVA_LONG);
        createStream = dnnl.status("dnnl_stream_create", JAVA_LONG, JAVA_LONG, JAVA_INT);
        destroyStream = dnnl.status("dnnl_stream_destroy", JAVA_LONG);
        waitForStream = dnnl.status("dnnl_stream_wait", JAVA_LONG);
        createPlainDescriptor = dnnl.status(
                "dnnl_memory_desc_create_with_strides", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
        createTaggedDescriptor =
                dnnl.status("dnnl_memory_desc_create_with_tag", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
        destroyDescriptor = dnnl.status("dnnl_memory_desc_destroy", JAVA_LONG);
        areEqual = dnnl.status("dnnl_memory_desc_equal", JAVA_LONG, JAVA_LONG);
        bytes = dnnl.returning(JAVA_LONG, "dnnl_memory_desc_get_size", JAVA_LONG);
        createAttributes = dnnl.status("dnnl_primitive_attr_create", JAVA_LONG);
        destroyAttributes = dnnl.status("dnnl_primitive_attr_destroy", JAVA_LONG);
        setScratchpadMode = dnnl.status("dnnl_primitive_attr_set_scratchpad_mode", JAVA_LONG, JAVA_INT);
        setPostOperations = dnnl.status("dnnl_primitive_attr_set_post_ops", JAVA_LONG, JAVA_LONG);
        createPostOperations = dnnl.status("dnnl_post_ops_create", JAVA_LONG);
        destroyPostOperations = dnnl.status("dnnl_post_ops_destroy", JAVA_LONG);
        appendFunction = dnnl.status("dnnl_post_ops_append_eltwise", JAVA_LONG, JAVA_INT, JAVA_FLOAT, JAVA_FLOAT);
        appendBinary = dnnl.status("dnnl_post_ops_append_binary", JAVA_LONG, JAVA_INT, JAVA_LONG);
        describeConvolution = dnnl.status(
                "dnnl_convolution_forward_primitive_desc_create",
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                // source, weights, bias, result
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                // strides, dilations, pads before and after
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG);
        describeProduct = dnnl.status(
                "dnnl_matmul_primitive_desc_create",
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG);
        describeReorder = dnnl.status(
                "dnnl_reorder_primitive_desc_create", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        destroyDescription = dnnl.status("dnnl_primitive_desc_destroy", JAVA_LONG);
        query = dnnl.status("dnnl_primitive_desc_query", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
        queryDescriptor = dnnl.returning(JAVA_LONG, "dnnl_primitive_desc_query_md", JAVA_LONG, JAVA_INT, JAVA_INT);
        createPrimitive = dnnl.status("dnnl_primitive_create", JAVA_LONG, JAVA_LONG);
        destroyPrimitive = dnnl.status("dnnl_primitive_destroy", JAVA_LONG);
        createMemory = dnnl.status("dnnl_memory_create", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        setMemory = dnnl.status("dnnl_memory_set_data_handle", JAVA_LONG, JAVA_LONG);
        destroyMemory = dnnl.status("dnnl_memory_destroy", JAVA_LONG);
        execute = dnnl.status("dnnl_primitive_execute", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
        // Of the OpenMP library that it was loaded with.
        getThreads = dnnl.status("omp_get_max_threads");
        setThreads = dnnl.nothing("omp_set_num_threads", JAVA_INT);
    }

    private record Binder(SymbolLookup library, Linker linker) {
        MethodHandle status(String name, MemoryLayout... parameters) {
            return returning(JAVA_INT, name, parameters);
        }

        MethodHandle returning(MemoryLayout result, String name, MemoryLayout... parameters) {
            return linker.downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(result, parameters));
        }

        MethodHandle nothing(String name, MemoryLayout... parameters) {
            return linker.downcallHandle(library.findOrThrow(name), FunctionDescriptor.ofVoid(parameters));
        }
    }
}
