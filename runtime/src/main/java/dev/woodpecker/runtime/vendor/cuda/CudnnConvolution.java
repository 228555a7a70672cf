package dev.woodpecker.runtime.vendor.cuda;

import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.cuda.CudnnDescriptor.Attribute;
import dev.woodpecker.runtime.vendor.cuda.CudnnDescriptor.AttributeType;
import dev.woodpecker.runtime.vendor.cuda.CudnnDescriptor.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A graph of cuDNN: a convolution, then what its {@link Tail} says, in one kernel where an engine can.
 *
 * <p>Which engines count as the same numerics follows PyTorch's choice (aten/src/ATen/native/cudnn/Conv_v8.cpp): in fp32 none
 * that rounds its inputs to a shorter type, and where tf32 is not allowed none on tensor cores.
 */
public final class CudnnConvolution implements AutoCloseable {
    /** How images and their channels lie; weights likewise. */
    public enum Order {
        NCHW,
        NHWC
    }

    /**
     * What follows the convolution before its result is stored.
     *
     * @param bias whether an element for each filter is added
     * @param steps what is done then; a tensor that is added is the {@link Port#RESIDUAL}, of the result's shape
     */
    public record Tail(boolean bias, List<PostOperation> steps) {
        public static final Tail NONE = new Tail(false, List.of());

        public Tail {
            steps = List.copyOf(steps);
        }

        private int operations() {
            return (bias ? 1 : 0) + steps.size();
        }
    }

    /** The tensors of the graph; their ordinals are cuDNN's names for them. */
    public enum Port {
        X,
        W,
        BIAS,
        RESIDUAL,
        Y
    }

    /** An engine with its settings, ready to run. */
    public record Plan(String engine, CudnnDescriptorHandle descriptor, long workspaceBytes) {}

    /** Hides cuDNN's object from users of a plan. */
    public static final class CudnnDescriptorHandle {
        private final CudnnDescriptor descriptor;

        private CudnnDescriptorHandle(CudnnDescriptor descriptor) {
            this.descriptor = descriptor;
        }
    }

    /** {@code cudnnBackendHeurMode_t}: the quick model (A), the thorough one (B), and what runs everywhere. */
    private static final List<Integer> HEURISTICS = List.of(3, 1, 2);

    private static final int NOTE_TENSOR_CORE = 0;
    private static final int NOTE_DOWN_CONVERT_INPUTS = 1;
    private static final int MOST_NOTES = 32;
    private static final int DATA_FLOAT = 0;
    private static final int CROSS_CORRELATION = 1;
    private static final int FIRST_VIRTUAL = 100;
    /** What the driver's allocations have at least. */
    private static final long ALIGNMENT_BYTES = 16;

    private final Functions functions;
    private final long handle;
    private final Precision precision;
    private final Order order;
    private final List<CudnnDescriptor> owned = new ArrayList<>();
    private final CudnnDescriptor graph;

    CudnnConvolution(
            Functions functions, long handle, ConvolutionShape shape, Precision precision, Order order, Tail tail) {
        this.functions = functions;
        this.handle = handle;
        this.precision = precision;
        this.order = order;
        this.graph = graph(shape, tail);
    }

    private CudnnDescriptor graph(ConvolutionShape shape, Tail tail) {
        List<Long> result = shape.result();
        List<CudnnDescriptor> operations = new ArrayList<>();
        int left = tail.operations();
        CudnnDescriptor value = left == 0 ? tensor(Port.Y.ordinal(), result, false) : virtual(left, result);
        operations.add(create(Kind.OPERATION_CONVOLUTION_FORWARD)
                .set(Attribute.OPERATION_CONVOLUTION_FORWARD_X, tensor(Port.X.ordinal(), shape.input(), false))
                .set(Attribute.OPERATION_CONVOLUTION_FORWARD_W, tensor(Port.W.ordinal(), shape.weights(), false))
                .set(Attribute.OPERATION_CONVOLUTION_FORWARD_Y, value)
                .set(Attribute.OPERATION_CONVOLUTION_FORWARD_CONV_DESC, convolution(shape))
                .setFloat(Attribute.OPERATION_CONVOLUTION_FORWARD_ALPHA, 1)
                .setFloat(Attribute.OPERATION_CONVOLUTION_FORWARD_BETA, 0)
                .complete());
        if (tail.bias()) {
            CudnnDescriptor bias = tensor(Port.BIAS.ordinal(), List.of(1L, shape.k(), 1L, 1L), false);
            value = step(operations, CudnnPointwise.ADD, value, List.of(bias), --left, result);
        }
        for (PostOperation operation : tail.steps()) {
            List<CudnnDescriptor> other = operation instanceof PostOperation.Combination
                    ? List.of(tensor(Port.RESIDUAL.ordinal(), result, false))
                    : List.of();
            CudnnPointwise pointwise = CudnnPointwise.of(operation)
                    .orElseThrow(() -> new IllegalArgumentException("cuDNN has no word for " + operation));
            value = step(operations, pointwise, value, other, --left, result);
        }
        return create(Kind.OPERATIONGRAPH)
                .set(Attribute.OPERATIONGRAPH_HANDLE, AttributeType.HANDLE, handle)
                .set(Attribute.OPERATIONGRAPH_OPS, operations.toArray(CudnnDescriptor[]::new))
                .complete();
    }

