package dev.woodpecker.runtime.vendor.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A descriptor of cuDNN's backend, and its attributes.
 *
 * <p>Numbers are those of cudnn_graph.h of cuDNN 9: {@code cudnnBackendDescriptorType_t},
 * {@code cudnnBackendAttributeName_t} and {@code cudnnBackendAttributeType_t}.
 */
final class CudnnDescriptor implements AutoCloseable {
    /** {@code CUDNN_BACKEND_..._DESCRIPTOR}. */
    enum Kind {
        POINTWISE(0),
        CONVOLUTION(1),
        ENGINE(2),
        ENGINECFG(3),
        ENGINEHEUR(4),
        EXECUTION_PLAN(5),
        OPERATION_CONVOLUTION_FORWARD(10),
        OPERATION_POINTWISE(13),
        OPERATIONGRAPH(15),
        VARIANT_PACK(16),
        TENSOR(17);

        private final int number;

        Kind(int number) {
            this.number = number;
        }
    }

    /** {@code CUDNN_ATTR_...}. */
    enum Attribute {
        POINTWISE_MODE(0),
        POINTWISE_MATH_PREC(1),
        POINTWISE_RELU_UPPER_CLIP(4),
        POINTWISE_RELU_LOWER_CLIP_SLOPE(5),
        POINTWISE_ELU_ALPHA(6),
        POINTWISE_SWISH_BETA(8),
        CONVOLUTION_COMP_TYPE(100),
        CONVOLUTION_CONV_MODE(101),
        CONVOLUTION_DILATIONS(102),
        CONVOLUTION_FILTER_STRIDES(103),
        CONVOLUTION_POST_PADDINGS(104),
        CONVOLUTION_PRE_PADDINGS(105),
        CONVOLUTION_SPATIAL_DIMS(106),
        ENGINEHEUR_MODE(200),
        ENGINEHEUR_OPERATION_GRAPH(201),
        ENGINEHEUR_RESULTS(202),
        ENGINECFG_ENGINE(300),
        EXECUTION_PLAN_HANDLE(400),
        EXECUTION_PLAN_ENGINE_CONFIG(401),
        EXECUTION_PLAN_WORKSPACE_SIZE(402),
        OPERATION_CONVOLUTION_FORWARD_ALPHA(700),
        OPERATION_CONVOLUTION_FORWARD_BETA(701),
        OPERATION_CONVOLUTION_FORWARD_CONV_DESC(702),
        OPERATION_CONVOLUTION_FORWARD_W(703),
        OPERATION_CONVOLUTION_FORWARD_X(704),
        OPERATION_CONVOLUTION_FORWARD_Y(705),
        OPERATION_POINTWISE_PW_DESCRIPTOR(750),
        OPERATION_POINTWISE_XDESC(751),
        OPERATION_POINTWISE_BDESC(752),
        OPERATION_POINTWISE_YDESC(753),
        OPERATIONGRAPH_HANDLE(800),
        OPERATIONGRAPH_OPS(801),
        TENSOR_BYTE_ALIGNMENT(900),
        TENSOR_DATA_TYPE(901),
        TENSOR_DIMENSIONS(902),
        TENSOR_STRIDES(903),
        TENSOR_UNIQUE_ID(906),
        TENSOR_IS_VIRTUAL(907),
        VARIANT_PACK_UNIQUE_IDS(1000),
        VARIANT_PACK_DATA_POINTERS(1001),
        VARIANT_PACK_WORKSPACE(1003),
        ENGINE_GLOBAL_INDEX(1301),
        ENGINE_NUMERICAL_NOTE(1303);

        private final int number;

        Attribute(int number) {
            this.number = number;
        }
    }

    /** {@code CUDNN_TYPE_...}. */
    enum AttributeType {
        HANDLE(0),
        DATA_TYPE(1),
        BOOLEAN(2),
        INT64(3),
        FLOAT(4),
        DOUBLE(5),
        VOID_PTR(6),
        CONVOLUTION_MODE(7),
        HEUR_MODE(8),
        NUMERICAL_NOTE(11),
        POINTWISE_MODE(14),
        BACKEND_DESCRIPTOR(15);

