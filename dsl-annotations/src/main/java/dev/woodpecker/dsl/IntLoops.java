package dev.woodpecker.dsl;

/** The loops behind {@link Ints}: fewer axes than six are given as leading extents of 1. */
final class IntLoops {

    private IntLoops() {}

    static long[] fill(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        long[] values = new long[n0 * n1 * n2 * n3 * n4 * n5];
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

    static long[] fill(Index shape, IntElement.AnyRank element) {
        long[] values = new long[RowMajor.count(shape)];
        int position = 0;
        for (Positions positions = new Positions(shape); positions.hasNext(); ) {
            values[position++] = element.at(positions.next());
        }
        return values;
    }

    static long sum(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        long result = 0;
        for (int i0 = 0; i0 < n0; i0++) {
            for (int i1 = 0; i1 < n1; i1++) {
                for (int i2 = 0; i2 < n2; i2++) {
                    for (int i3 = 0; i3 < n3; i3++) {
                        for (int i4 = 0; i4 < n4; i4++) {
                            for (int i5 = 0; i5 < n5; i5++) {
                                result += element.at(i0, i1, i2, i3, i4, i5);
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    static long sum(Index over, IntElement.AnyRank element) {
        long result = 0;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result += element.at(positions.next());
        }
        return result;
    }

    static long prod(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        long result = 1;
        for (int i0 = 0; i0 < n0; i0++) {
            for (int i1 = 0; i1 < n1; i1++) {
                for (int i2 = 0; i2 < n2; i2++) {
                    for (int i3 = 0; i3 < n3; i3++) {
                        for (int i4 = 0; i4 < n4; i4++) {
                            for (int i5 = 0; i5 < n5; i5++) {
                                result *= element.at(i0, i1, i2, i3, i4, i5);
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    static long prod(Index over, IntElement.AnyRank element) {
        long result = 1;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result *= element.at(positions.next());
        }
        return result;
    }

    static long max(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        long result = Long.MIN_VALUE;
        for (int i0 = 0; i0 < n0; i0++) {
            for (int i1 = 0; i1 < n1; i1++) {
                for (int i2 = 0; i2 < n2; i2++) {
                    for (int i3 = 0; i3 < n3; i3++) {
                        for (int i4 = 0; i4 < n4; i4++) {
                            for (int i5 = 0; i5 < n5; i5++) {
                                result = Math.max(result, element.at(i0, i1, i2, i3, i4, i5));
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    static long max(Index over, IntElement.AnyRank element) {
        long result = Long.MIN_VALUE;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result = Math.max(result, element.at(positions.next()));
        }
        return result;
    }

    static long min(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        long result = Long.MAX_VALUE;
        for (int i0 = 0; i0 < n0; i0++) {
            for (int i1 = 0; i1 < n1; i1++) {
                for (int i2 = 0; i2 < n2; i2++) {
                    for (int i3 = 0; i3 < n3; i3++) {
                        for (int i4 = 0; i4 < n4; i4++) {
                            for (int i5 = 0; i5 < n5; i5++) {
                                result = Math.min(result, element.at(i0, i1, i2, i3, i4, i5));
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    static long min(Index over, IntElement.AnyRank element) {
        long result = Long.MAX_VALUE;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result = Math.min(result, element.at(positions.next()));
        }
        return result;
    }
}
