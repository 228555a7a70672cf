package dev.woodpecker.processor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.Elements;
import javax.tools.JavaFileObject;

/**
 * Where classes come from. A processor is not told the class path, but is told the file of each class: the roots of those
 * that a source imports are class path enough to bind it. Files that are not on disk are copied to a temporary folder.
 */
final class SourceFiles implements AutoCloseable {
    private final Elements elements;
    private Optional<Path> copies = Optional.empty();

    SourceFiles(Elements elements) {
        this.elements = elements;
    }

    /** The file of a class: its source, if that is being compiled, else the class file. */
    Optional<JavaFileObject> fileOf(TypeElement type) {
        try {
            return Optional.ofNullable(elements.getFileObjectOf(type));
        } catch (UnsupportedOperationException notKnownToThisCompiler) {
            return Optional.empty();
        }
    }

    /** The folder or jar, as a URI that ends with a slash, under which a class lies by its qualified name. */
    Optional<URI> rootOf(TypeElement type) {
        String path = pathOf(type);
        return fileOf(type)
                .map(JavaFileObject::toUri)
                .filter(URI::isAbsolute)
                .map(URI::toString)
                .filter(uri -> uri.endsWith(path + ".class") || uri.endsWith(path + ".java"))
                .map(uri -> URI.create(uri.substring(0, uri.lastIndexOf(path))));
    }

    private String pathOf(TypeElement type) {
        return elements.getBinaryName(type).toString().replace('.', '/');
    }

    /** Folders and jars of classes, and folders of sources. */
    record Roots(Set<String> classes, Set<String> sources) {
        Roots() {
            this(new LinkedHashSet<>(), new LinkedHashSet<>());
        }
    }

    /** Adds what {@code type}, a top-level class, is found by. */
    void addRoot(TypeElement type, Roots roots) {
        Optional<JavaFileObject> file = fileOf(type);
        if (file.isEmpty() || "jrt".equals(file.get().toUri().getScheme())) {
            return;
        }
        Set<String> kind = file.get().getKind() == JavaFileObject.Kind.SOURCE ? roots.sources : roots.classes;
        Optional<String> path = rootOf(type).flatMap(SourceFiles::pathOnDisk);
        try {
            kind.add(path.isPresent() ? path.get() : copy(type, file.get()).toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot copy " + file.get().toUri(), e);
        }
    }

    private static Optional<String> pathOnDisk(URI root) {
        String text = root.toString();
        if (text.startsWith("jar:file:") && text.endsWith("!/")) {
            return Optional.of(
                    Path.of(URI.create(text.substring(4, text.length() - 2))).toString());
        }
        return "file".equals(root.getScheme()) ? Optional.of(Path.of(root).toString()) : Optional.empty();
    }

    /** The folder that holds copies of sources, or of classes. */
    private Path copy(TypeElement type, JavaFileObject file) throws IOException {
        if (copies.isEmpty()) {
            copies = Optional.of(Files.createTempDirectory("woodpecker-processor"));
        }
        Path root = copies.get().resolve(file.getKind() == JavaFileObject.Kind.SOURCE ? "sources" : "classes");
        Path target = root.resolve(pathOf(type) + file.getKind().extension);
        if (!Files.exists(target)) {
            Files.createDirectories(target.getParent());
            try (InputStream stream = file.openInputStream()) {
                Files.copy(stream, target);
            }
        }
        return root;
    }

    /** The roots of all classes in a package. */
    void addRoots(Element packageElement, Roots roots) {
        for (Element member : packageElement.getEnclosedElements()) {
            if (member instanceof TypeElement type && member.getKind() != ElementKind.MODULE) {
                addRoot(type, roots);
            }
        }
    }

    @Override
    public void close() {
        if (copies.isEmpty()) {
            return;
        }
        try (Stream<Path> files = Files.walk(copies.get())) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + copies.get(), e);
        }
        copies = Optional.empty();
    }
}
