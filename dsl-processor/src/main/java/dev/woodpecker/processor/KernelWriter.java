package dev.woodpecker.processor;

import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.processor.KernelReader.ReadKernel;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.annotation.processing.ProcessingEnvironment;
import javax.lang.model.element.ModuleElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.Elements;
import javax.tools.StandardLocation;
import org.eclipse.jdt.core.dom.ITypeBinding;

/** Writes all that is made of the kernels of one source file. */
final class KernelWriter {
    private final ProcessingEnvironment environment;
    private final TypeElement origin;

    /** {@code origin} is the class at the top of the file. */
    KernelWriter(ProcessingEnvironment environment, TypeElement origin) {
        this.environment = environment;
        this.origin = origin;
    }

    /**
     * The names of the providers that were written.
     *
     * @throws javax.annotation.processing.FilerException if a provider's class exists already
     */
    List<String> write(List<ReadKernel> kernels) throws IOException {
        Map<String, List<ReadKernel>> byClass = kernels.stream()
                .collect(Collectors.groupingBy(
                        kernel -> kernel.type().getQualifiedName(), LinkedHashMap::new, Collectors.toList()));
        List<String> providers = new ArrayList<>();
        SpecWriter writer = new SpecWriter(hasGeneratedAnnotation());
        for (List<ReadKernel> ofClass : byClass.values()) {
            ITypeBinding type = ofClass.getFirst().type();
            writer.provider(type, ofClass, origin).writeTo(environment.getFiler());
            providers.add(SpecWriter.providerName(type).reflectionName());
        }
        for (ReadKernel kernel : kernels) {
            String path = KernelText.resourcePath(kernel.spec().name());
            resource(path, KernelText.print(kernel.spec()));
            List<String> examples = kernel.spec().examples();
            for (int number = 1; number <= examples.size(); number++) {
                String stem = path.substring(0, path.lastIndexOf('.')) + "." + number + ".";
                for (var emitted : ExampleSources.emit(kernel.spec(), examples.get(number - 1))
                        .entrySet()) {
                    resource(stem + emitted.getKey(), emitted.getValue());
                }
            }
        }
        return providers;
    }

    private boolean hasGeneratedAnnotation() {
        Elements elements = environment.getElementUtils();
        ModuleElement module = elements.getModuleOf(origin);
        TypeElement annotation = module == null
                ? elements.getTypeElement(SpecWriter.GENERATED)
                : elements.getTypeElement(module, SpecWriter.GENERATED);
        return annotation != null;
    }

    private void resource(String path, String text) throws IOException {
        try (Writer writer = environment
                .getFiler()
                .createResource(StandardLocation.CLASS_OUTPUT, "", path, origin)
                .openWriter()) {
            writer.write(text);
        }
    }
}
