package dev.woodpecker.runtime.toolchain;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The compilers that are understood, by how they introduce themselves. */
public enum CompilerFamily {
    /** x86-64 micro-architecture levels are known from this version on. */
    GCC(
            11,
            Pattern.compile("^\\S*(?:gcc|cc|g\\+\\+)\\S* .*?\\b(\\d+)\\.(\\d+)(?:\\.\\d+)?", Pattern.MULTILINE),
            // It keeps what one iteration loads for the next ones, and spills the register tile for that
            // (docs/decisions/0003).
            List.of("-fno-predictive-commoning")),
    CLANG(12, Pattern.compile("clang version (\\d+)\\.(\\d+)"), List.of());

    private final int oldestMajor;
    private final Pattern introduction;
    private final List<String> flags;

    CompilerFamily(int oldestMajor, Pattern introduction, List<String> flags) {
        this.oldestMajor = oldestMajor;
        this.introduction = introduction;
        this.flags = flags;
    }

    /** What this family alone is told. */
    List<String> flags() {
        return flags;
    }

    /** The oldest major version that takes the flags used here. */
    int oldestMajor() {
        return oldestMajor;
    }

    /** The match of this family in a compiler's {@code --version} text; group 1 is the major version. */
    Matcher introduction(String versionText) {
        return introduction.matcher(versionText);
    }
}
