package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process of its own that compiles a fixed list of sources with the compiler that {@code WPK_CC} names. */
final class KernelCompilation {
    static final int SOURCES = 12;

    private KernelCompilation() {}

    static Process start(Path home) throws IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KernelCompilation.class.getName(),
                        home.toString()))
                .redirectErrorStream(true)
                .start();
    }

    public static void main(String[] arguments) {
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < SOURCES; i++) {
            sources.add(
                    new Source("k" + i, "int f(int x) { return x * " + i + "; }\n", List.of("f"), CodeOptions.fast()));
        }
        KernelCompiler compiler = new KernelCompiler(
                TestCompilers.selected(), CpuFeatures.ofHost(), CacheDirectory.open(Path.of(arguments[0])));
        if (compiler.compile(sources).size() != SOURCES) {
            throw new IllegalStateException("libraries are missing");
        }
    }
}
