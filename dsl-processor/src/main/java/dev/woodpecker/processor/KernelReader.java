package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.processor.ParsedSource.Place;
import dev.woodpecker.processor.SignatureReader.Signature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.jdt.core.dom.ASTVisitor;
import org.eclipse.jdt.core.dom.Annotation;
import org.eclipse.jdt.core.dom.ITypeBinding;
import org.eclipse.jdt.core.dom.MethodDeclaration;
import org.eclipse.jdt.core.dom.SingleVariableDeclaration;

/** Reads all kernels of one source file. */
final class KernelReader {
    private final ParsedSource source;
    private final Findings findings;
    private final KernelSources sources;

    KernelReader(ParsedSource source, Findings findings, KernelSources sources) {
        this.source = source;
        this.findings = findings;
        this.sources = sources;
    }

    /**
     * A kernel that was found right.
     *
     * @param type the class that declares it
     */
    record ReadKernel(KernelSpec spec, ITypeBinding type, MethodDeclaration method) {}

    List<ReadKernel> read() {
        List<ReadKernel> kernels = new ArrayList<>();
        List<MethodDeclaration> methods = kernelMethods();
        Map<String, Integer> overloads = new HashMap<>();
        methods.forEach(method -> overloads.merge(qualifiedName(method), 1, Integer::sum));
        for (MethodDeclaration method : methods) {
            boolean isOverloaded = overloads.getOrDefault(qualifiedName(method), 0) > 1;
            read(method, isOverloaded)
                    .ifPresent(spec -> kernels.add(
                            new ReadKernel(spec, method.resolveBinding().getDeclaringClass(), method)));
        }
        new DuplicateCheck(findings, source).check(kernels);
        return kernels;
    }

    private List<MethodDeclaration> kernelMethods() {
        List<MethodDeclaration> methods = new ArrayList<>();
        source.unit().accept(new ASTVisitor() {
            @Override
            public boolean visit(MethodDeclaration method) {
                if (Annotations.first(Annotations.KERNEL, method.modifiers()).isEmpty()) {
                    return false;
                }
                if (method.resolveBinding() == null) {
                    findings.add(
                            DiagnosticCode.UNRESOLVED,
                            source.place(method.getName()),
                            "method " + method.getName() + " does not compile");
                } else {
                    methods.add(method);
                }
                return false;
            }
        });
        return methods;
    }

    private static String qualifiedName(MethodDeclaration method) {
        return method.resolveBinding().getDeclaringClass().getQualifiedName() + "." + method.getName();
    }

    private Optional<KernelSpec> read(MethodDeclaration method, boolean isOverloaded) {
        KernelContext context = new KernelContext(findings, sources);
        Signature signature = new SignatureReader(context, source).read(method);
        Annotation kernel =
                Annotations.first(Annotations.KERNEL, method.modifiers()).orElseThrow();
        context.calls().add(method.resolveBinding().getKey());
        TensorExpr body = method.getBody() == null
                ? KernelContext.unreadable(signature.result())
                : new BodyReader(context, source)
                        .method(method.getBody(), signature.scope(), signature.result(), Optional.empty());
        String kinds = signature.parameters().stream()
                .map(parameter -> parameter.kind().text())
                .collect(Collectors.joining(",", "(", ")"));
        List<Annotation> examples = Examples.of(method);
        KernelSpec spec = new KernelSpec(
                qualifiedName(method) + (isOverloaded ? kinds : ""),
                (String) Annotations.value(kernel, "op"),
                (String) Annotations.value(kernel, "variant"),
                signature.form(),
                signature.parameters(),
                context.requirements(),
                body,
                signature.outputs(),
                examples.stream().map(Examples::text).toList(),
                source.origin(method.getName()));
        if (context.isSound()) {
            new Checker(context, spec, parameterPlaces(method, signature), source.place(method.getName())).check();
        }
        for (Annotation example : examples) {
            new Examples(context, source).check(example, spec);
        }
        return context.isSound() ? Optional.of(spec) : Optional.empty();
    }

    private Map<String, Place> parameterPlaces(MethodDeclaration method, Signature signature) {
        Map<String, Place> places = new HashMap<>();
        for (int i = 0; i < signature.parameters().size(); i++) {
            Parameter parameter = signature.parameters().get(i);
            SingleVariableDeclaration declared =
                    (SingleVariableDeclaration) method.parameters().get(i);
            places.put(parameter.name(), source.place(declared.getName()));
        }
        return places;
    }
}
