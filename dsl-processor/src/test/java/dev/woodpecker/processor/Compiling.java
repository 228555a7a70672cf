package dev.woodpecker.processor;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.Compiler;
import com.google.testing.compile.JavaFileObjects;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import javax.tools.StandardLocation;

/** Compiles sources in memory with the processor. */
final class Compiling {
    /** What sources in tests begin with. */
    static final String IMPORTS = """
        import static dev.woodpecker.dsl.Dsl.*;
        import dev.woodpecker.dsl.*;
        """;

    private Compiling() {}

    /** Compiles class {@code p.K} with these members. */
    static Compilation members(String members) {
        return sources(source("p.K", IMPORTS + "public final class K {\n" + members + "\n}\n"));
    }

    /** Compiles sources; a package declaration is added to each. */
    static Compilation sources(JavaFileObject... sources) {
        return Compiler.javac()
                .withProcessors(new KernelProcessor())
                .withOptions("-Xlint:all,-path", "-Awoodpecker.trace=true")
                .compile(sources);
    }

    static JavaFileObject source(String className, String text) {
        String packageName = className.substring(0, className.lastIndexOf('.'));
        return JavaFileObjects.forSourceString(className, "package " + packageName + ";\n" + text);
    }

    /** The kernel of class {@code p.K} with these members, compiled without errors. */
    static KernelSpec kernel(String members, String method) {
        return kernelOf(members(members), "p.K." + method);
    }

    static KernelSpec kernelOf(Compilation compilation, String name) {
        return KernelText.parse(resource(compilation, KernelText.resourcePath(name)));
    }

    static String resource(Compilation compilation, String path) {
        if (compilation.status() != Compilation.Status.SUCCESS) {
            throw new AssertionError("does not compile: " + errors(compilation));
        }
        JavaFileObject file = compilation
                .generatedFile(StandardLocation.CLASS_OUTPUT, path)
                .orElseThrow(() -> new AssertionError("no " + path + " among " + compilation.generatedFiles()));
        return text(file);
    }

    static String text(JavaFileObject file) {
        try (var stream = file.openInputStream()) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Errors as {@code line:column message}, the message's first line. */
    static List<String> errors(Compilation compilation) {
        Stream<Diagnostic<? extends JavaFileObject>> errors =
                compilation.errors().stream().map(error -> error);
        return errors.map(error -> error.getLineNumber() + ":" + error.getColumnNumber() + " "
                        + error.getMessage(java.util.Locale.ROOT)
                                .lines()
                                .findFirst()
                                .orElse(""))
                .toList();
    }
}
