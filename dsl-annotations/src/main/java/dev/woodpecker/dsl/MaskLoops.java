package dev.woodpecker.dsl;

/** The loops behind {@link Masks}: fewer axes than six are given as leading extents of 1. */
final class MaskLoops {

    private MaskLoops() {}

    static boolean[] fill(int n0, int n1, int n2, int n3, int n4, int n5, MaskElement.Rank6 element) {
        boolean[] values = new boolean[n0 * n1 * n2 * n3 * n4 * n5];
        int position = 0;
        for (int i0 = 0; i0 < n0; i0++) {
            for (int i1 = 0; i1 < n1; i1++) {
                for (int i2 = 0; i2 < n2; i2++) {
                    for (int i3 = 0; i3 < n3; i3++) {
                        for (int i4 = 0; i4 < n4; i4++) {
                            for (int i5 = 0; i5 < n5; i5++) {
                                values[position++] = element.at(i0, i1, i2, i3, i4, i5);
                            }
                        }
                    }
                }
            }
        }
        return values;
    }

    static boolean[] fill(Index shape, MaskElement.AnyRank element) {
        boolean[] values = new boolean[RowMajor.count(shape)];
        int position = 0;
        for (Positions positions = new Positions(shape); positions.hasNext(); ) {
            values[position++] = element.at(positions.next());
        }
        return values;
    }

    static boolean any(int n0, int n1, int n2, int n3, int n4, int n5, MaskElement.Rank6 element) {
        boolean result = false;
        for (int i0 = 0; i0 < n0; i0++) {
            for (int i1 = 0; i1 < n1; i1++) {
                for (int i2 = 0; i2 < n2; i2++) {
                    for (int i3 = 0; i3 < n3; i3++) {
                        for (int i4 = 0; i4 < n4; i4++) {
                            for (int i5 = 0; i5 < n5; i5++) {
                                result |= element.at(i0, i1, i2, i3, i4, i5);
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    static boolean any(Index over, MaskElement.AnyRank element) {
        boolean result = false;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result |= element.at(positions.next());
        }
        return result;
    }

    static boolean all(int n0, int n1, int n2, int n3, int n4, int n5, MaskElement.Rank6 element) {
        boolean result = true;
        for (int i0 = 0; i0 < n0; i0++) {
            for (int i1 = 0; i1 < n1; i1++) {
                for (int i2 = 0; i2 < n2; i2++) {
                    for (int i3 = 0; i3 < n3; i3++) {
                        for (int i4 = 0; i4 < n4; i4++) {
                            for (int i5 = 0; i5 < n5; i5++) {
                                result &= element.at(i0, i1, i2, i3, i4, i5);
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    static boolean all(Index over, MaskElement.AnyRank element) {
        boolean result = true;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result &= element.at(positions.next());
        }
        return result;
    }
}
