package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The clang and lld inside the optional artifact {@code org.bytedeco:llvm}. Of its 480 MB the 275 MB that compile and
 * link C and make PTX are extracted.
 */
public final class BundledLlvm {
    /** What to add to a build that should have it. */
    public static final String COORDINATES = "org.bytedeco:llvm:20.1.7-1.5.12:linux-x86_64";

    private static final String FOLDER = "org/bytedeco/llvm/linux-x86_64/";
    private static final List<String> FILES =
            List.of(FOLDER + "clang", FOLDER + "lld", FOLDER + "libLLVM.so", FOLDER + "libclang-cpp.so");
    /** The name that the programs ask the dynamic loader for carries a version that the jar's file names lack. */
    private static final Pattern NEEDED = Pattern.compile("(lib(?:LLVM|clang-cpp)\\.so)\\.[0-9][0-9.]*");

    private BundledLlvm() {}

    /** Whether the artifact is on the class path. */
    public static boolean isPresent() {
        return FILES.stream().allMatch(file -> ClassPathArtifact.locate(file).isPresent());
    }

    /**
     * The clang, extracted now if need be.
     *
     * @throws ToolchainException when it is there but cannot run on this machine
     */
    public static Optional<CCompiler> find(CacheDirectory cache) {
        return ClassPathArtifact.find(FILES).map(artifact -> {
            Path directory = extract(artifact, cache);
            Path clang = directory.resolve("clang");
            return CCompiler.identify(clang, version(clang, artifact), List.of("-fuse-ld=lld"));
        });
    }

    private static Path extract(ClassPathArtifact artifact, CacheDirectory cache) {
        return artifact.extract(cache, CacheDirectory.Section.TOOLCHAIN, BundledLlvm::link)
                .directory();
    }

    private static void link(Path directory) throws IOException {
        Files.createSymbolicLink(directory.resolve("ld.lld"), Path.of("lld"));
        String clang = new String(Files.readAllBytes(directory.resolve("clang")), StandardCharsets.ISO_8859_1);
        Map<String, String> links = new TreeMap<>();
        Matcher needed = NEEDED.matcher(clang);
        while (needed.find()) {
            links.put(needed.group(), needed.group(1));
        }
        for (Map.Entry<String, String> link : links.entrySet()) {
            Files.createSymbolicLink(directory.resolve(link.getKey()), Path.of(link.getValue()));
        }
    }

    private static String version(Path clang, ClassPathArtifact artifact) {
        String failure;
        try {
            ProgramRun run = ProgramRun.of(List.of(clang.toString(), "--version"));
            if (run.succeeded()) {
                // The directory it was extracted to is no part of what it is.
                return run.output().replaceAll("(?m)^InstalledDir:.*$", "").strip();
            }
            failure = run.output().strip();
        } catch (IOException e) {
            failure = String.valueOf(e.getMessage());
        }
        throw new ToolchainException("The clang of " + artifact.origin() + " does not run: " + failure
                + ". It needs glibc 2.34 or later, libstdc++.so.6 and libz.so.1 (Debian: libstdc++6 zlib1g). "
                + CompilerDiscovery.REMEDIES);
    }
}
