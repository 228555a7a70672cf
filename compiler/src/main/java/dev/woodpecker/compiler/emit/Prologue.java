package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The vector types, functions and tables that a source turns out to need, each printed once at its top. */
final class Prologue {
    private final Dialect dialect;
    private final Map<String, String> vectors = new TreeMap<>();
    private final Map<String, String> functions = new LinkedHashMap<>();
    private final Map<Table, String> tables = new LinkedHashMap<>();

    Prologue(Dialect dialect) {
        this.dialect = dialect;
    }

    /** The short name of a type: {@code f32}, {@code i64}; that of its lanes appended: {@code f32x16}. */
    static String tag(DType type, int lanes) {
        DType stored = type == DType.BOOL ? DType.U8 : type == DType.TF32 ? DType.F32 : type;
        return lanes == 1 ? stored.text() : stored.text() + "x" + lanes;
    }

    /** The C type of a value of {@code lanes} elements. */
    String type(DType type, int lanes) {
        return lanes == 1 ? dialect.type(type) : vector(type, lanes);
    }

    private String vector(DType type, int lanes) {
        if (!dialect.vectors()) {
            throw new IllegalStateException("dialect " + dialect.name() + " has no vectors, but one of " + lanes + " "
                    + type.text() + " was asked for");
        }
        String name = tag(type, lanes);
        int bytes = type.bytes() * lanes;
        vectors.computeIfAbsent(name, n -> {
            String element = dialect.type(type);
            return "typedef " + element + " " + n + " __attribute__((vector_size(" + bytes + ")));\n"
                    + "typedef " + element + " " + n + "_unaligned __attribute__((vector_size(" + bytes + "), aligned("
                    + type.bytes() + "), may_alias));\n";
        });
        return name;
    }

    /** The type of masks of vectors whose elements have {@code bytes}. */
    String mask(int bytes, int lanes) {
        return vector(signed(bytes), lanes);
    }

    static DType signed(int bytes) {
        return switch (bytes) {
            case 1 -> DType.I8;
            case 2 -> DType.I16;
            case 4 -> DType.I32;
            case 8 -> DType.I64;
            default -> throw new IllegalArgumentException("no integer of " + bytes + " bytes");
        };
    }

    private static DType unsigned(int bytes) {
        return switch (bytes) {
            case 1 -> DType.U8;
            case 2 -> DType.U16;
            case 4 -> DType.U32;
            case 8 -> DType.U64;
            default -> throw new IllegalArgumentException("no integer of " + bytes + " bytes");
        };
    }

    /** A function of values of one type: {@code max_f32x16}. */
    String function(String operation, DType type, int lanes) {
        return function(operation, operation, "", type, lanes);
    }

    /** A function of the processor: {@code floor_f32x16}, which C calls {@code __builtin_floorf}. */
    String nativeFunction(String name, DType type, int lanes) {
        String builtin = "__builtin_" + (name.equals("abs") ? "fabs" : name) + (type == DType.F64 ? "" : "f");
        return function("native", name, builtin, type, lanes);
    }

    private String function(String operation, String name, String builtin, DType type, int lanes) {
        String identifier = name + "_" + tag(type, lanes);
        if (functions.containsKey(identifier)) {
            return identifier;
        }
        template(operation, type, lanes).ifPresent(template -> {
            String text = template.replace("$n", name).replace("$b", builtin);
            define(identifier, filled(text, type, lanes, type));
        });
        return identifier;
    }

    /** A conversion that C has no operator for: {@code i32_from_f32}, {@code u32_bits_of_f32}. */
    String conversion(String operation, DType to, DType from, int lanes) {
        String identifier = tag(to, lanes) + "_" + operation + "_" + tag(from, lanes);
        if (functions.containsKey(identifier)) {
            return identifier;
        }
        template(operation, to, lanes).ifPresent(template -> define(identifier, filled(template, to, lanes, from)));
        return identifier;
    }

    private void define(String identifier, String text) {
        functions.put(identifier, dialect.function() + " " + text + "\n");
    }

