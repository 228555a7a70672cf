package dev.woodpecker.tuner.cost;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** How much memory an access touches while some of its loops run. */
final class Footprint {
    /** Of a cache, which is the unit that moves. */
    private static final double LINE_BYTES = 64;

    /** A loop as an access sees it: the distance of neighbouring iterations in elements. */
    record Stride(long elements, long extent) {}

    private Footprint() {}

    /**
     * Bytes of the cache lines touched. Loops of like strides, a window's taps and the pixels it moves over, touch the same
     * elements again; others multiply.
     */
    static double bytes(List<Stride> loops, int elementBytes) {
        List<Stride> ascending = new ArrayList<>(loops.stream()
                .filter(loop -> loop.elements() != 0 && loop.extent() > 1)
                .map(loop -> new Stride(Math.abs(loop.elements()), loop.extent()))
                .sorted(Comparator.comparingLong(Stride::elements))
                .toList());
        double pieces = 1;
        double pieceBytes = LINE_BYTES;
        long unit = 1;
        long count = 1;
        boolean first = true;
        for (Stride loop : ascending) {
            if (loop.elements() <= unit * count) {
                count += (loop.extent() - 1) * Math.max(1, loop.elements() / unit);
                continue;
            }
            if (first) {
                pieceBytes = piece(unit, count, elementBytes);
            } else {
                pieces *= count;
            }
            first = false;
            unit = loop.elements();
            count = loop.extent();
        }
        if (first) {
            return piece(unit, count, elementBytes);
        }
        double distance = (double) unit * elementBytes;
        return distance < LINE_BYTES && pieces == 1
                ? Math.max(LINE_BYTES, count * distance)
                : pieces * count * pieceBytes;
    }

    private static double piece(long unit, long count, int elementBytes) {
        return Math.max(LINE_BYTES, (double) unit * count * elementBytes);
    }
}