        private final int number;

        AttributeType(int number) {
            this.number = number;
        }
    }

    private final Functions functions;
    private final long pointer;

    private CudnnDescriptor(Functions functions, long pointer) {
        this.functions = functions;
        this.pointer = pointer;
    }

    static CudnnDescriptor create(Functions functions, Kind kind) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(JAVA_LONG);
            functions.call("cudnnBackendCreateDescriptor", kind.number, pointer);
            return new CudnnDescriptor(functions, pointer.get(JAVA_LONG, 0));
        }
    }

    long pointer() {
        return pointer;
    }

    /** 64-bit values: numbers, pointers, descriptors, handles. */
    CudnnDescriptor set(Attribute name, AttributeType type, long... values) {
        try (Arena arena = Arena.ofConfined()) {
            return set(name, type, values.length, arena.allocateFrom(JAVA_LONG, values));
        }
    }

    CudnnDescriptor set(Attribute name, CudnnDescriptor... values) {
        long[] pointers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            pointers[i] = values[i].pointer;
        }
        return set(name, AttributeType.BACKEND_DESCRIPTOR, pointers);
    }

    /** A value of an enumeration. */
    CudnnDescriptor setNumber(Attribute name, AttributeType type, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(name, type, 1, arena.allocateFrom(JAVA_INT, value));
        }
    }

    CudnnDescriptor setFloat(Attribute name, float value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(name, AttributeType.FLOAT, 1, arena.allocateFrom(JAVA_FLOAT, value));
        }
    }

    CudnnDescriptor setDouble(Attribute name, double value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(name, AttributeType.DOUBLE, 1, arena.allocateFrom(JAVA_DOUBLE, value));
        }
    }

    CudnnDescriptor setFlag(Attribute name, boolean value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(
                    name, AttributeType.BOOLEAN, 1, arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_BYTE, (byte)
                            (value ? 1 : 0)));
        }
    }

    private CudnnDescriptor set(Attribute name, AttributeType type, long count, MemorySegment values) {
        functions.call("cudnnBackendSetAttribute", pointer, name.number, type.number, count, values);
        return this;
    }

    /** Makes it usable; no attribute is set after that. */
    CudnnDescriptor complete() {
        functions.call("cudnnBackendFinalize", pointer);
        return this;
    }

    /** A number that cuDNN knows of a completed descriptor. */
    long number(Attribute name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_LONG);
            get(name, AttributeType.INT64, 1, value);
            return value.get(JAVA_LONG, 0);
        }
    }

    /** Values of an enumeration, at most {@code most}. */
    List<Integer> numbers(Attribute name, AttributeType type, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(JAVA_INT, most);
            long count = Math.min(most, get(name, type, most, values));
            List<Integer> found = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                found.add(values.getAtIndex(JAVA_INT, i));
            }
            return found;
        }
    }

    /** Writes what an attribute refers to into a descriptor that the caller made. */
    void copyTo(Attribute name, CudnnDescriptor target) {
        try (Arena arena = Arena.ofConfined()) {
            get(name, AttributeType.BACKEND_DESCRIPTOR, 1, arena.allocateFrom(JAVA_LONG, target.pointer));
        }
    }

    /** The descriptors that an attribute refers to, at most {@code most}, the caller's to close. */
    List<CudnnDescriptor> descriptors(Attribute name, Kind kind, int most) {
        List<CudnnDescriptor> made = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            made.add(create(functions, kind));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointers = arena.allocateFrom(
                    JAVA_LONG, made.stream().mapToLong(CudnnDescriptor::pointer).toArray());
            long count = Math.min(most, get(name, AttributeType.BACKEND_DESCRIPTOR, most, pointers));
            while (made.size() > count) {
                made.removeLast().close();
            }
            return List.copyOf(made);
        }
    }

    private long get(Attribute name, AttributeType type, long most, MemorySegment values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            functions.call("cudnnBackendGetAttribute", pointer, name.number, type.number, most, count, values);
            return count.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void close() {
        functions.call("cudnnBackendDestroyDescriptor", pointer);
    }
}
