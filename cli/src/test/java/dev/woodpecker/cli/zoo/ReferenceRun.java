package dev.woodpecker.cli.zoo;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.woodpecker.runtime.NdArray;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Runs models of floats by ONNX Runtime, as the zoo's tests need it. */
final class ReferenceRun {

    private ReferenceRun() {}

    static Map<String, NdArray> run(Path model, Map<String, NdArray> inputs) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            try (OrtSession session = environment.createSession(model.toString(), options)) {
                Map<String, OnnxTensor> tensors = new HashMap<>();
                for (Map.Entry<String, NdArray> input : inputs.entrySet()) {
                    NdArray array = input.getValue();
                    long[] shape = Arrays.stream(array.shape()).asLongStream().toArray();
                    FloatBuffer values = FloatBuffer.wrap(array.toFloatArray());
                    tensors.put(input.getKey(), OnnxTensor.createTensor(environment, values, shape));
                }
                try (OrtSession.Result result = session.run(tensors)) {
                    Map<String, NdArray> outputs = new HashMap<>();
                    for (Map.Entry<String, OnnxValue> output : result) {
                        outputs.put(output.getKey(), array((OnnxTensor) output.getValue()));
                    }
                    return outputs;
                } finally {
                    tensors.values().forEach(OnnxTensor::close);
                }
            }
        } catch (OrtException e) {
            throw new AssertionError(model + ": " + e.getMessage(), e);
        }
    }

    private static NdArray array(OnnxTensor tensor) {
        FloatBuffer buffer = tensor.getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        int[] shape = Arrays.stream(tensor.getInfo().getShape())
                .mapToInt(Math::toIntExact)
                .toArray();
        return NdArray.of(values, shape);
    }
}
