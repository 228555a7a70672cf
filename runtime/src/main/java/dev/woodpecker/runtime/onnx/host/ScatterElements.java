package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import java.util.Arrays;
import java.util.List;

/** Single elements of data replaced by, or reduced with, updates that are moved along one axis. */
final class ScatterElements implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray data = call.input(0);
        NdArray indices = call.input(1);
        NdArray updates = call.input(2);
        int axis = call.axis("axis", data);
        Reduction reduction = Reduction.of(call);
        if (!Arrays.equals(indices.shape(), updates.shape()) || indices.rank() != data.rank()) {
            throw call.error("indices " + Arrays.toString(indices.shape()) + " and updates "
                    + Arrays.toString(updates.shape()) + " for data " + Arrays.toString(data.shape()));
        }
        NdArray result = data.copy();
        int[] at = new int[data.rank()];
        for (long i = 0; i < indices.elements(); i++) {
            long position = 0;
            for (int a = 0; a < at.length; a++) {
                int extent = data.size(a);
                long index = a == axis ? indices.getLong(i) : at[a];
                index = index < 0 ? index + extent : index;
                if (index < 0 || index >= extent) {
                    throw call.error("index " + index + " outside axis " + a + " of " + Arrays.toString(data.shape()));
                }
                position = position * extent + index;
            }
            reduction.apply(result, position, updates, i);
            for (int a = at.length - 1; a >= 0 && ++at[a] == indices.size(a); a--) {
                at[a] = 0;
            }
        }
        return List.of(result);
    }
}
