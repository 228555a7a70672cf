package dev.woodpecker.runtime.toolchain;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;

/**
 * A C compiler that can be run.
 *
 * @param executable the program
 * @param family whose command line it takes
 * @param majorVersion the first number of its version
 * @param versionText all that {@code --version} printed: part of every cache key
 * @param linkFlags what makes it link on a machine that need not have a linker of its own
 */
public record CCompiler(
        Path executable, CompilerFamily family, int majorVersion, String versionText, List<String> linkFlags) {
    /** Reassociation, and the end of NaN and infinity, are never the compiler's choice. */
    private static final List<String> FLOATING_POINT = List.of("-fno-math-errno", "-fno-trapping-math");

    /**
     * A library that stands alone: nothing of the C library is linked. What compilers emit by themselves (memcpy,
     * memset) is found in the process; {@code -z now} turns any other missing name into an error at loading, where a
     * lazily bound one would end the process at its first call.
     */
    private static final List<String> LIBRARY =
            List.of("-shared", "-fPIC", "-nostdlib", "-Wl,-z,now", "-Wl,--build-id=none");

    private static final List<String> LANGUAGE = List.of(
            "-std=gnu11",
            "-fno-stack-protector",
            "-fno-semantic-interposition",
            "-Werror=implicit-function-declaration",
            "-Werror=int-conversion",
            "-Werror=incompatible-pointer-types",
            "-Wno-psabi");

    public CCompiler {
        linkFlags = List.copyOf(linkFlags);
    }

    /** Recognises a compiler by what its {@code --version} printed. */
    static CCompiler identify(Path executable, String versionText, List<String> linkFlags) {
        for (CompilerFamily family : List.of(CompilerFamily.CLANG, CompilerFamily.GCC)) {
            Matcher match = family.introduction(versionText);
            if (match.find()) {
                int major = Integer.parseInt(match.group(1));
                if (major < family.oldestMajor()) {
                    throw new ToolchainException("%s is %s %d; version %d or later is needed. %s"
                            .formatted(executable, family, major, family.oldestMajor(), CompilerDiscovery.REMEDIES));
                }
                return new CCompiler(executable, family, major, versionText.strip(), linkFlags);
            }
        }
        throw new ToolchainException("%s is neither gcc nor clang: --version printed \"%s\". %s"
                .formatted(executable, firstLine(versionText), CompilerDiscovery.REMEDIES));
    }

    /** All flags but the names of the files, in a fixed order. */
    List<String> flags(CodeOptions options, CpuFeatures cpu) {
        List<String> flags = new ArrayList<>();
        flags.add(options.effort().flag());
        flags.add(options.arithmetic().flag());
        flags.addAll(FLOATING_POINT);
        flags.addAll(family.flags());
        flags.addAll(cpu.compilerFlags(family, majorVersion));
        flags.addAll(LANGUAGE);
        flags.addAll(LIBRARY);
        flags.addAll(linkFlags);
        return List.copyOf(flags);
    }

    /** For example {@code gcc (Debian 12.2.0-14) 12.2.0}. */
    public String summary() {
        return firstLine(versionText);
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
