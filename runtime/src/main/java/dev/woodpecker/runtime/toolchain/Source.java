package dev.woodpecker.runtime.toolchain;

import java.util.List;

/**
 * C text to compile, complete in itself: no headers, no libm.
 *
 * <p>Sources are compiled several to a translation unit, where every name of {@code symbols}, and every name that a line
 * beginning with {@code static} defines, gets a suffix of its own. A source whose other names at file scope clash with
 * another's (types repeated alike do not) is compiled alone.
 *
 * @param name for people: in messages, and in the name of the file that is kept when compiling fails
 * @param symbols every function that the text exports
 */
public record Source(String name, String text, List<String> symbols, CodeOptions options) {
    public Source {
        symbols = List.copyOf(symbols);
    }
}
