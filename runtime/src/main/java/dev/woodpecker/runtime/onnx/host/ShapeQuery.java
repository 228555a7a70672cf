package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import java.util.Arrays;

/** Shape and Size: what they give depends on the shape of their input alone. */
final class ShapeQuery {

    private ShapeQuery() {}

    static NdArray evaluate(Node node, int[] extents) {
        if (node.operator().isOnnx("Size")) {
            return NdArray.scalar(Arrays.stream(extents).asLongStream().reduce(1, (a, b) -> a * b));
        }
        // Shape: the axes from start to end, negative ones counted from the end, clamped.
        int start = clamped(node.integer("start"), extents.length);
        int end = node.attribute("end").isPresent() ? clamped(node.integer("end"), extents.length) : extents.length;
        long[] shape = Arrays.stream(extents, start, Math.max(start, end))
                .asLongStream()
                .toArray();
        return NdArray.of(shape, shape.length);
    }

    private static int clamped(long axis, int rank) {
        return Math.toIntExact(Math.clamp(axis < 0 ? axis + rank : axis, 0, rank));
    }
}
