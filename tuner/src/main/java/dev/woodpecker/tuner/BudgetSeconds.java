package dev.woodpecker.tuner;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 30s}, {@code 8m}, {@code 2h}, {@code 1.5m}. */
public final class BudgetSeconds implements ITypeConverter<Double> {
    private static final Pattern TIME = Pattern.compile("(\\d+(?:\\.\\d+)?)([smh])");

    @Override
    public Double convert(String text) {
        Matcher match = TIME.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!match.matches() || Double.parseDouble(match.group(1)) == 0) {
            throw new TypeConversionException(
                    "'" + text + "' is no time to spend; write a number and s, m or h: 30s, 8m, 2h");
        }
        double unit = switch (match.group(2)) {
            case "s" -> 1;
            case "m" -> 60;
            default -> 3600;
        };
        return unit * Double.parseDouble(match.group(1));
    }
}
