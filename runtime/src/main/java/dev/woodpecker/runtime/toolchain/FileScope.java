package dev.woodpecker.runtime.toolchain;

import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a C source has for itself beside its kernels: sources that share a translation unit each have their own. */
public final class FileScope {
    /** Helper functions and tables, as the C dialect defines them. */
    private static final Pattern DEFINITION =
            Pattern.compile("^(?:INLINE|static const) [\\w ]*?(\\w+)[(\\[]", Pattern.MULTILINE);

    private FileScope() {}

    /** The names of a source's helper functions and tables. */
    public static Stream<String> names(String text) {
        return DEFINITION.matcher(text).results().map(match -> match.group(1));
    }
}
