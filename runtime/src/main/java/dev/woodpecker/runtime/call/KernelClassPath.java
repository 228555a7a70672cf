package dev.woodpecker.runtime.call;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Kernels from jars and folders that are not on the program's own class path. */
public final class KernelClassPath {
    private KernelClassPath() {}

    /**
     * A loader of what is there and of Woodpecker's own kernels.
     *
     * @param classPath jars and folders, separated as the system's class paths are; may be empty
     * @throws IllegalArgumentException if one of them is not there
     */
    public static URLClassLoader loader(String classPath) {
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            if (!entry.isEmpty()) {
                urls.add(url(Path.of(entry)));
            }
        }
        return new URLClassLoader(urls.toArray(URL[]::new), KernelClassPath.class.getClassLoader());
    }

    private static URL url(Path entry) {
        if (!Files.exists(entry)) {
            throw new IllegalArgumentException("--class-path: there is no " + entry);
        }
        try {
            return entry.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("--class-path: " + entry + " cannot be read from", e);
        }
    }
}
