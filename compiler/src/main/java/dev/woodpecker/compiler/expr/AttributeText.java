package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.Binding.Argument;
import java.util.ArrayList;
import java.util.List;

/** Attribute values as text, in a kernel's defaults and on a command line: {@code 1}, {@code 0.01}, {@code true}, {@code 1,1}. */
final class AttributeText {
    private AttributeText() {}

    static Argument parse(KernelSpec.Parameter parameter, String text) {
        try {
            return switch (parameter.kind()) {
                case INT -> new Argument.Integer(Long.parseLong(text.strip()));
                case FLOAT -> new Argument.Real(Double.parseDouble(text));
                case BOOL -> new Argument.Flag(text.equals("true") || text.equals("1"));
                case INT_ARRAY, INDEX ->
                    new Argument.Ints(parts(text).stream().map(Long::parseLong).toList());
                case FLOAT_ARRAY ->
                    new Argument.Reals(
                            parts(text).stream().map(Double::parseDouble).toList());
                case FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR, TENSOR_LIST, TENSORS ->
                    throw new IllegalArgumentException(
                            "parameter " + parameter.name() + " is a tensor and has no value as text");
            };
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no " + parameter.kind().text() + " for attribute " + parameter.name(), wrong);
        }
    }

    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            if (!part.isBlank()) {
                parts.add(part.strip());
            }
        }
        return parts;
    }
}
