package dev.woodpecker.runtime;

/** The elements of an array as nested lists, the way NumPy shows them. */
final class NdArrayText {

    /** Arrays of more elements are shown with the middle of each axis left out. */
    private static final int SHOWN_IN_FULL = 100;

    /** How many positions are shown at either end of an axis that is cut. */
    private static final int EDGE = 3;

    private NdArrayText() {}

    static String elements(NdArray array) {
        StringBuilder text = new StringBuilder();
        append(text, array, 0, 0, array.elements() > SHOWN_IN_FULL);
        return text.toString();
    }

    private static void append(StringBuilder text, NdArray array, int axis, long position, boolean cut) {
        if (axis == array.rank()) {
            text.append(element(array, position));
            return;
        }
        text.append('[');
        int extent = array.size(axis);
        for (int i = 0; i < extent; i++) {
            if (i > 0) {
                text.append(", ");
            }
            if (cut && i == EDGE && extent > 2 * EDGE) {
                text.append("..., ");
                i = extent - EDGE;
            }
            append(text, array, axis + 1, position * extent + i, cut);
        }
        text.append(']');
    }

    private static String element(NdArray array, long position) {
        return switch (array.type().kind()) {
            case FLOAT ->
                array.type().bytes() == 8
                        ? Double.toString(array.getDouble(position))
                        : Float.toString((float) array.getDouble(position));
            case SIGNED -> Long.toString(array.getLong(position));
            case UNSIGNED -> Long.toUnsignedString(array.getLong(position));
            case BOOL -> array.getLong(position) != 0 ? "true" : "false";
        };
    }
}
