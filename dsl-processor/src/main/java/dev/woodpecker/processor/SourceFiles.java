package dev.woodpecker.processor;

import dev.woodpecker.dsl.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.annotation.processing.Filer;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.Elements;
import javax.tools.FileObject;
import javax.tools.JavaFileObject;
import javax.tools.StandardLocation;

/**
 * Where classes come from. A processor is not told the class path, but is told the file of each class: the roots of those
 * that a source imports are class path enough to bind it. Files that are not on disk are copied to a temporary folder.
 */
final class SourceFiles implements AutoCloseable {
    private final Elements elements;
    private final Filer filer;
    private Optional<Path> copies = Optional.empty();

    SourceFiles(Elements elements, Filer filer) {
        this.elements = elements;
        this.filer = filer;
    }

    /** The file of a class: its source, if that is being compiled, else the class file. */
    record ClassFile(FileObject file, JavaFileObject.Kind kind) {
        boolean isSource() {
            return kind == JavaFileObject.Kind.SOURCE;
        }
    }

    Optional<ClassFile> fileOf(TypeElement type) {
        try {
            return Optional.ofNullable(elements.getFileObjectOf(type)).map(file -> new ClassFile(file, file.getKind()));
        } catch (UnsupportedOperationException | FileSystemNotFoundException notTold) {
            // Eclipse's compiler fails so for a class in a jar.
            return onClassPath(type);
        }
    }

    private Optional<ClassFile> onClassPath(TypeElement type) {
        String name = elements.getBinaryName(type).toString();
        String packageName = elements.getPackageOf(type).getQualifiedName().toString();
        String fileName = (packageName.isEmpty() ? name : name.substring(packageName.length() + 1)) + ".class";
        try {
            FileObject file = filer.getResource(StandardLocation.CLASS_PATH, packageName, fileName);
            return Optional.of(new ClassFile(file, JavaFileObject.Kind.CLASS));
        } catch (IOException | RuntimeException notThere) {
            return Optional.empty();
        }
    }

    /** The folder or jar, as a URI that ends with a slash, under which a class lies by its qualified name. */
    Optional<URI> rootOf(TypeElement type) {
        String path = pathOf(type);
        return fileOf(type)
                .map(found -> found.file().toUri())
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
        Optional<ClassFile> found = fileOf(type);
        if (found.isEmpty() || "jrt".equals(found.get().file().toUri().getScheme())) {
            return;
        }
        Set<String> kind = found.get().isSource() ? roots.sources : roots.classes;
        Optional<String> path = rootOf(type).flatMap(SourceFiles::pathOnDisk);
        try {
            kind.add(path.isPresent() ? path.get() : copy(type, found.get()).toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot copy " + found.get().file().toUri(), e);
        }
    }

    /** The folder or jar of the DSL that this processor itself runs with. */
    static Optional<String> ownDsl() {
        return Optional.ofNullable(Kernel.class.getProtectionDomain().getCodeSource())
                .map(CodeSource::getLocation)
                .filter(location -> location.getProtocol().equals("file"))
                .map(location -> Path.of(URI.create(location.toString())).toString());
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
    private Path copy(TypeElement type, ClassFile found) throws IOException {
        if (copies.isEmpty()) {
            copies = Optional.of(Files.createTempDirectory("woodpecker-processor"));
        }
        Path root = copies.get().resolve(found.isSource() ? "sources" : "classes");
        Path target = root.resolve(pathOf(type) + found.kind().extension);
        if (!Files.exists(target)) {
            Files.createDirectories(target.getParent());
            try (InputStream stream = found.file().openInputStream()) {
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
