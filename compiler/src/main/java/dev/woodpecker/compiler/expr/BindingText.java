package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.ir.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Shapes and attributes as they are written in {@code @Example} and on a command line: {@code name=value} pairs. An input's
 * value is its extents, {@code 1x64x56x56}, or {@code scalar}, with the element type behind a colon where it is not the
 * usual one ({@code f32}, {@code i64}, {@code bool}): {@code 1x64:f16}; of a list of inputs, such values joined by {@code +}.
 * An attribute's value is a number, or numbers joined by commas.
 */
public final class BindingText {
    private static final String SCALAR = "scalar";

    private BindingText() {}

    /**
     * The binding that pairs separated by spaces stand for; floats are of {@code floatType} where nothing else is said.
     *
     * @throws IllegalArgumentException saying which pair does not fit the kernel, and what it takes
     */
    public static Binding parse(KernelSpec spec, String name, String pairs, DType floatType) {
        List<String> list =
                pairs.isBlank() ? List.of() : Arrays.asList(pairs.trim().split("\\s+"));
        Binding binding = Binding.of(name);
        for (String pair : list) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            Parameter parameter = spec.parameters().stream()
                    .filter(p -> p.name().equals(key))
                    .findFirst()
                    .orElseThrow(
                            () -> problem(spec, pair, "no parameter has this name; parameters are " + names(spec)));
            if (equals < 0) {
                throw problem(spec, pair, "a value is missing: " + key + "=" + form(parameter));
            }
            binding = binding.with(key, argument(spec, parameter, pair, pair.substring(equals + 1), floatType));
        }
        return complete(spec, binding);
    }

    private static Binding complete(KernelSpec spec, Binding binding) {
        List<String> missing = spec.parameters().stream()
                .filter(p -> p.absent().isEmpty() && !binding.arguments().containsKey(p.name()))
                .map(p -> p.name() + "=" + form(p))
                .toList();
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    "kernel " + spec.shortName() + " also needs " + String.join(" ", missing));
        }
        return binding;
    }

    private static Argument argument(KernelSpec spec, Parameter p, String pair, String value, DType floatType) {
        try {
            if (p.role() == Role.INPUT) {
                return p.kind() == Kind.TENSOR_LIST
                        ? new Argument.Several(Arrays.stream(value.split("\\+"))
                                .map(v -> dense(v, floatType))
                                .toList())
                        : dense(value, usualType(p.kind(), floatType));
            }
            return attribute(p.kind(), value);
        } catch (NumberFormatException e) {
            throw problem(spec, pair, "'" + value + "' is no " + form(p));
        } catch (IllegalArgumentException e) {
            throw problem(spec, pair, String.valueOf(e.getMessage()));
        }
    }

    private static Argument attribute(Kind kind, String value) {
        return switch (kind) {
            case INT -> new Argument.Integer(Long.parseLong(value));
            case FLOAT -> new Argument.Real(Double.parseDouble(value));
            case BOOL -> new Argument.Flag(truth(value));
            case INT_ARRAY ->
                new Argument.Ints(parts(value).stream().map(Long::parseLong).toList());
            case FLOAT_ARRAY ->
                new Argument.Reals(
                        parts(value).stream().map(Double::parseDouble).toList());
            case INDEX, FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR, TENSOR_LIST, TENSORS ->
                throw new IllegalArgumentException("an attribute cannot be a " + kind.text());
        };
    }

    private static boolean truth(String value) {
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new NumberFormatException(value);
        };
    }

    private static List<String> parts(String value) {
        return value.isEmpty() ? List.of() : Arrays.asList(value.split(",", -1));
    }

    private static Argument.Dense dense(String value, DType usual) {
        int colon = value.indexOf(':');
        DType type = colon < 0 ? usual : DType.parse(value.substring(colon + 1));
        String extents = colon < 0 ? value : value.substring(0, colon);
        if (extents.equals(SCALAR)) {
            return Argument.Dense.of(type);
        }
        List<Long> shape = new ArrayList<>();
        for (String extent : extents.split("x", -1)) {
            long size = Long.parseLong(extent);
            if (size < 0) {
                throw new IllegalArgumentException("extent " + size + " is negative");
            }
            shape.add(size);
        }
        return Argument.Dense.of(type, shape.stream().mapToLong(Long::longValue).toArray());
    }

    private static DType usualType(Kind kind, DType floatType) {
        return switch (kind) {
            case INT, INT_TENSOR -> DType.I64;
            case BOOL, MASK_TENSOR -> DType.BOOL;
            case FLOAT, FLOAT_TENSOR, TENSOR_LIST, INDEX, INT_ARRAY, FLOAT_ARRAY, TENSORS -> floatType;
        };
    }

    private static String form(Parameter p) {
        if (p.role() == Role.INPUT) {
            return p.kind() == Kind.TENSOR_LIST ? "2x3+2x5" : "2x3";
        }
        return Optional.of(p.kind())
                .filter(k -> k == Kind.INT_ARRAY || k == Kind.FLOAT_ARRAY)
                .map(k -> "1,1")
                .orElse(p.kind() == Kind.BOOL ? "true" : "1");
    }

    private static String names(KernelSpec spec) {
        return String.join(", ", spec.parameters().stream().map(Parameter::name).toList());
    }

    private static IllegalArgumentException problem(KernelSpec spec, String pair, String what) {
        return new IllegalArgumentException("kernel " + spec.shortName() + ", '" + pair + "': " + what);
    }
}
