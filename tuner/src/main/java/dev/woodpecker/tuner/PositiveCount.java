package dev.woodpecker.tuner;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How many of something there are to be, at least one: threads, runs, trials. */
public final class PositiveCount implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        if (!text.matches("0*[1-9][0-9]{0,8}")) {
            throw new TypeConversionException("'" + text + "' is not a number from 1 to 999999999");
        }
        return Integer.valueOf(text);
    }
}
