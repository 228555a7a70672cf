package dev.woodpecker.runtime.toolchain;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Named;

/** The compilers that tests run with: each that this machine has, the bundled one always named. */
public final class TestCompilers {
    private TestCompilers() {}

    /** Where the bundled compiler is extracted to: once a machine, not once a test. */
    public static CacheDirectory sharedCache() {
        return CacheDirectory.open(Environment.ofProcess());
    }

    /** For {@code @MethodSource}. */
    public static List<Named<CCompiler>> present() {
        assumeTrue(!Present.COMPILERS.isEmpty(), "SKIPPED: no C compiler, neither on the PATH nor on the class path");
        return Present.COMPILERS;
    }

    private static final class Present {
        private static final List<Named<CCompiler>> COMPILERS = find();
    }

    /** Says on standard output, once, which are missing. */
    private static List<Named<CCompiler>> find() {
        List<Named<CCompiler>> found = new ArrayList<>();
        for (String name : List.of("gcc", "clang")) {
            CompilerDiscovery.onPath(name, Environment.ofProcess())
                    .ifPresentOrElse(
                            compiler -> found.add(Named.of(name, compiler)),
                            () -> System.out.println("SKIPPED with " + name + ": it is not on the PATH"));
        }
        BundledLlvm.find(sharedCache())
                .ifPresentOrElse(
                        compiler -> found.add(Named.of("bundled clang", compiler)),
                        () -> System.out.println("SKIPPED with bundled: org.bytedeco:llvm is not on the class path"));
        return List.copyOf(found);
    }

    /** The compiler that {@code WPK_CC} names. */
    public static CCompiler selected() {
        return CompilerDiscovery.discover(Environment.ofProcess(), sharedCache());
    }
}
