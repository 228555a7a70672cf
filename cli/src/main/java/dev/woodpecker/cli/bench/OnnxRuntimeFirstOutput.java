package dev.woodpecker.cli.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.Arrays;
import java.util.Map;

/**
 * A whole program that runs a model once in ONNX Runtime: {@code MODEL unused THREADS INPUT SHAPE FLOATS}. The model is
 * optimised already, so that nothing is left to optimise.
 */
public final class OnnxRuntimeFirstOutput {
    private OnnxRuntimeFirstOutput() {}

    /** See {@link StartUp}. */
    public static void main(String[] args) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (SessionOptions options = new SessionOptions()) {
            options.setIntraOpNumThreads(Integer.parseInt(args[2]));
            options.setOptimizationLevel(SessionOptions.OptLevel.NO_OPT);
            long[] shape =
                    Arrays.stream(FirstOutput.shape(args[4])).asLongStream().toArray();
            try (OrtSession session = environment.createSession(args[0], options);
                    OnnxTensor input = OnnxTensor.createTensor(
                            environment, FirstOutput.read(args[5]).asFloatBuffer(), shape);
                    OrtSession.Result result = session.run(Map.of(args[3], input))) {
                FirstOutput.tell(((OnnxTensor) result.get(0)).getByteBuffer());
            }
        }
    }

    /** Writes a model as ONNX Runtime optimises it for this machine. */
    static void optimise(String model, int threads, String optimised) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            options.setIntraOpNumThreads(threads);
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setOptimizedModelFilePath(optimised);
            OrtEnvironment.getEnvironment().createSession(model, options).close();
        }
    }
}
