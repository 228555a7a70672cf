package dev.woodpecker.runtime;

import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.plan.cuda.PlacedArray;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Arrays on a GPU whose inputs were found to fit a model.
 *
 * @param typed arrays of the inputs' types, of zeros
 */
record DeviceRun(Map<String, NdArray> typed, Map<String, PlacedArray> inputs, Map<String, PlacedArray> outputs) {
    /** @param zeros an array of a type */
    static DeviceRun of(
            Model model,
            Map<String, DeviceArray> inputs,
            Map<String, DeviceArray> outputs,
            Function<TensorType, NdArray> zeros) {
        CudaDevice device = model.device()
                .orElseThrow(() -> new UnsupportedOperationException(
                        model.name() + " runs on the processor: load it with Options.withTarget(\"cuda\")"));
        Map<String, PlacedArray> from = placed(inputs, device);
        Map<String, PlacedArray> to = placed(outputs, device);
        Map<String, NdArray> typed = new LinkedHashMap<>();
        from.forEach((name, array) -> typed.put(name, zeros.apply(array.type())));
        InputCheck.check(model, typed);
        for (String output : model.outputs()) {
            if (!to.containsKey(output)) {
                throw new InvalidInputException("no array is given for the output '" + output + "'");
            }
        }
        return new DeviceRun(typed, from, to);
    }

    private static Map<String, PlacedArray> placed(Map<String, DeviceArray> arrays, CudaDevice device) {
        Map<String, PlacedArray> placed = new LinkedHashMap<>();
        arrays.forEach((name, array) -> {
            if (!array.isOn(device)) {
                throw new InvalidInputException(
                        "the array given for '" + name + "' is on another device than the model");
            }
            placed.put(name, array.placed());
        });
        return placed;
    }
}
