package dev.woodpecker.runtime.plan.inference;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.runtime.NdArray;
import java.util.Arrays;

/** Arrays as the interpreter's tensors and back. */
final class HostTensors {
    private HostTensors() {}

    static HostTensor of(NdArray array) {
        long[] shape = Arrays.stream(array.shape()).asLongStream().toArray();
        return array.type().isFloat()
                ? HostTensor.ofReals(array.type(), array.toDoubleArray(), shape)
                : HostTensor.ofIntegers(array.type(), array.toLongArray(), shape);
    }

    static NdArray toArray(HostTensor tensor) {
        int[] shape = Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray();
        NdArray array = NdArray.allocate(tensor.type(), shape);
        for (int i = 0; i < tensor.elements(); i++) {
            if (tensor.type().isFloat()) {
                array.set(i, tensor.real(i));
            } else {
                array.set(i, tensor.integer(i));
            }
        }
        return array;
    }
}
