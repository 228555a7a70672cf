package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.LayoutMap.Dimension;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** Questions about a layout that depend on the shape of the tensor that lies in it. */
public final class Layouts {
    private Layouts() {}

    /** Whether some memory of the tensor is padding. */
    public static boolean pads(LayoutMap layout, int[] shape) {
        long elements = 1;
        for (int extent : shape) {
            elements *= extent;
        }
        return bytesOrElements(layout, shape) != elements;
    }

    private static long bytesOrElements(LayoutMap layout, int[] shape) {
        long[] extents = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            extents[i] = shape[i];
        }
        return layout.elements(extents);
    }

    /** The elements, padding included, of a tensor of this shape. */
    public static long elements(LayoutMap layout, int[] shape) {
        return bytesOrElements(layout, shape);
    }

    /**
     * Row-major order where the layout is the same memory for this shape, else the layout: {@code 0,1/16,2,3,1%16} of
     * [1, 64, 1, 1] is row-major.
     */
    public static LayoutMap simplified(LayoutMap layout, int[] shape) {
        if (pads(layout, shape)) {
            return layout;
        }
        // Dimensions of one step do not matter; neighbours that continue each other are one.
        List<Dimension> left = new ArrayList<>();
        for (Dimension d : layout.dimensions()) {
            if (d.size(shape[d.axis()]) != 1) {
                left.add(d);
            }
        }
        int axis = -1;
        long inner = 1;
        for (Dimension d : left) {
            boolean continues = d.axis() == axis && inner == d.divisor() * d.size(shape[d.axis()]);
            if (!continues && (d.axis() <= axis || inner != 1)) {
                return layout;
            }
            axis = d.axis();
            inner = d.divisor();
        }
        return inner == 1 ? LayoutMap.rowMajor(layout.rank()) : layout;
    }

    /**
     * The layout of the same memory seen in another shape, if it has one: axes that are blocked stay, the others may be
     * merged and split where they lie beside each other.
     *
     * <pre>
     * [1, 32, 5, 7] in 0,1/16,2,3,1%16      seen as [1, 32, 35]      is in 0,1/16,2,1%16
     * </pre>
     */
    public static Optional<LayoutMap> seenAs(LayoutMap layout, int[] from, int[] to) {
        List<int[][]> groups = groups(from, to);
        List<Dimension> seen = new ArrayList<>();
        List<Dimension> left = new ArrayList<>(layout.dimensions());
        while (!left.isEmpty()) {
            Dimension d = left.getFirst();
            Optional<int[][]> group = groups.stream()
                    .filter(g -> IntStream.of(g[0]).anyMatch(axis -> axis == d.axis()))
                    .findFirst();
            if (group.isEmpty()) {
                return Optional.empty();
            }
            int[] axes = group.get()[0];
            int[] axesSeen = group.get()[1];
            if (d.divisor() == 1 && d.modulus() == 0) {
                for (int i = 0; i < axes.length; i++) {
                    if (i >= left.size() || !left.get(i).equals(Dimension.whole(axes[i]))) {
                        return Optional.empty();
                    }
                }
                left.subList(0, axes.length).clear();
                IntStream.of(axesSeen).forEach(axis -> seen.add(Dimension.whole(axis)));
            } else if (axes.length == 1 && blocked(axesSeen, to).isPresent()) {
                left.removeFirst();
                int axis = blocked(axesSeen, to).getAsInt();
                if (d.modulus() == 0) {
                    IntStream.of(axesSeen).filter(a -> a != axis).forEach(a -> seen.add(Dimension.whole(a)));
                }
                seen.add(new Dimension(axis, d.divisor(), d.modulus()));
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(new LayoutMap(to.length, seen));
    }

    /** The one of these axes that has more than one step. */
    private static OptionalInt blocked(int[] axes, int[] shape) {
        int[] longer = IntStream.of(axes).filter(axis -> shape[axis] != 1).toArray();
        return longer.length == 1 ? OptionalInt.of(longer[0]) : OptionalInt.empty();
    }

    /** The axes of two shapes of as many elements, in the smallest groups that have as many elements in both. */
    private static List<int[][]> groups(int[] from, int[] to) {
        List<int[][]> groups = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < from.length || j < to.length) {
            int firstFrom = i;
            int firstTo = j;
            long elementsFrom = i < from.length ? from[i++] : 1;
            long elementsTo = j < to.length ? to[j++] : 1;
            while (elementsFrom != elementsTo) {
                if (elementsFrom < elementsTo) {
                    elementsFrom *= from[i++];
                } else {
                    elementsTo *= to[j++];
                }
            }
            groups.add(new int[][] {
                IntStream.range(firstFrom, i).toArray(),
                IntStream.range(firstTo, j).toArray()
            });
        }
        return groups;
    }

    /**
     * Where in the memory of a tensor a box of it begins, in elements, if the box is there in one piece and in this order:
     * the box's own layout would be the same.
     *
     * @param starts of the box along each axis, as its {@code extents}
     */
    public static OptionalLong offset(LayoutMap layout, int[] shape, List<Long> starts, List<Long> extents) {
        long offset = 0;
        long stride = 1;
        boolean partial = false;
        for (Dimension d : layout.dimensions().reversed()) {
            long start = starts.get(d.axis());
            long extent = extents.get(d.axis());
            long block = layout.blockOf(d.axis());
            long size = d.size(shape[d.axis()]);
            boolean aligned = start % block == 0 && extent % block == 0;
            if (!aligned || shape[d.axis()] % block != 0) {
                return OptionalLong.empty();
            }
            long part = d.size(extent);
            // From inside: whole dimensions, then one of which there is a part, then single steps.
            if (partial && part != 1) {
                return OptionalLong.empty();
            }
            partial |= part != size;
            offset += (d.modulus() > 0 ? 0 : start / d.divisor()) * stride;
            stride *= size;
        }
        return OptionalLong.of(offset);
    }
}
