package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * Slices of data replaced by, or reduced with, updates. data: [d..., s...]; indices: [i..., k], k the number of axes d;
 * updates: [i..., s...].
 */
final class ScatterNd implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray data = call.input(0);
        NdArray indices = call.input(1);
        NdArray updates = call.input(2);
        Reduction reduction = Reduction.of(call);
        int depth = indices.rank() == 0 ? 0 : indices.size(indices.rank() - 1);
        if (depth == 0 || depth > data.rank()) {
            throw call.error("indices " + Arrays.toString(indices.shape()) + " into " + Arrays.toString(data.shape()));
        }
        int[] indexed = Arrays.copyOf(data.shape(), depth);
        long slice = 1;
        for (int axis = depth; axis < data.rank(); axis++) {
            slice *= data.size(axis);
        }
        long count = indices.elements() / depth;
        if (updates.elements() != count * slice) {
            throw call.error("updates " + Arrays.toString(updates.shape()) + " for " + count + " slices of " + slice);
        }
        NdArray result = data.copy();
        for (long i = 0; i < count; i++) {
            long start = 0;
            for (int axis = 0; axis < depth; axis++) {
                long index = indices.getLong(i * depth + axis);
                index = index < 0 ? index + indexed[axis] : index;
                if (index < 0 || index >= indexed[axis]) {
                    throw call.error(
                            "index " + index + " outside axis " + axis + " of " + Arrays.toString(data.shape()));
                }
                start = start * indexed[axis] + index;
            }
            for (long j = 0; j < slice; j++) {
                reduction.apply(result, start * slice + j, updates, i * slice + j);
            }
        }
        return List.of(result);
    }
}
