package dev.woodpecker.runtime.graph;

import java.util.List;

/** The extents of a tensor's axes; of a scalar none. */
public record Shape(List<Dimension> dimensions) {

    public Shape {
        dimensions = List.copyOf(dimensions);
    }

    public static Shape of(int... extents) {
        Dimension[] dimensions = new Dimension[extents.length];
        for (int axis = 0; axis < extents.length; axis++) {
            dimensions[axis] = new Dimension.Known(extents[axis]);
        }
        return new Shape(List.of(dimensions));
    }

    public int rank() {
        return dimensions.size();
    }

    /** Whether all extents are known. */
    public boolean isKnown() {
        for (Dimension dimension : dimensions) {
            if (!(dimension instanceof Dimension.Known)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The extents, all of which must be known.
     *
     * @throws IllegalStateException if one is not
     */
    public int[] extents() {
        int[] extents = new int[dimensions.size()];
        for (int axis = 0; axis < extents.length; axis++) {
            if (!(dimensions.get(axis) instanceof Dimension.Known(int extent))) {
                throw new IllegalStateException(
                        "the dimension '" + dimensions.get(axis) + "' of " + this + " is not fixed");
            }
            extents[axis] = extent;
        }
        return extents;
    }

    @Override
    public String toString() {
        return dimensions.toString();
    }
}
