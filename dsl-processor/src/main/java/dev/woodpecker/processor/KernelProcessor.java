package dev.woodpecker.processor;

import com.google.auto.service.AutoService;
import dev.woodpecker.compiler.diagnostic.Diagnostic;
import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.processor.Findings.Finding;
import dev.woodpecker.processor.KernelReader.ReadKernel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.Processor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import javax.tools.StandardLocation;
import org.eclipse.jdt.core.dom.ITypeBinding;

/**
 * Turns {@code @Kernel} methods into kernel specifications when their class is compiled. For each class it writes a provider
 * and one readable text a kernel; what is wrong with a kernel is an error at its place in the source.
 */
@AutoService(Processor.class)
public final class KernelProcessor extends AbstractProcessor {
    private static final String TRACE = "woodpecker.trace";

    private final Set<String> done = new LinkedHashSet<>();
    private Optional<ServiceFile> services = Optional.empty();

    /** Called by the compiler. */
    public KernelProcessor() {}

    @Override
    public Set<String> getSupportedAnnotationTypes() {
        // Generated too, which is on what this processor writes: javac warns of annotations that no processor claims.
        return Set.of("dev.woodpecker.dsl.*", SpecWriter.GENERATED);
    }

    @Override
    public SourceVersion getSupportedSourceVersion() {
        return SourceVersion.latest();
    }

    @Override
    public Set<String> getSupportedOptions() {
        return Set.of(TRACE);
    }

    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
        ServiceFile file = services.orElseGet(() -> new ServiceFile(processingEnv.getFiler()));
        services = Optional.of(file);
        try (SourceFiles files = new SourceFiles(processingEnv.getElementUtils())) {
            SourceParser parser = new SourceParser(processingEnv.getElementUtils(), files);
            for (TypeElement type : kernelClasses(round)) {
                process(type, parser, file);
            }
        }
        if (round.processingOver() && !round.errorRaised() && file.isNeeded()) {
            try {
                file.write();
            } catch (IOException e) {
                internal(e, Optional.empty());
            }
        }
        return true;
    }

    /** The top-level classes with kernels that have not been processed yet. */
    private Set<TypeElement> kernelClasses(RoundEnvironment round) {
        Set<TypeElement> types = new LinkedHashSet<>();
        for (Element method : round.getElementsAnnotatedWith(Kernel.class)) {
            if (method.getEnclosingElement() instanceof TypeElement type) {
                TypeElement outermost = SourceParser.outermost(type);
                if (done.add(outermost.getQualifiedName().toString())) {
                    types.add(outermost);
                }
            }
        }
        return types;
    }

    private void process(TypeElement type, SourceParser parser, ServiceFile file) {
        try {
            Optional<ParsedSource> source = parser.parse(type);
            if (source.isEmpty()) {
                Diagnostic diagnostic = new Diagnostic(
                        DiagnosticCode.NO_SOURCE, Origin.NONE, "the source of " + type.getQualifiedName() + " is not found");
                processingEnv.getMessager().printMessage(javax.tools.Diagnostic.Kind.ERROR, diagnostic.message(), type);
                return;
            }
            Findings findings = new Findings();
            KernelSources sources = new KernelSources(processingEnv.getElementUtils(), parser);
            List<ReadKernel> kernels = new KernelReader(source.get(), findings, sources).read();
            Reporter reporter = new Reporter(processingEnv);
            for (Finding finding : findings.all()) {
                reporter.report(finding);
            }
            if (findings.all().isEmpty()) {
                write(type, kernels, file);
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            internal(e, Optional.of(type));
        }
    }

    private void write(TypeElement origin, List<ReadKernel> kernels, ServiceFile file) throws IOException {
        Map<String, List<ReadKernel>> byClass = kernels.stream()
                .collect(Collectors.groupingBy(
                        kernel -> kernel.type().getQualifiedName(), LinkedHashMap::new, Collectors.toList()));
        boolean hasGenerated = hasGeneratedAnnotation(origin);
        for (List<ReadKernel> ofClass : byClass.values()) {
            ITypeBinding type = ofClass.getFirst().type();
            new SpecWriter(hasGenerated).provider(type, ofClass, origin).writeTo(processingEnv.getFiler());
            file.add(SpecWriter.providerName(type).reflectionName());
        }
        for (ReadKernel kernel : kernels) {
            resource(KernelText.resourcePath(kernel.spec().name()), KernelText.print(kernel.spec()), origin);
            for (String example : kernel.spec().examples()) {
                for (Map.Entry<String, String> emitted :
                        ExampleSources.emit(kernel.spec(), example).entrySet()) {
                    resource("META-INF/woodpecker/" + emitted.getKey(), emitted.getValue(), origin);
                }
            }
        }
    }

    private boolean hasGeneratedAnnotation(TypeElement type) {
        var module = processingEnv.getElementUtils().getModuleOf(type);
        return module == null
                ? processingEnv.getElementUtils().getTypeElement("javax.annotation.processing.Generated") != null
                : processingEnv.getElementUtils().getTypeElement(module, "javax.annotation.processing.Generated") != null;
    }

    private void resource(String path, String text, Element origin) throws IOException {
        try (Writer writer = processingEnv
                .getFiler()
                .createResource(StandardLocation.CLASS_OUTPUT, "", path, origin)
                .openWriter()) {
            writer.write(text);
        }
    }

    private void internal(Throwable error, Optional<TypeElement> type) {
        StringWriter detail = new StringWriter();
        detail.append(String.valueOf(error));
        if (Boolean.parseBoolean(processingEnv.getOptions().get(TRACE))) {
            detail.append('\n');
            error.printStackTrace(new PrintWriter(detail));
        }
        String message = new Diagnostic(DiagnosticCode.INTERNAL, Origin.NONE, detail.toString()).message();
        var messager = processingEnv.getMessager();
        type.ifPresentOrElse(
                at -> messager.printMessage(javax.tools.Diagnostic.Kind.ERROR, message, at),
                () -> messager.printMessage(javax.tools.Diagnostic.Kind.ERROR, message));
    }
}
