package dev.woodpecker.runtime.toolchain;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One error of a compiler's output: {@code line} counts from 1, 0 when none is named. */
public record CompilerMessage(int line, String text) {
    /**
     * {@code file:line:column: error: text} of gcc and clang; {@code file(line): error: text} of nvcc;
     * {@code ptxas file, line 12; error : text} of the PTX compiler.
     */
    private static final Pattern LOCATED = Pattern.compile(
            "^(?:[^\\s:(]+:(?<colon>\\d+)(?::\\d+)?:|[^\\s:(]+\\((?<brace>\\d+)\\):|ptxas [^;]*, line (?<word>\\d+);)"
                    + "\\s*(?:fatal )?error\\s*: (?<text>.*)$");

    private static final Pattern UNLOCATED = Pattern.compile("(?i)^.*\\b(?:error|undefined|cannot)\\b.*$");

    /** The comment that generated code carries beside each loop and store. */
    private static final Pattern ORIGIN = Pattern.compile("([\\w$./-]+\\.java:\\d+(?::\\d+)?)");

    public static CompilerMessage firstError(String output) {
        List<String> lines = output.lines().toList();
        for (String line : lines) {
            Matcher match = LOCATED.matcher(line);
            if (match.matches()) {
                String number = Stream.of("colon", "brace", "word")
                        .map(match::group)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElseThrow();
                return new CompilerMessage(
                        Integer.parseInt(number), match.group("text").strip());
            }
        }
        return lines.stream()
                .filter(line -> UNLOCATED.matcher(line).matches())
                .findFirst()
                .or(() -> lines.stream().filter(line -> !line.isBlank()).findFirst())
                .map(line -> new CompilerMessage(0, line.strip()))
                .orElseGet(() -> new CompilerMessage(0, "the compiler said nothing"));
    }

    /** The nearest Java origin in {@code text} at or before {@code line}. */
    public static Optional<String> javaOrigin(String text, int line) {
        return text.lines()
                .limit(line)
                .map(ORIGIN::matcher)
                .filter(Matcher::find)
                .map(Matcher::group)
                .reduce((first, second) -> second);
    }
}
