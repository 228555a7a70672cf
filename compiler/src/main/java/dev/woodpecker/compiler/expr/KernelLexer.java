package dev.woodpecker.compiler.expr;

import java.util.ArrayList;
import java.util.List;

/** The words, numbers, strings and signs of kernel text. */
final class KernelLexer {
    /** Longest first, so that a sign is not taken for the beginning of a longer one. */
    private static final List<String> SIGNS = List.of(
            ">>>", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "!", "~", "&",
            "|", "^", "?", ":", "=", "(", ")", "[", "]", "{", "}", ",", ";", ".");

    private enum Type {
        WORD,
        NUMBER,
        STRING,
        SIGN,
        END
    }

    private record Token(Type type, String text, int start) {}

    private final String text;
    private int position;
    private Token next;

    KernelLexer(String text) {
        this.text = text;
        this.next = scan();
    }

    /** What stands next, without taking it. */
    String peek() {
        return next.text;
    }

    boolean atWord() {
        return next.type == Type.WORD;
    }

    boolean atNumber() {
        return next.type == Type.NUMBER;
    }

    boolean atEnd() {
        return next.type == Type.END;
    }

    /** Whether a number follows a sign that stands next without space between: {@code -1}, not {@code - 1}. */
    boolean atNegativeNumber() {
        return next.type == Type.SIGN
                && next.text.equals("-")
                && position < text.length()
                && Character.isDigit(text.charAt(position));
    }

    /** Whether the two next tokens are {@code first}, which is no string, and {@code second}. */
    boolean at(String first, String second) {
        if (!at(first)) {
            return false;
        }
        int afterFirst = position;
        Token token = scan();
        position = afterFirst;
        return token.type != Type.STRING && token.text.equals(second);
    }

    boolean at(String wanted) {
        return next.type != Type.STRING && next.type != Type.END && next.text.equals(wanted);
    }

    /** Whether {@code first}, a word and {@code last} stand next. */
    boolean at(String first, String anyWord, String last) {
        if (!at(first)) {
            return false;
        }
        int afterFirst = position;
        Token word = scan();
        Token end = scan();
        position = afterFirst;
        return word.type == Type.WORD && end.text.equals(last);
    }

    boolean take(String wanted) {
        boolean taken = at(wanted);
        if (taken) {
            advance();
        }
        return taken;
    }

    void expect(String wanted) {
        if (!take(wanted)) {
            throw error("expected '" + wanted + "'");
        }
    }

    String word() {
        return take(Type.WORD, "a name");
    }

    String number() {
        return take(Type.NUMBER, "a number");
    }

    String string() {
        return Quoted.unquote(take(Type.STRING, "a string in quotes"));
    }

    private String take(Type type, String description) {
        if (next.type != type) {
            throw error("expected " + description);
        }
        String taken = next.text;
        advance();
        return taken;
    }

    /** The rest of a run without spaces, whatever it consists of: a qualified name with parameter kinds. */
    String run() {
        position = next.start;
        int start = position;
        while (position < text.length() && !Character.isWhitespace(text.charAt(position))) {
            position++;
        }
        String run = text.substring(start, position);
        advance();
        return run;
    }

    /** All runs up to the end, where a string in quotes is one run. */
    List<String> runs() {
        List<String> runs = new ArrayList<>();
        while (next.type != Type.END) {
            if (next.type == Type.STRING) {
                runs.add(next.text);
                advance();
            } else {
                runs.add(run());
            }
        }
        return runs;
    }

    private void advance() {
        next = scan();
    }

    private Token scan() {
        while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
            position++;
        }
        int start = position;
        if (start == text.length()) {
            return new Token(Type.END, "end of text", start);
        }
        char first = text.charAt(start);
        if (Character.isJavaIdentifierStart(first)) {
            while (position < text.length() && Character.isJavaIdentifierPart(text.charAt(position))) {
                position++;
            }
            return token(Type.WORD, start);
        }
        if (Character.isDigit(first)) {
            return number(start);
        }
        if (first == '"') {
            position++;
            while (position < text.length() && text.charAt(position) != '"') {
                position += text.charAt(position) == '\\' ? 2 : 1;
            }
            if (position >= text.length()) {
                throw error("a string without its closing quote", start);
            }
            position++;
            return token(Type.STRING, start);
        }
        for (String sign : SIGNS) {
            if (text.startsWith(sign, start)) {
                position += sign.length();
                return token(Type.SIGN, start);
            }
        }
        throw error("unexpected '" + first + "'", start);
    }

    private Token number(int start) {
        while (position < text.length()) {
            char c = text.charAt(position);
            boolean isExponentSign = c == '-' && text.charAt(position - 1) == 'E';
            if (!Character.isDigit(c) && c != '.' && c != 'E' && c != 'f' && !isExponentSign) {
                break;
            }
            position++;
        }
        return token(Type.NUMBER, start);
    }

    private Token token(Type type, int start) {
        return new Token(type, text.substring(start, position), start);
    }

    /** An error at the next token. */
    IllegalArgumentException error(String message) {
        return error(message + " but found '" + next.text + "'", next.start);
    }

    private IllegalArgumentException error(String message, int at) {
        String before = text.substring(0, at);
        long line = before.chars().filter(c -> c == '\n').count() + 1;
        int column = at - before.lastIndexOf('\n');
        return new IllegalArgumentException("kernel text " + line + ":" + column + ": " + message);
    }
}
