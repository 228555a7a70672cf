package dev.woodpecker.processor;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.TreeSet;
import javax.annotation.processing.Filer;
import javax.tools.FileObject;
import javax.tools.StandardLocation;

/**
 * {@code META-INF/services}: the providers of this compilation, and of an earlier one that compiled other classes into the
 * same folder. A provider that is there no more, or whose class has lost its kernels, is dropped.
 */
final class ServiceFile {
    private static final String PATH = "META-INF/services/dev.woodpecker.compiler.expr.KernelProvider";

    private final Set<String> written = new TreeSet<>();
    private final Set<String> compiled = new TreeSet<>();

    /** Notes the provider that was written for a class. */
    void add(String provider) {
        written.add(provider);
    }

    /** Notes that a class was compiled, by the name that its provider has if it has kernels. */
    void noteCompiled(String provider) {
        compiled.add(provider);
    }

    /** Writes the file if it is to change. */
    void write(Filer filer) throws IOException {
        Set<String> earlier = read(filer);
        Set<String> all = new TreeSet<>(written);
        for (String provider : earlier) {
            if (!compiled.contains(provider) && exists(filer, provider)) {
                all.add(provider);
            }
        }
        if (all.equals(earlier)) {
            return;
        }
        FileObject file = filer.createResource(StandardLocation.CLASS_OUTPUT, "", PATH);
        try (Writer writer = file.openWriter()) {
            for (String provider : all) {
                writer.write(provider + "\n");
            }
        }
    }

    private static Set<String> read(Filer filer) throws IOException {
        Set<String> providers = new TreeSet<>();
        try {
            FileObject file = filer.getResource(StandardLocation.CLASS_OUTPUT, "", PATH);
            try (BufferedReader reader = new BufferedReader(file.openReader(true))) {
                reader.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .forEach(providers::add);
            }
        } catch (NoSuchFileException | FileNotFoundException firstTime) {
            // No earlier compilation.
        }
        return providers;
    }

    private static boolean exists(Filer filer, String provider) {
        int point = provider.lastIndexOf('.');
        String packageName = provider.substring(0, Math.max(point, 0));
        try {
            FileObject file = filer.getResource(
                    StandardLocation.CLASS_OUTPUT, packageName, provider.substring(point + 1) + ".class");
            try (InputStream stream = file.openInputStream()) {
                return stream.read() >= 0;
            }
        } catch (IOException absent) {
            return false;
        }
    }
}
