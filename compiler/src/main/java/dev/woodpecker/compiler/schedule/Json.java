package dev.woodpecker.compiler.schedule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** JSON values (RFC 8259) as far as traces need them: numbers are integers. */
sealed interface Json {
    record Text(String value) implements Json {}

    record Number(long value) implements Json {}

    record Null() implements Json {}

    record Array(List<Json> elements) implements Json {
        public Array {
            elements = List.copyOf(elements);
        }
    }

    /** Members keep their order. */
    record Members(Map<String, Json> values) implements Json {
        public Members {
            values = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }
    }

    /** On one line, without spaces. */
    default String print() {
        return switch (this) {
            case Text(String value) -> quote(value);
            case Number(long value) -> Long.toString(value);
            case Null() -> "null";
            case Array(List<Json> elements) ->
                elements.stream().map(Json::print).collect(Collectors.joining(",", "[", "]"));
            case Members(Map<String, Json> values) ->
                values.entrySet().stream()
                        .map(e -> quote(e.getKey()) + ":" + e.getValue().print())
                        .collect(Collectors.joining(",", "{", "}"));
        };
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < 0x20) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    /**
     * The value that a text holds.
     *
     * @throws IllegalArgumentException with the position, if the text is no JSON or holds what traces never do
     */
    static Json parse(String text) {
        Parser parser = new Parser(text);
        Json value = parser.value(0);
        parser.end();
        return value;
    }

    /** Reads one text from left to right. */
    final class Parser {
        private static final int DEEPEST = 64;

        private final String text;
        private int position;

        private Parser(String text) {
            this.text = text;
        }

        private Json value(int depth) {
            if (depth > DEEPEST) {
                throw problem("nested more than " + DEEPEST + " deep");
            }
            return switch (peek()) {
                case '"' -> new Text(string());
                case '[' -> array(depth);
                case '{' -> members(depth);
                case 'n' -> {
                    for (char c : "null".toCharArray()) {
                        expect(c);
                    }
                    yield new Null();
                }
                default -> number();
            };
        }

        private Json array(int depth) {
            expect('[');
            List<Json> elements = new ArrayList<>();
            while (peek() != ']') {
                elements.add(value(depth + 1));
                separator(']');
            }
            expect(']');
            return new Array(elements);
        }

        private Json members(int depth) {
            expect('{');
            Map<String, Json> values = new LinkedHashMap<>();
            while (peek() != '}') {
                peek();
                String name = string();
                peek();
                expect(':');
                values.put(name, value(depth + 1));
                separator('}');
            }
            expect('}');
            return new Members(values);
        }

        private void separator(char close) {
            if (peek() != close) {
                expect(',');
                if (peek() == close) {
                    throw problem("a value is missing after ','");
                }
            }
        }

        private Json number() {
            int start = position;
            while (position < text.length() && "-0123456789".indexOf(text.charAt(position)) >= 0) {
                position++;
            }
            try {
                return new Number(Long.parseLong(text.substring(start, position)));
            } catch (NumberFormatException e) {
                position = start;
                throw problem("a string, an integer, an array, an object or null is expected");
            }
        }

        private String string() {
            expect('"');
            StringBuilder value = new StringBuilder();
            while (next() != '"') {
                char c = text.charAt(position++);
                value.append(c == '\\' ? escaped() : c);
            }
            expect('"');
            return value.toString();
        }

        private char escaped() {
            char c = next();
            position++;
            return switch (c) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                case 'u' -> {
                    if (position + 4 > text.length()) {
                        throw problem("a \\u escape needs four digits");
                    }
                    String digits = text.substring(position, position + 4);
                    position += 4;
                    try {
                        yield (char) Integer.parseInt(digits, 16);
                    } catch (NumberFormatException e) {
                        throw problem("a \\u escape needs four hexadecimal digits");
                    }
                }
                case '"', '\\', '/' -> c;
                default -> throw problem("unknown escape '\\" + c + "'");
            };
        }

        private char peek() {
            while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
                position++;
            }
            return next();
        }

        private char next() {
            if (position >= text.length()) {
                throw problem("the text ends too early");
            }
            return text.charAt(position);
        }

        private void expect(char c) {
            if (next() != c) {
                throw problem("'" + c + "' is expected");
            }
            position++;
        }

        private void end() {
            while (position < text.length()) {
                if (!Character.isWhitespace(text.charAt(position++))) {
                    position--;
                    throw problem("text follows the value");
                }
            }
        }

        private IllegalArgumentException problem(String what) {
            return new IllegalArgumentException("JSON, character " + (position + 1) + ": " + what);
        }
    }
}
