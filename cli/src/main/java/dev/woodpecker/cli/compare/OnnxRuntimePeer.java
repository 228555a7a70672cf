package dev.woodpecker.cli.compare;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model in ONNX Runtime, to compare results and times with. */
public final class OnnxRuntimePeer implements AutoCloseable {
    private static final Map<DType, OnnxJavaType> TYPES = Map.of(
            DType.F32, OnnxJavaType.FLOAT,
            DType.F64, OnnxJavaType.DOUBLE,
            DType.F16, OnnxJavaType.FLOAT16,
            DType.BF16, OnnxJavaType.BFLOAT16,
            DType.I8, OnnxJavaType.INT8,
            DType.U8, OnnxJavaType.UINT8,
            DType.I16, OnnxJavaType.INT16,
            DType.I32, OnnxJavaType.INT32,
            DType.I64, OnnxJavaType.INT64,
            DType.BOOL, OnnxJavaType.BOOL);

    private final OrtEnvironment environment;
    private final SessionOptions options;
    private final OrtSession session;

    private OnnxRuntimePeer(OrtEnvironment environment, SessionOptions options, OrtSession session) {
        this.environment = environment;
        this.options = options;
        this.session = session;
    }

    /** A failure of ONNX Runtime's own. */
    public static final class PeerException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        PeerException(String doing, OrtException cause) {
            super("ONNX Runtime cannot " + doing + ": " + cause.getMessage(), cause);
        }
    }

    /**
     * With all its optimisations, and threads that do not spin between runs.
     *
     * @param threads that share an operator's work
     */
    public static OnnxRuntimePeer open(Path model, int threads) {
        return open(model, threads, false);
    }

    /** The same; {@code spinning} threads look for work for a while before they sleep. */
    public static OnnxRuntimePeer open(Path model, int threads, boolean spinning) {
        try {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            SessionOptions options = new SessionOptions();
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
            options.addConfigEntry("session.inter_op.allow_spinning", spinning ? "1" : "0");
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            return new OnnxRuntimePeer(environment, options, environment.createSession(model.toString(), options));
        } catch (OrtException e) {
            throw new PeerException("load " + model, e);
        }
    }

    /** What {@link #open} asks of ONNX Runtime, and its version: for a report. */
    public static String describe(int threads, boolean spinning) {
        return "ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion()
                + ", CPU, graph optimisations ALL_OPT, intra-op threads " + threads
                + ", inter-op threads 1, sequential, memory arena and pattern on, spinning "
                + (spinning ? "on" : "off");
    }

    /** Inputs made ready, so that a timed run makes no copies. */
    public Map<String, OnnxTensor> prepare(Map<String, NdArray> inputs) {
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        inputs.forEach((name, array) -> tensors.put(name, tensor(name, array)));
        return tensors;
    }

    private OnnxTensor tensor(String name, NdArray array) {
        OnnxJavaType type = TYPES.get(array.type());
        if (type == null) {
            throw new IllegalArgumentException("ONNX Runtime's Java binding takes no "
                    + array.type().text() + ", the type of input '" + name + "'");
        }
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(Math.toIntExact(array.bytes())).order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(bytes).copyFrom(array.memory());
        long[] shape = Arrays.stream(array.shape()).asLongStream().toArray();
        try {
            return OnnxTensor.createTensor(environment, bytes, shape, type);
        } catch (OrtException e) {
            throw new PeerException("take input '" + name + "'", e);
        }
    }

    /** Runs and drops the outputs: for timing. */
    public void runOnly(Map<String, OnnxTensor> inputs) {
        try (OrtSession.Result result = session.run(inputs)) {
            if (result.size() == 0) {
                throw new IllegalStateException("no outputs");
            }
        } catch (OrtException e) {
            throw new PeerException("run the model", e);
        }
    }

    /** The outputs by name. */
    public Map<String, NdArray> run(Map<String, ? extends OnnxTensorLike> inputs) {
        try (OrtSession.Result result = session.run(inputs)) {
            Map<String, NdArray> outputs = new LinkedHashMap<>();
            for (Map.Entry<String, OnnxValue> output : result) {
                outputs.put(output.getKey(), array(output.getKey(), output.getValue()));
            }
            return outputs;
        } catch (OrtException e) {
            throw new PeerException("run the model", e);
        }
    }

    private static NdArray array(String name, OnnxValue value) {
        if (!(value instanceof OnnxTensor tensor)) {
            throw new IllegalArgumentException("output '" + name + "' is no tensor: " + value.getType());
        }
        TensorInfo info = tensor.getInfo();
        DType type = TYPES.entrySet().stream()
                .filter(entry -> entry.getValue() == info.type)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("output '" + name + "' has elements of type " + info.type));
        int[] shape = Arrays.stream(info.getShape()).mapToInt(Math::toIntExact).toArray();
        NdArray array = NdArray.allocate(type, shape);
        array.memory().copyFrom(MemorySegment.ofBuffer(tensor.getByteBuffer()));
        return array;
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new PeerException("close the model", e);
        } finally {
            options.close();
        }
    }
}
