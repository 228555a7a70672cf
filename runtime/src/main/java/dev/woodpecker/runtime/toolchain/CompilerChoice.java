package dev.woodpecker.runtime.toolchain;

import java.nio.file.Path;
import java.util.Locale;

/** Which C compiler is asked for: the value of {@code WPK_CC}. */
public sealed interface CompilerChoice {
    /** gcc from the path, else clang from the path, else the clang that Maven brought. */
    record Automatic() implements CompilerChoice {}

    /** gcc from the path, nothing else. */
    record GccOnPath() implements CompilerChoice {}

    /** clang from the path, nothing else. */
    record ClangOnPath() implements CompilerChoice {}

    /** The clang and lld inside the artifact org.bytedeco:llvm. */
    record Bundled() implements CompilerChoice {}

    /** This very program, a gcc or a clang. */
    record Program(Path executable) implements CompilerChoice {}

    /** The choice that {@code WPK_CC} states; automatic when it is not set. */
    static CompilerChoice of(Environment environment) {
        return environment.get("WPK_CC").map(CompilerChoice::parse).orElseGet(Automatic::new);
    }

    /** One of {@code auto, gcc, clang, bundled}, or a path. */
    static CompilerChoice parse(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "auto" -> new Automatic();
            case "gcc" -> new GccOnPath();
            case "clang" -> new ClangOnPath();
            case "bundled" -> new Bundled();
            default -> new Program(Path.of(text.strip()));
        };
    }
}