    private Optional<String> template(String operation, DType type, int lanes) {
        List<String> keys = new ArrayList<>();
        String vector = lanes > 1 ? ".vector" : "";
        if (type.isFloat()) {
            keys.add(operation + ".float" + vector);
        }
        if (type.kind() == DType.Kind.UNSIGNED) {
            keys.add(operation + ".unsigned" + vector);
        }
        keys.add(operation + vector);
        return keys.stream()
                .filter(dialect.helpers()::containsKey)
                .map(dialect.helpers()::get)
                .findFirst();
    }

    /** {@code a[0], a[2], b[1], b[3]} for 4 lanes. */
    private static String everySecond(int lanes) {
        return IntStream.range(0, lanes)
                .mapToObj(l -> 2 * l < lanes ? "a[" + 2 * l + "]" : "b[" + (2 * l - lanes + 1) + "]")
                .collect(Collectors.joining(", "));
    }

    private String filled(String template, DType type, int lanes, DType from) {
        String text = template;
        for (String scalar : new String[] {"div", "rem", "shl", "shr"}) {
            if (text.contains("@" + scalar + "(")) {
                text = text.replace("@" + scalar + "(", function(scalar, type, 1) + "(");
            }
        }
        if (text.contains("@from(")) {
            text = text.replace("@from(", conversion("from", type, from, 1) + "(");
        }
        int bytes = type.bytes();
        if (text.contains("$MIN")) {
            text = text.replace("$MIN", limit(type, false)).replace("$MAX", limit(type, true));
        }
        if (lanes > 1) {
            text = text.replace("$v_from", tag(type, lanes) + "_from")
                    .replace("$v", vector(type, lanes))
                    .replace("$w", vector(from, lanes))
                    .replace("$m", mask(bytes, lanes))
                    .replace("$L", Integer.toString(lanes))
                    .replace("$E", everySecond(lanes));
            if (text.contains("$o")) {
                text = text.replace("$o", vector(DType.I64, lanes));
            }
        }
        return text.replace("$T", dialect.type(type))
                .replace("$t", tag(type, 1))
                .replace("$S", dialect.type(from))
                .replace("$s", tag(from, 1))
                .replace("$U", dialect.type(unsigned(bytes)))
                .replace("$I", dialect.type(signed(bytes)));
    }

    /** An end of an integer type as a C expression. */
    private static String limit(DType type, boolean greatest) {
        return switch (type) {
            case I64 -> greatest ? "0x7fffffffffffffffLL" : "(-0x7fffffffffffffffLL - 1)";
            case U64 -> greatest ? "0xffffffffffffffffULL" : "0";
            case U32 -> greatest ? "0xffffffffu" : "0";
            case I32 -> greatest ? "0x7fffffff" : "(-0x7fffffff - 1)";
            case I8, U8, I16, U16, BOOL ->
                Long.toString(
                        greatest ? Interval.of(type).max() : Interval.of(type).min());
            case F64, F32, F16, BF16, TF32 -> "0";
        };
    }

    /** The name of a constant array. */
    String table(Table table) {
        String known = tables.get(table);
        if (known != null) {
            return known;
        }
        String base = Names.identifier(table.name());
        String name = base;
        for (int i = 2; tables.containsValue(name); i++) {
            name = base + "_" + i;
        }
        tables.put(table, name);
        return name;
    }

    /** Types, functions and tables, for the top of the source. */
    String text() {
        StringBuilder out = new StringBuilder();
        vectors.values().forEach(out::append);
        functions.values().forEach(out::append);
        tables.forEach((table, name) -> out.append(definition(table, name)));
        return out.toString();
    }

    private String definition(Table table, String name) {
        StringBuilder out = new StringBuilder(dialect.vectors() ? "static const " : "static __constant__ const ");
        out.append(dialect.type(table.type())).append(' ').append(name);
        for (int axis = 0; axis < table.rank(); axis++) {
            out.append('[').append(table.size(axis)).append(']');
        }
        out.append(" = ");
        values(table, 0, 0, out);
        return out.append(";\n").toString();
    }

    private int values(Table table, int axis, int position, StringBuilder out) {
        if (axis == table.rank()) {
            out.append(Literals.real(table.valueAt(position), table.type()));
            return position + 1;
        }
        int next = position;
        out.append('{');
        for (int i = 0; i < table.size(axis); i++) {
            out.append(i == 0 ? "" : ", ");
            next = values(table, axis + 1, next, out);
        }
        out.append('}');
        return next;
    }
}
