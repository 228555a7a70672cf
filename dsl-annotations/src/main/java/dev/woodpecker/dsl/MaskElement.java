package dev.woodpecker.dsl;

/**
 * The types of the lambdas that give a {@code boolean} element at a position, one for each number of indices. Kernels write lambdas
 * and never name these types.
 */
public final class MaskElement {

    private MaskElement() {}

    /** An element by no indices. */
    @FunctionalInterface
    public interface Rank0 {

        /** The element at this position. */
        boolean at();
    }

    /** An element by one index. */
    @FunctionalInterface
    public interface Rank1 {

        /** The element at this position. */
        boolean at(int i0);
    }

    /** An element by two indices. */
    @FunctionalInterface
    public interface Rank2 {

        /** The element at this position. */
        boolean at(int i0, int i1);
    }

    /** An element by three indices. */
    @FunctionalInterface
    public interface Rank3 {

        /** The element at this position. */
        boolean at(int i0, int i1, int i2);
    }

    /** An element by four indices. */
    @FunctionalInterface
    public interface Rank4 {

        /** The element at this position. */
        boolean at(int i0, int i1, int i2, int i3);
    }

    /** An element by five indices. */
    @FunctionalInterface
    public interface Rank5 {

        /** The element at this position. */
        boolean at(int i0, int i1, int i2, int i3, int i4);
    }

    /** An element by six indices. */
    @FunctionalInterface
    public interface Rank6 {

        /** The element at this position. */
        boolean at(int i0, int i1, int i2, int i3, int i4, int i5);
    }

    /** An element by an index of any rank. */
    @FunctionalInterface
    public interface AnyRank {

        /** The element at this position. */
        boolean at(Index i);
    }
}
