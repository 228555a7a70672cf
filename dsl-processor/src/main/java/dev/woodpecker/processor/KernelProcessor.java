package dev.woodpecker.processor;

import com.google.auto.service.AutoService;
import dev.woodpecker.compiler.diagnostic.Diagnostic;
import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.processor.Findings.Finding;
import dev.woodpecker.processor.KernelReader.ReadKernel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.FilerException;
import javax.annotation.processing.Processor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Element;
import javax.lang.model.element.ModuleElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;
import javax.tools.Diagnostic.Kind;

/**
 * Turns {@code @Kernel} methods into kernel specifications when their class is compiled. For each class it writes a provider
 * and one readable text a kernel; what is wrong with a kernel is an error at its place in the source.
 */
@AutoService(Processor.class)
public final class KernelProcessor extends AbstractProcessor {
    private static final String TRACE = "woodpecker.trace";

    private final Set<String> processed = new LinkedHashSet<>();
    /** Providers of classes in named modules, with the name of the module. */
    private final Map<String, String> modules = new LinkedHashMap<>();

    private final ServiceFile services = new ServiceFile();

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
        noteCompiled(ElementFilter.typesIn(round.getRootElements()));
        try (SourceFiles files = new SourceFiles(processingEnv.getElementUtils(), processingEnv.getFiler())) {
            SourceParser parser = new SourceParser(processingEnv.getElementUtils(), files);
            for (TypeElement type : kernelClasses(round)) {
                process(type, parser);
            }
        }
        if (round.processingOver() && !round.errorRaised()) {
            checkModules();
            try {
                services.write(processingEnv.getFiler());
            } catch (IOException e) {
                internal(e, Optional.empty());
            }
        }
        return true;
    }

    private void noteCompiled(Iterable<TypeElement> types) {
        for (TypeElement type : types) {
            services.noteCompiled(SpecWriter.providerName(
                            packageOf(type), type.getQualifiedName().toString())
                    .reflectionName());
            noteCompiled(ElementFilter.typesIn(type.getEnclosedElements()));
        }
    }

    private String packageOf(TypeElement type) {
        return processingEnv
                .getElementUtils()
                .getPackageOf(type)
                .getQualifiedName()
                .toString();
    }

    /** The top-level classes with kernels that have not been processed yet. */
    private Set<TypeElement> kernelClasses(RoundEnvironment round) {
        Set<TypeElement> types = new LinkedHashSet<>();
        for (Element method : round.getElementsAnnotatedWith(Kernel.class)) {
            if (method.getEnclosingElement() instanceof TypeElement type) {
                TypeElement outermost = SourceParser.outermost(type);
                if (processed.add(outermost.getQualifiedName().toString())) {
                    types.add(outermost);
                }
            }
        }
        return types;
    }

    private void process(TypeElement type, SourceParser parser) {
        try {
            Optional<ParsedSource> source = parser.parse(type);
            if (source.isEmpty()) {
                String detail = "the compiler does not tell where the source of " + type.getQualifiedName() + " is";
                error(DiagnosticCode.NO_SOURCE, detail, type);
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
                write(kernels, type);
            }
        } catch (IOException | RuntimeException | LinkageError | StackOverflowError e) {
            internal(e, Optional.of(type));
        }
    }

    private void write(List<ReadKernel> kernels, TypeElement origin) throws IOException {
        try {
            for (String provider : new KernelWriter(processingEnv, origin).write(kernels)) {
                services.add(provider);
                new ModuleCheck(processingEnv.getElementUtils())
                        .moduleOf(origin)
                        .ifPresent(module ->
                                modules.put(provider, module.getQualifiedName().toString()));
            }
        } catch (FilerException exists) {
            error(DiagnosticCode.GENERATED_CLASS_EXISTS, String.valueOf(exists.getMessage()), origin);
        }
    }

    private void checkModules() {
        ModuleCheck check = new ModuleCheck(processingEnv.getElementUtils());
        modules.forEach((provider, name) -> {
            ModuleElement module = processingEnv.getElementUtils().getModuleElement(name);
            if (module != null) {
                check.missingLine(module, provider)
                        .ifPresent(line ->
                                error(DiagnosticCode.MISSING_PROVIDES, "module " + name + " lacks: " + line, module));
            }
        });
    }

    private void error(DiagnosticCode code, String detail, Element at) {
        String message = new Diagnostic(code, Origin.NONE, detail).message();
        processingEnv.getMessager().printMessage(Kind.ERROR, message, at);
    }

    private void internal(Throwable error, Optional<TypeElement> type) {
        StringWriter detail = new StringWriter();
        detail.append(String.valueOf(error));
        if (Boolean.parseBoolean(processingEnv.getOptions().get(TRACE))) {
            detail.append('\n');
            error.printStackTrace(new PrintWriter(detail));
        }
        String message = new Diagnostic(DiagnosticCode.INTERNAL, Origin.NONE, detail.toString()).message();
        type.ifPresentOrElse(
                at -> processingEnv.getMessager().printMessage(Kind.ERROR, message, at),
                () -> processingEnv.getMessager().printMessage(Kind.ERROR, message));
    }
}
