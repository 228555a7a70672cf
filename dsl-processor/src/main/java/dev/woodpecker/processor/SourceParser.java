package dev.woodpecker.processor;

import dev.woodpecker.processor.SourceFiles.ClassFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.Elements;
import javax.tools.FileObject;
import org.eclipse.jdt.core.JavaCore;
import org.eclipse.jdt.core.dom.AST;
import org.eclipse.jdt.core.dom.ASTParser;
import org.eclipse.jdt.core.dom.CompilationUnit;
import org.eclipse.jdt.core.dom.ImportDeclaration;

/** Parses and binds the sources of classes that are being compiled; each once. */
final class SourceParser {
    private static final String LANGUAGE = "25";

    private final Elements elements;
    private final SourceFiles files;
    private final Map<String, Optional<ParsedSource>> parsed = new HashMap<>();

    SourceParser(Elements elements, SourceFiles files) {
        this.elements = elements;
        this.files = files;
    }

    SourceFiles files() {
        return files;
    }

    /** The class that a nested class is within, at the top of its file. */
    static TypeElement outermost(TypeElement type) {
        Element enclosing = type.getEnclosingElement();
        return enclosing instanceof TypeElement outer ? outermost(outer) : type;
    }

    /** The source of a top-level class; empty if only its class file is there. */
    Optional<ParsedSource> parse(TypeElement type) {
        return parsed.computeIfAbsent(type.getQualifiedName().toString(), _ -> parseNew(type));
    }

    private Optional<ParsedSource> parseNew(TypeElement type) {
        Optional<FileObject> file =
                files.fileOf(type).filter(ClassFile::isSource).map(ClassFile::file);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        String path = file.get().toUri().getPath();
        String name = path == null ? file.get().getName() : path;
        String fileName = name.substring(name.lastIndexOf('/') + 1);
        char[] text = text(file.get()).toCharArray();
        CompilationUnit unbound = unit(parser(text));
        ASTParser binding = parser(text);
        SourceFiles.Roots roots = roots(type, unbound);
        binding.setResolveBindings(true);
        binding.setBindingsRecovery(true);
        binding.setStatementsRecovery(true);
        binding.setEnvironment(
                roots.classes().toArray(String[]::new), roots.sources().toArray(String[]::new), encodings(roots), true);
        binding.setUnitName(type.getQualifiedName().toString().replace('.', '/') + ".java");
        return Optional.of(new ParsedSource(fileName, type, unit(binding)));
    }

    private static String[] encodings(SourceFiles.Roots roots) {
        return roots.sources().stream().map(_ -> "UTF-8").toArray(String[]::new);
    }

    private static String text(FileObject file) {
        try {
            return file.getCharContent(true).toString();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file.toUri(), e);
        }
    }

    private static ASTParser parser(char[] text) {
        ASTParser parser = ASTParser.newParser(AST.getJLSLatest());
        Map<String, String> options = new HashMap<>(JavaCore.getDefaultOptions());
        JavaCore.setComplianceOptions(LANGUAGE, options);
        parser.setCompilerOptions(options);
        parser.setKind(ASTParser.K_COMPILATION_UNIT);
        parser.setSource(text);
        return parser;
    }

    private static CompilationUnit unit(ASTParser parser) {
        return (CompilationUnit) parser.createAST(null);
    }

    /** Where the classes of the DSL, of the same package and of the imports are. */
    private SourceFiles.Roots roots(TypeElement type, CompilationUnit unit) {
        SourceFiles.Roots roots = new SourceFiles.Roots();
        addType(Annotations.KERNEL, roots);
        files.addRoots(elements.getPackageOf(type), roots);
        for (Object imported : unit.imports()) {
            ImportDeclaration declaration = (ImportDeclaration) imported;
            String name = declaration.getName().getFullyQualifiedName();
            if (!name.startsWith("java.")) {
                addType(name, roots);
                if (declaration.isOnDemand() && elements.getPackageElement(name) instanceof Element packageElement) {
                    files.addRoots(packageElement, roots);
                }
            }
        }
        SourceFiles.ownDsl().ifPresent(roots.classes()::add);
        return roots;
    }

    /** The class that a qualified name begins with: the rest are nested classes or static members. */
    private void addType(String qualifiedName, SourceFiles.Roots roots) {
        String name = qualifiedName;
        while (name.contains(".")) {
            TypeElement type = elements.getTypeElement(name);
            if (type != null) {
                files.addRoot(outermost(type), roots);
                return;
            }
            name = name.substring(0, name.lastIndexOf('.'));
        }
    }
}
