package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds the C compiler that {@code WPK_CC} asks for. */
public final class CompilerDiscovery {
    static final String REMEDIES = "Install gcc or clang, or put " + BundledLlvm.COORDINATES
            + " on the class path, or set WPK_CC to auto, gcc, clang, bundled or the path of a gcc or clang.";

    private CompilerDiscovery() {}

    /**
     * The compiler for {@code environment}.
     *
     * @throws ToolchainException when there is none, naming what was looked for and what to do
     */
    public static CCompiler discover(Environment environment, CacheDirectory cache) {
        return switch (CompilerChoice.of(environment)) {
            case CompilerChoice.Automatic _ ->
                onPath("gcc", environment)
                        .or(() -> onPath("clang", environment))
                        .or(() -> BundledLlvm.find(cache))
                        .orElseThrow(
                                () -> new ToolchainException("No C compiler: neither gcc nor clang is on the PATH, "
                                        + "and org.bytedeco:llvm is not on the class path. " + REMEDIES));
            case CompilerChoice.GccOnPath _ -> required("gcc", environment);
            case CompilerChoice.ClangOnPath _ -> required("clang", environment);
            case CompilerChoice.Bundled _ ->
                BundledLlvm.find(cache)
                        .orElseThrow(() -> new ToolchainException(
                                "WPK_CC=bundled, but org.bytedeco:llvm is not on the class path. " + REMEDIES));
            case CompilerChoice.Program(Path executable) -> program(executable, environment);
        };
    }

    /** The first program of that name on the path, identified. */
    static Optional<CCompiler> onPath(String name, Environment environment) {
        return executable(name, environment).map(CompilerDiscovery::identify);
    }

    /** The first executable file {@code name} in a directory of {@code PATH}. */
    public static Optional<Path> executable(String name, Environment environment) {
        return environment.searchPath().stream()
                .map(directory -> directory.resolve(name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    private static CCompiler required(String name, Environment environment) {
        return onPath(name, environment)
                .orElseThrow(() -> new ToolchainException(
                        "WPK_CC=" + name + ", but there is no " + name + " on the PATH. " + REMEDIES));
    }

    private static CCompiler program(Path executable, Environment environment) {
        if (executable.getNameCount() == 1 && !executable.isAbsolute()) {
            return required(executable.toString(), environment);
        }
        if (!Files.isExecutable(executable) || Files.isDirectory(executable)) {
            throw new ToolchainException("WPK_CC=" + executable + " is not an executable file. " + REMEDIES);
        }
        return identify(executable.toAbsolutePath());
    }

    private static CCompiler identify(Path executable) {
        try {
            ProgramRun run = ProgramRun.of(List.of(executable.toString(), "--version"));
            return CCompiler.identify(executable, run.output(), List.of());
        } catch (IOException e) {
            throw new ToolchainException(executable + " cannot be run: " + e.getMessage() + ". " + REMEDIES, e);
        }
    }
}