    /** Adds an elementwise operation, whose result is the graph's where nothing is left to do. */
    private CudnnDescriptor step(
            List<CudnnDescriptor> operations,
            CudnnPointwise what,
            CudnnDescriptor from,
            List<CudnnDescriptor> second,
            int left,
            List<Long> result) {
        CudnnDescriptor to = left == 0 ? tensor(Port.Y.ordinal(), result, false) : virtual(left, result);
        CudnnDescriptor pointwise = create(Kind.POINTWISE)
                .setNumber(Attribute.POINTWISE_MODE, AttributeType.POINTWISE_MODE, what.mode())
                .setNumber(Attribute.POINTWISE_MATH_PREC, AttributeType.DATA_TYPE, DATA_FLOAT);
        what.parameters().forEach(pointwise::setDouble);
        CudnnDescriptor operation = create(Kind.OPERATION_POINTWISE)
                .set(Attribute.OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise.complete())
                .set(Attribute.OPERATION_POINTWISE_XDESC, from)
                .set(Attribute.OPERATION_POINTWISE_YDESC, to);
        second.forEach(other -> operation.set(Attribute.OPERATION_POINTWISE_BDESC, other));
        operations.add(operation.complete());
        return to;
    }

    private CudnnDescriptor convolution(ConvolutionShape shape) {
        List<Long> pads = shape.pads();
        return create(Kind.CONVOLUTION)
                .setNumber(Attribute.CONVOLUTION_COMP_TYPE, AttributeType.DATA_TYPE, DATA_FLOAT)
                .setNumber(Attribute.CONVOLUTION_CONV_MODE, AttributeType.CONVOLUTION_MODE, CROSS_CORRELATION)
                .set(Attribute.CONVOLUTION_SPATIAL_DIMS, AttributeType.INT64, 2)
                .set(Attribute.CONVOLUTION_PRE_PADDINGS, AttributeType.INT64, pads.get(0), pads.get(1))
                .set(Attribute.CONVOLUTION_POST_PADDINGS, AttributeType.INT64, pads.get(2), pads.get(3))
                .set(Attribute.CONVOLUTION_FILTER_STRIDES, AttributeType.INT64, longs(shape.strides()))
                .set(Attribute.CONVOLUTION_DILATIONS, AttributeType.INT64, longs(shape.dilations()))
                .complete();
    }

    private CudnnDescriptor virtual(int number, List<Long> extents) {
        return tensor(FIRST_VIRTUAL + number, extents, true);
    }

    private CudnnDescriptor tensor(int name, List<Long> extents, boolean virtual) {
        return create(Kind.TENSOR)
                // Between the operations of one kernel values are not rounded.
                .setNumber(
                        Attribute.TENSOR_DATA_TYPE,
                        AttributeType.DATA_TYPE,
                        virtual ? DATA_FLOAT : precision.cudnnType())
                .set(Attribute.TENSOR_DIMENSIONS, AttributeType.INT64, longs(extents))
                .set(Attribute.TENSOR_STRIDES, AttributeType.INT64, strides(extents, order))
                .set(Attribute.TENSOR_UNIQUE_ID, AttributeType.INT64, name)
                .set(Attribute.TENSOR_BYTE_ALIGNMENT, AttributeType.INT64, ALIGNMENT_BYTES)
                .setFlag(Attribute.TENSOR_IS_VIRTUAL, virtual)
                .complete();
    }

    /** In elements, of extents that are named in the order n, c, h, w. */
    static long[] strides(List<Long> extents, Order order) {
        long c = extents.get(1);
        long h = extents.get(2);
        long w = extents.get(3);
        return switch (order) {
            case NCHW -> new long[] {c * h * w, h * w, w, 1};
            case NHWC -> new long[] {c * h * w, 1, w * c, c};
        };
    }

