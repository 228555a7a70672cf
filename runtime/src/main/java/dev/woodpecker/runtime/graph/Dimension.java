package dev.woodpecker.runtime.graph;

/** The extent of an axis: known, or a name for one that the inputs of a run decide. */
public sealed interface Dimension {

    record Known(int extent) implements Dimension {
        public Known {
            if (extent < 0) {
                throw new IllegalArgumentException("negative extent " + extent);
            }
        }

        @Override
        public String toString() {
            return Integer.toString(extent);
        }
    }

    /** Equal names in one graph stand for equal extents. */
    record Symbolic(String name) implements Dimension {
        @Override
        public String toString() {
            return name;
        }
    }
}
