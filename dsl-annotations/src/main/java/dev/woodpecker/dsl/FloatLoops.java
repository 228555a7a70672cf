package dev.woodpecker.dsl;

/** The loops behind {@link Dsl}: fewer axes than six are given as leading extents of 1. */
final class FloatLoops {

    private FloatLoops() {}

    static float[] fill(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        float[] values = new float[n0 * n1 * n2 * n3 * n4 * n5];
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

    static float[] fill(Index shape, FloatElement.AnyRank element) {
        float[] values = new float[RowMajor.count(shape)];
        int position = 0;
        for (Positions positions = new Positions(shape); positions.hasNext(); ) {
            values[position++] = element.at(positions.next());
        }
        return values;
    }

    static float sum(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        float result = 0;
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

    static float sum(Index over, FloatElement.AnyRank element) {
        float result = 0;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result += element.at(positions.next());
        }
        return result;
    }

    static float prod(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        float result = 1;
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

    static float prod(Index over, FloatElement.AnyRank element) {
        float result = 1;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result *= element.at(positions.next());
        }
        return result;
    }

    static float max(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        float result = Float.NEGATIVE_INFINITY;
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

    static float max(Index over, FloatElement.AnyRank element) {
        float result = Float.NEGATIVE_INFINITY;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result = Math.max(result, element.at(positions.next()));
        }
        return result;
    }

    static float min(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        float result = Float.POSITIVE_INFINITY;
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

    static float min(Index over, FloatElement.AnyRank element) {
        float result = Float.POSITIVE_INFINITY;
        for (Positions positions = new Positions(over); positions.hasNext(); ) {
            result = Math.min(result, element.at(positions.next()));
        }
        return result;
    }
}
