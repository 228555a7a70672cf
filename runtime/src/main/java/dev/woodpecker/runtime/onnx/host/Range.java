package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.util.List;

/** {@code start, start + delta, ...} before {@code limit}; short floats are computed in fp32. */
final class Range implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray start = call.input(0);
        return List.of(start.type().isInteger() ? integers(call, start.type()) : floats(call, start.type()));
    }

    private static NdArray integers(HostCall call, DType type) {
        long start = call.input(0).getLong(0);
        long limit = call.input(1).getLong(0);
        long delta = call.input(2).getLong(0);
        if (delta == 0) {
            throw call.error("a step of 0");
        }
        NdArray result = NdArray.allocate(type, count(call, (double) Math.ceilDiv(limit - start, delta)));
        for (int i = 0; i < result.elements(); i++) {
            result.set(i, start + i * delta);
        }
        return result;
    }

    private static NdArray floats(HostCall call, DType type) {
        double start = call.input(0).getDouble(0);
        double limit = call.input(1).getDouble(0);
        double delta = call.input(2).getDouble(0);
        if (delta == 0 || Double.isNaN(start + limit + delta)) {
            throw call.error("a range from " + start + " to " + limit + " by " + delta);
        }
        NdArray result = NdArray.allocate(type, count(call, Math.ceil((limit - start) / delta)));
        for (int i = 0; i < result.elements(); i++) {
            result.set(i, type == DType.F64 ? start + i * delta : (float) start + i * (float) delta);
        }
        return result;
    }

    private static int count(HostCall call, double count) {
        if (count > Integer.MAX_VALUE) {
            throw call.error("a range of " + count + " elements");
        }
        return (int) Math.max(0, count);
    }
}
