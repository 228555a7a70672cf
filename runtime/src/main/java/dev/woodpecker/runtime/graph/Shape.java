package dev.woodpecker.runtime.graph;

import java.util.Arrays;
import java.util.List;

/** The extents of a tensor's axes; of a scalar none. */
public record Shape(List<Dimension> dimensions) {

    public Shape {
        dimensions = List.copyOf(dimensions);
    }

    public static Shape of(int... extents) {
        return new Shape(Arrays.stream(extents)
                .mapToObj(extent -> (Dimension) new Dimension.Known(extent))
                .toList());
    }

    public int rank() {
        return dimensions.size();
    }

    /** Whether all extents are known. */
    public boolean isKnown() {
        return dimensions.stream().allMatch(Dimension.Known.class::isInstance);
    }

    /**
     * The extents, all of which must be known.
     *
     * @throws IllegalStateException if one is not
     */
    public int[] extents() {
        return dimensions.stream()
                .mapToInt(dimension -> switch (dimension) {
                    case Dimension.Known known -> known.extent();
                    case Dimension.Symbolic symbolic ->
                        throw new IllegalStateException(
                                "the dimension '" + symbolic.name() + "' of " + this + " is not fixed");
                })
                .toArray();
    }

    @Override
    public String toString() {
        return dimensions.toString();
    }
}
