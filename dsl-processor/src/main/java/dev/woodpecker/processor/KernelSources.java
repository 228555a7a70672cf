package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelText;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.RecordComponentElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.Elements;
import org.eclipse.jdt.core.dom.IMethodBinding;
import org.eclipse.jdt.core.dom.ITypeBinding;

/** Finds the definition of a kernel of another class: its source, if that is compiled too, else its kernel text. */
final class KernelSources {
    sealed interface Definition {}

    record InSource(ParsedSource source) implements Definition {}

    record AsText(KernelSpec spec) implements Definition {}

    record Missing(String reason) implements Definition {}

    private final Elements elements;
    private final SourceParser parser;

    KernelSources(Elements elements, SourceParser parser) {
        this.elements = elements;
        this.parser = parser;
    }

    Definition kernel(IMethodBinding method) {
        String className = method.getDeclaringClass().getErasure().getQualifiedName();
        TypeElement type = elements.getTypeElement(className);
        if (type == null) {
            return new Missing("class " + className + " is not on the class path");
        }
        Optional<ParsedSource> source = parser.parse(SourceParser.outermost(type));
        if (source.isPresent()) {
            return new InSource(source.get());
        }
        Optional<URI> root = parser.files().rootOf(type);
        if (root.isEmpty()) {
            return new Missing("the place of class " + className + " is not known");
        }
        return text(root.get(), method, className);
    }

    private static Definition text(URI root, IMethodBinding method, String className) {
        String name = className + "." + method.getName();
        List<String> kinds = new ArrayList<>();
        for (ITypeBinding type : method.getParameterTypes()) {
            kinds.add(Kinds.of(type).map(kind -> kind.text()).orElse(type.getName()));
        }
        for (String candidate : List.of(name, name + "(" + String.join(",", kinds) + ")")) {
            URI resource = URI.create(root + KernelText.resourcePath(candidate));
            try (InputStream stream = resource.toURL().openStream()) {
                return new AsText(KernelText.parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8)));
            } catch (IOException absent) {
                // An overload's text has another name: the next candidate.
            } catch (IllegalArgumentException malformed) {
                return new Missing("its kernel text " + resource + " cannot be read: " + malformed.getMessage());
            }
        }
        return new Missing("there is no " + root + KernelText.resourcePath(name)
                + ": the class was compiled without the processor");
    }

    /** The components of a record, in order. */
    List<? extends RecordComponentElement> components(ITypeBinding record) {
        TypeElement type = elements.getTypeElement(record.getErasure().getQualifiedName());
        return type == null ? List.of() : type.getRecordComponents();
    }
}
