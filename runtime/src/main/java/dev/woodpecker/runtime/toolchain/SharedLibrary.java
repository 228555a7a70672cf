package dev.woodpecker.runtime.toolchain;

import java.nio.file.Path;

/**
 * Compiled code, ready to be loaded; the file was checked whole when this was made. Several may lie in one file.
 *
 * @param source what it was compiled from
 * @param key the cache key of that source for this machine and compiler
 */
public record SharedLibrary(Source source, ContentKey key, Path file) {
    /** The name under which the library exports the source's function {@code symbol}. */
    public String exported(String symbol) {
        if (!source.symbols().contains(symbol)) {
            throw new IllegalArgumentException(
                    "'" + symbol + "' is not a symbol of " + source.name() + "; it has " + source.symbols());
        }
        return exported(symbol, key);
    }

    static String exported(String symbol, ContentKey key) {
        return symbol + "_" + key.shortHex();
    }
}
