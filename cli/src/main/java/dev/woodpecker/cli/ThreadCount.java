package dev.woodpecker.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of threads, the caller included; 0 leaves it to the machine. */
final class ThreadCount implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        if (!text.matches("[0-9]{1,4}")) {
            throw new TypeConversionException("'" + text + "' is not a number of threads from 0 to 9999");
        }
        return Integer.valueOf(text);
    }
}
