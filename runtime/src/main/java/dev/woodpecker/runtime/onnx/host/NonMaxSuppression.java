package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Of boxes that overlap by more than a threshold (intersection over union) keeps the one with the best score, for each class
 * apart. boxes: [batch, n, 4]; scores: [batch, class, n]; returns [kept, 3] of batch, class and box.
 */
final class NonMaxSuppression implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray boxes = call.input(0);
        NdArray scores = call.input(1);
        if (boxes.rank() != 3
                || scores.rank() != 3
                || boxes.size(2) != 4
                || boxes.size(0) != scores.size(0)
                || boxes.size(1) != scores.size(2)) {
            throw call.error("boxes " + Arrays.toString(boxes.shape()) + " with scores "
                    + Arrays.toString(scores.shape()) + "; [batch, n, 4] with [batch, class, n] are allowed");
        }
        long most = call.optionalInput(2).map(value -> value.getLong(0)).orElse(0L);
        double overlap = call.optionalInput(3).map(value -> value.getDouble(0)).orElse(0.0);
        double least = call.optionalInput(4).map(value -> value.getDouble(0)).orElse(Double.NEGATIVE_INFINITY);
        boolean centered = call.node().integer("center_point_box") != 0;
        List<long[]> kept = new ArrayList<>();
        for (int batch = 0; batch < scores.size(0); batch++) {
            for (int label = 0; label < scores.size(1); label++) {
                for (int box : select(boxes, scores, batch, label, most, overlap, least, centered)) {
                    kept.add(new long[] {batch, label, box});
                }
            }
        }
        return List.of(NdArray.of(kept.stream().flatMapToLong(Arrays::stream).toArray(), kept.size(), 3));
    }

    private static List<Integer> select(
            NdArray boxes,
            NdArray scores,
            int batch,
            int label,
            long most,
            double overlap,
            double least,
            boolean centered) {
        int n = boxes.size(1);
        long row = ((long) batch * scores.size(1) + label) * n;
        List<Integer> order = IntStream.range(0, n)
                .filter(i -> scores.getDouble(row + i) > least)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores.getDouble(row + i)))
                .toList();
        List<Integer> kept = new ArrayList<>();
        List<Box> keptBoxes = new ArrayList<>();
        for (int i : order) {
            if (kept.size() >= most) {
                break;
            }
            Box box = Box.of(boxes, ((long) batch * n + i) * 4, centered);
            if (keptBoxes.stream().noneMatch(better -> better.overlap(box) > overlap)) {
                kept.add(i);
                keptBoxes.add(box);
            }
        }
        return kept;
    }

    private record Box(double top, double left, double bottom, double right) {

        /** [y1, x1, y2, x2] of any two opposite corners, or [x, y, width, height] about the center. */
        static Box of(NdArray boxes, long position, boolean centered) {
            double a = boxes.getDouble(position);
            double b = boxes.getDouble(position + 1);
            double c = boxes.getDouble(position + 2);
            double d = boxes.getDouble(position + 3);
            return centered
                    ? new Box(b - d / 2, a - c / 2, b + d / 2, a + c / 2)
                    : new Box(Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d));
        }

        double overlap(Box other) {
            double height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
            double width = Math.min(right, other.right) - Math.max(left, other.left);
            double both = Math.max(0, height) * Math.max(0, width);
            double union = area() + other.area() - both;
            return union <= 0 ? 0 : both / union;
        }

        private double area() {
            return (bottom - top) * (right - left);
        }
    }
}
