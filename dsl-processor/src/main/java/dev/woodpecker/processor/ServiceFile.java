package dev.woodpecker.processor;

import java.io.BufferedReader;
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

    private final Filer filer;
    private final Set<String> written = new TreeSet<>();
    private final Set<String> gone = new TreeSet<>();

    ServiceFile(Filer filer) {
        this.filer = filer;
    }

    /** Notes the provider that was written for a class. */
    void add(String provider) {
        written.add(provider);
    }

    /** Notes that a class is compiled and has no kernels (any more). */
    void remove(String provider) {
        gone.add(provider);
    }

    boolean isNeeded() {
        return !written.isEmpty() || !gone.isEmpty();
    }

    void write() throws IOException {
        Set<String> earlier = read();
        Set<String> all = new TreeSet<>(written);
        for (String provider : earlier) {
            if (!gone.contains(provider) && exists(provider)) {
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

    private Set<String> read() throws IOException {
        Set<String> providers = new TreeSet<>();
        try {
            FileObject file = filer.getResource(StandardLocation.CLASS_OUTPUT, "", PATH);
            try (BufferedReader reader = new BufferedReader(file.openReader(true))) {
                reader.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(providers::add);
            }
        } catch (NoSuchFileException | java.io.FileNotFoundException firstTime) {
            // No earlier compilation.
        }
        return providers;
    }

    private boolean exists(String provider) {
        int point = provider.lastIndexOf('.');
        String packageName = provider.substring(0, Math.max(point, 0));
        try {
            FileObject file =
                    filer.getResource(StandardLocation.CLASS_OUTPUT, packageName, provider.substring(point + 1) + ".class");
            try (InputStream stream = file.openInputStream()) {
                return stream.read() >= 0;
            }
        } catch (IOException absent) {
            return false;
        }
    }
}
