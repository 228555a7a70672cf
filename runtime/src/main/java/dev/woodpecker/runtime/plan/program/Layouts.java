package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.LayoutMap.Dimension;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

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
