package dev.woodpecker.runtime.onnx.schema;

import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Arity;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.AttributeSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.AttributeType;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.BecameInput;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Formal;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Opsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the table's text; its syntax is described at its head. */
final class SchemaReader {

    private static final Pattern OPERATOR = Pattern.compile(
            "(?<name>\\w+)(?: from (?<from>\\d+))?(?: until (?<until>\\d+))?:(?<inputs>.*)->(?<outputs>.*)");

    private static final Pattern ATTRIBUTE = Pattern.compile("\\s+(?<name>\\w+) (?<type>\\w+)(?: = (?<default>\\S+))?"
            + "(?<required> required)?(?: from (?<from>\\d+))?(?: until (?<until>\\d+))?"
            + "(?: as input (?<input>\\d+)(?<scalar> scalar)?)?");

    private SchemaReader() {}

    static Map<String, OperatorSchema> read(String text) {
        Map<String, OperatorSchema> table = new TreeMap<>();
        Optional<OperatorSchema> current = Optional.empty();
        List<AttributeSchema> attributes = new ArrayList<>();
        for (String line : (Iterable<String>) text.lines()::iterator) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith(" ")) {
                attributes.add(attribute(line));
                continue;
            }
            current.ifPresent(operator -> add(table, operator, attributes));
            attributes.clear();
            current = Optional.of(operator(line));
        }
        current.ifPresent(operator -> add(table, operator, attributes));
        return Collections.unmodifiableMap(table);
    }

    private static void add(
            Map<String, OperatorSchema> table, OperatorSchema operator, List<AttributeSchema> attributes) {
        OperatorSchema whole = new OperatorSchema(
                operator.name(), operator.opsets(), operator.inputs(), operator.outputs(), attributes);
        if (table.put(operator.name(), whole) != null) {
            throw new IllegalArgumentException("operator " + operator.name() + " is listed twice");
        }
    }

    private static OperatorSchema operator(String line) {
        Matcher matcher = match(OPERATOR, line);
        return new OperatorSchema(
                matcher.group("name"),
                opsets(matcher),
                formals(matcher.group("inputs")),
                formals(matcher.group("outputs")),
                List.of());
    }

    private static List<Formal> formals(String text) {
        return Arrays.stream(text.strip().split("\\s+"))
                .filter(name -> !name.isEmpty())
                .map(name -> switch (name.charAt(name.length() - 1)) {
                    case '?' -> new Formal(name.substring(0, name.length() - 1), Arity.OPTIONAL);
                    case '*' -> new Formal(name.substring(0, name.length() - 1), Arity.VARIADIC);
                    default -> new Formal(name, Arity.REQUIRED);
                })
                .toList();
    }

    private static AttributeSchema attribute(String line) {
        Matcher matcher = match(ATTRIBUTE, line);
        return new AttributeSchema(
                matcher.group("name"),
                AttributeType.valueOf(matcher.group("type").toUpperCase(Locale.ROOT)),
                Optional.ofNullable(matcher.group("default")),
                matcher.group("required") != null,
                opsets(matcher),
                Optional.ofNullable(matcher.group("input"))
                        .map(index -> new BecameInput(Integer.parseInt(index), matcher.group("scalar") != null)));
    }

    private static Opsets opsets(Matcher matcher) {
        return new Opsets(
                Optional.ofNullable(matcher.group("from"))
                        .map(Integer::parseInt)
                        .orElse(0),
                Optional.ofNullable(matcher.group("until"))
                        .map(Integer::parseInt)
                        .orElse(Integer.MAX_VALUE));
    }

    private static Matcher match(Pattern pattern, String line) {
        Matcher matcher = pattern.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("operators.txt: cannot read '" + line + "'");
        }
        return matcher;
    }
}