    /**
     * What the heuristics name, the most promising first, and what of it can run in these numerics; at most {@code most}. The
     * thorough model takes tens of milliseconds: it is asked where the quick one did not name enough.
     */
    public List<Plan> plans(int most) {
        List<Plan> found = new ArrayList<>();
        for (int mode : HEURISTICS) {
            List<CudnnDescriptor> named = found.size() < most ? configurations(mode, most) : List.of();
            for (CudnnDescriptor configuration : named) {
                if (found.size() < most) {
                    plan(configuration, found);
                }
            }
        }
        return List.copyOf(found);
    }

    private List<CudnnDescriptor> configurations(int mode, int most) {
        try (CudnnDescriptor heuristics = CudnnDescriptor.create(functions, Kind.ENGINEHEUR)) {
            heuristics
                    .set(Attribute.ENGINEHEUR_OPERATION_GRAPH, graph)
                    .setNumber(Attribute.ENGINEHEUR_MODE, AttributeType.HEUR_MODE, mode)
                    .complete();
            List<CudnnDescriptor> found = heuristics.descriptors(Attribute.ENGINEHEUR_RESULTS, Kind.ENGINECFG, most);
            owned.addAll(found);
            return found;
        } catch (VendorCallException none) {
            return List.of(); // a mode that has nothing to say of this graph
        }
    }

    private void plan(CudnnDescriptor configuration, List<Plan> plans) {
        try {
            String engine;
            try (CudnnDescriptor described = CudnnDescriptor.create(functions, Kind.ENGINE)) {
                configuration.copyTo(Attribute.ENGINECFG_ENGINE, described);
                if (!isSameNumerics(
                        described.numbers(Attribute.ENGINE_NUMERICAL_NOTE, AttributeType.NUMERICAL_NOTE, MOST_NOTES))) {
                    return;
                }
                engine = "engine " + described.number(Attribute.ENGINE_GLOBAL_INDEX) + " " + order;
            }
            CudnnDescriptor plan = create(Kind.EXECUTION_PLAN)
                    .set(Attribute.EXECUTION_PLAN_HANDLE, AttributeType.HANDLE, handle)
                    .set(Attribute.EXECUTION_PLAN_ENGINE_CONFIG, configuration)
                    .complete();
            plans.add(new Plan(
                    engine, new CudnnDescriptorHandle(plan), plan.number(Attribute.EXECUTION_PLAN_WORKSPACE_SIZE)));
        } catch (VendorCallException unsupported) {
            // Heuristics name configurations that turn out not to run here; that is how one finds out.
            return;
        }
    }

    private boolean isSameNumerics(List<Integer> notes) {
        return switch (precision) {
            case FP32 -> !notes.contains(NOTE_TENSOR_CORE) && !notes.contains(NOTE_DOWN_CONVERT_INPUTS);
            case TF32 -> !notes.contains(NOTE_DOWN_CONVERT_INPUTS);
            case FP16, BF16 -> true;
        };
    }

    /**
     * What a run needs to know of its memory.
     *
     * @param memory device memory of the graph's tensors
     * @param workspace at least what the plan needs; 0 if that is nothing
     */
    public Arguments arguments(Map<Port, Long> memory, long workspace) {
        Map<Port, Long> sorted = new EnumMap<>(memory);
        CudnnDescriptor pack = create(Kind.VARIANT_PACK)
                .set(
                        Attribute.VARIANT_PACK_UNIQUE_IDS,
                        AttributeType.INT64,
                        sorted.keySet().stream().mapToLong(Port::ordinal).toArray())
                .set(
                        Attribute.VARIANT_PACK_DATA_POINTERS,
                        AttributeType.VOID_PTR,
                        sorted.values().stream().mapToLong(Long::longValue).toArray())
                .set(Attribute.VARIANT_PACK_WORKSPACE, AttributeType.VOID_PTR, workspace)
                .complete();
        return new Arguments(pack);
    }

    /** The memory of a run. */
    public static final class Arguments {
        private final CudnnDescriptor pack;

        private Arguments(CudnnDescriptor pack) {
            this.pack = pack;
        }
    }

    /**
     * Enqueues the graph on the handle's stream.
     *
     * @throws VendorCallException if the library refuses
     */
    public void run(Plan plan, Arguments arguments) {
        functions.call(
                "cudnnBackendExecute", handle, plan.descriptor().descriptor.pointer(), arguments.pack.pointer());
    }

    private CudnnDescriptor create(Kind kind) {
        CudnnDescriptor made = CudnnDescriptor.create(functions, kind);
        owned.add(made);
        return made;
    }

    private static long[] longs(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public void close() {
        owned.reversed().forEach(CudnnDescriptor::close);
        owned.clear();
    }
}
