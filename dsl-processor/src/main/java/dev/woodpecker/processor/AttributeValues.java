package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.Kind;
import java.util.regex.Pattern;

/** Attribute values as text, in defaults and examples. */
final class AttributeValues {
    private static final String INT = "-?\\d+";
    private static final String FLOAT = "-?(\\d+\\.?\\d*|\\.\\d+)([eE]-?\\d+)?|-?Infinity|NaN";

    private AttributeValues() {}

    /** Whether {@code text} is a value of an attribute of this kind. */
    static boolean fits(String text, Kind kind) {
        return switch (kind) {
            case INT -> matches(INT, text);
            case FLOAT -> matches(FLOAT, text);
            case BOOL -> text.equals("true") || text.equals("false");
            case INT_ARRAY -> matches("(" + INT + ")(,(" + INT + "))*", text);
            case FLOAT_ARRAY -> matches("(" + FLOAT + ")(,(" + FLOAT + "))*", text);
            case INDEX, FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR, TENSOR_LIST, TENSORS -> false;
        };
    }

    /** Whether {@code text} is the shape of an input, or of each of a list of inputs. */
    static boolean isShape(String text, boolean isList) {
        String shape = "(\\d+(x\\d+)*|scalar)";
        return matches(isList ? shape + "(\\+" + shape + ")*" : shape, text);
    }

    private static boolean matches(String pattern, String text) {
        return Pattern.matches(pattern, text);
    }
}
