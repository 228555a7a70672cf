package dev.woodpecker.processor;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.annotation.processing.Processor;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** A folder of sources that is compiled to a folder of classes, as a build tool does it. */
final class Project {
    private final Path sources;
    private final Path classes;
    private final Path generated;
    private final List<Path> classPath = new ArrayList<>();
    private JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

    Project(Path folder) {
        sources = folder.resolve("sources");
        classes = folder.resolve("classes");
        generated = folder.resolve("generated");
        try {
            Files.createDirectories(sources);
            Files.createDirectories(classes);
            Files.createDirectories(generated);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Project with(JavaCompiler other) {
        compiler = other;
        return this;
    }

    Project dependingOn(Project library) {
        classPath.add(library.classes);
        return this;
    }

    Path classes() {
        return classes;
    }

    /** Writes a class, members only, of package {@code p}; the path of its source. */
    Path write(String name, String members) {
        return writeFile(
                "p/" + name + ".java",
                "package p;\n" + Compiling.IMPORTS + "public final class " + name + " {\n" + members + "\n}\n");
    }

    Path writeFile(String path, String text) {
        try {
            Path file = sources.resolve(path);
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text of a generated source or resource. */
    String read(String path) {
        try {
            return Files.readString((path.endsWith(".java") ? generated : classes).resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Compiles these sources and returns the messages of errors and warnings, without their places. */
    List<String> compile(List<Path> files, String... options) {
        return compile(List.of(new KernelProcessor()), files, options);
    }

    List<String> compile(List<Processor> processors, List<Path> files, String... options) {
        DiagnosticCollector<JavaFileObject> told = new DiagnosticCollector<>();
        try (StandardJavaFileManager manager =
                compiler.getStandardFileManager(told, Locale.ROOT, StandardCharsets.UTF_8)) {
            List<Path> path = new ArrayList<>(classPath);
            path.add(classes);
            for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
                path.add(Path.of(entry));
            }
            manager.setLocationFromPaths(StandardLocation.CLASS_PATH, path);
            manager.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(classes));
            manager.setLocationFromPaths(StandardLocation.SOURCE_OUTPUT, List.of(generated));
            JavaCompiler.CompilationTask task = compiler.getTask(
                    new StringWriter(),
                    manager,
                    told,
                    Arrays.asList(options),
                    null,
                    manager.getJavaFileObjectsFromPaths(files));
            task.setProcessors(processors);
            task.call();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return told.getDiagnostics().stream()
                .filter(diagnostic -> diagnostic.getKind() != Diagnostic.Kind.NOTE)
                .map(diagnostic -> diagnostic.getMessage(Locale.ROOT))
                .toList();
    }
}
