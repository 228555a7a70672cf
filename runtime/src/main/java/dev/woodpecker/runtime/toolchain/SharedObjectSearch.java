package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds a vendor's library by the names of its versions: through the dynamic loader, and in the folders in which Python
 * packages of NVIDIA bring theirs.
 */
public final class SharedObjectSearch {
    private final List<Path> folders;
    private final boolean everything;

    private SharedObjectSearch(List<Path> folders, boolean everything) {
        this.folders = folders;
        this.everything = everything;
    }

    /** A search that finds nothing, whatever this machine has. */
    public static SharedObjectSearch none() {
        return new SharedObjectSearch(List.of(), false);
    }

    /** The folders that {@code environment} and the usual installations give. */
    public static SharedObjectSearch of(Environment environment) {
        List<Path> bases = new ArrayList<>();
        environment.get("VIRTUAL_ENV").ifPresent(root -> bases.add(Path.of(root, "lib")));
        // The Python that would be started: <prefix>/bin/python3, itself often a link into another prefix.
        for (String name : List.of("python3", "python")) {
            CompilerDiscovery.executable(name, environment).ifPresent(python -> bases.addAll(prefixes(python)));
        }
        environment.get("CONDA_PREFIX").ifPresent(root -> bases.add(Path.of(root, "lib")));
        environment.get("HOME").ifPresent(root -> bases.add(Path.of(root, ".local", "lib")));
        bases.add(Path.of("/usr/local/lib"));
        bases.add(Path.of("/usr/lib"));
        List<Path> folders = new ArrayList<>();
        environment
                .get("LD_LIBRARY_PATH")
                .ifPresent(path -> Stream.of(path.split(":"))
                        .filter(entry -> !entry.isEmpty())
                        .forEach(entry -> folders.add(Path.of(entry))));
        environment.get("CUDA_HOME").ifPresent(root -> folders.add(Path.of(root, "lib64")));
        folders.add(Path.of("/usr/local/cuda/lib64"));
        children(Path.of("/usr/local"), "cuda-*").forEach(root -> folders.add(root.resolve("lib64")));
        for (Path base : bases) {
            for (Path python : children(base, "python3*")) {
                for (String packages : List.of("site-packages", "dist-packages")) {
                    for (Path vendor : children(python.resolve(packages).resolve("nvidia"), "*")) {
                        folders.add(vendor.resolve("lib"));
                    }
                }
            }
        }
        return new SharedObjectSearch(List.copyOf(folders), true);
    }

    /**
     * What to give to the dynamic loader for the first of {@code names} that it can load: the name itself, or a path.
     */
    public Optional<String> find(List<String> names) {
        for (String name : everything ? names : List.<String>of()) {
            if (loads(name)) {
                return Optional.of(name);
            }
            for (Path folder : folders) {
                Path file = folder.resolve(name);
                if (Files.isRegularFile(file) && loads(file.toString())) {
                    return Optional.of(file.toString());
                }
            }
        }
        return Optional.empty();
    }

    private static List<Path> prefixes(Path python) {
        List<Path> found = new ArrayList<>();
        for (Path file : List.of(python, real(python))) {
            Path bin = file.toAbsolutePath().getParent();
            if (bin != null && bin.getParent() != null) {
                found.add(bin.resolveSibling("lib"));
            }
        }
        return found;
    }

    private static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            return file; // gone, or a link to nowhere: then nothing is found there either
        }
    }

    private static boolean loads(String name) {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup.libraryLookup(name, arena);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<Path> children(Path directory, String glob) {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
                entries.forEach(found::add);
            } catch (IOException e) {
                return List.of(); // a folder that may not be read has nothing for us
            }
        }
        found.sort(null);
        return found;
    }
}
