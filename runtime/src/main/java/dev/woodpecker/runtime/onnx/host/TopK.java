package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The K greatest or least elements of each line along an axis, and their positions on it; of equal elements the earlier
 * comes first. Always sorted: {@code sorted} 0 leaves the order open.
 */
final class TopK implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray x = call.input(0);
        int axis = call.axis("axis", x);
        long k = call.input(1).getLong(0);
        if (k < 0 || k > x.size(axis)) {
            throw call.error("K is " + k + ", and axis " + axis + " has " + x.size(axis) + " elements");
        }
        boolean largest = call.node().integer("largest") != 0;
        int[] shape = x.shape();
        shape[axis] = (int) k;
        NdArray values = NdArray.allocate(x.type(), shape);
        NdArray indices = NdArray.allocate(DType.I64, shape);
        Lines from = Lines.of(x, axis);
        Lines to = Lines.of(values, axis);
        int size = x.type().bytes();
        for (long outer = 0; outer < from.outers(); outer++) {
            for (long inner = 0; inner < from.inners(); inner++) {
                int[] order = order(x, from, outer, inner, largest);
                for (int rank = 0; rank < k; rank++) {
                    long target = to.position(outer, rank, inner);
                    long source = from.position(outer, order[rank], inner);
                    MemorySegment.copy(x.memory(), source * size, values.memory(), target * size, size);
                    indices.set(target, (long) order[rank]);
                }
            }
        }
        return List.of(values, indices);
    }

    private static int[] order(NdArray x, Lines lines, long outer, long inner, boolean largest) {
        Comparator<Integer> byValue =
                (i, j) -> ElementOrder.compare(x, lines.position(outer, i, inner), lines.position(outer, j, inner));
        return IntStream.range(0, lines.extent())
                .boxed()
                .sorted(largest ? byValue.reversed() : byValue)
                .mapToInt(Integer::intValue)
                .toArray();
    }
}
