package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.util.List;

/** The positions of all elements that are not 0, in row-major order: [rank, count], one row an axis. */
final class NonZero implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray x = call.input(0);
        int count = 0;
        for (long i = 0; i < x.elements(); i++) {
            count += x.getDouble(i) != 0 ? 1 : 0;
        }
        NdArray positions = NdArray.allocate(DType.I64, x.rank(), count);
        int found = 0;
        for (long i = 0; i < x.elements(); i++) {
            if (x.getDouble(i) != 0) {
                long rest = i;
                for (int axis = x.rank() - 1; axis >= 0; axis--) {
                    positions.set((long) axis * count + found, rest % x.size(axis));
                    rest /= x.size(axis);
                }
                found++;
            }
        }
        return List.of(positions);
    }
}
