package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.expr.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jdt.core.dom.Annotation;
import org.eclipse.jdt.core.dom.ArrayInitializer;
import org.eclipse.jdt.core.dom.Expression;
import org.eclipse.jdt.core.dom.MethodDeclaration;
import org.eclipse.jdt.core.dom.SingleMemberAnnotation;

/** {@code @Example}s of a kernel. */
final class Examples {
    private final Findings findings;
    private final ParsedSource source;

    Examples(Findings findings, ParsedSource source) {
        this.findings = findings;
        this.source = source;
    }

    /** The annotations in order, those within {@code @Example.List} too. */
    static List<Annotation> of(MethodDeclaration method) {
        List<Annotation> examples = new ArrayList<>(Annotations.of(Annotations.EXAMPLE, method.modifiers()));
        for (Annotation list : Annotations.of(Annotations.EXAMPLE + ".List", method.modifiers())) {
            if (list instanceof SingleMemberAnnotation single
                    && single.getValue() instanceof ArrayInitializer initializer) {
                for (Object element : initializer.expressions()) {
                    examples.add((Annotation) (Expression) element);
                }
            }
        }
        return examples;
    }

    static String text(Annotation example) {
        return (String) Annotations.value(example, "value");
    }

    void check(List<Annotation> examples, KernelSpec spec) {
        for (Annotation example : examples) {
            check(example, spec);
        }
    }

    private void check(Annotation example, KernelSpec spec) {
        Set<String> given = new HashSet<>();
        for (String pair : text(example).split(" +")) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                report(DiagnosticCode.EXAMPLE_SYNTAX, example, "'" + pair + "' is not name=value");
                return;
            }
            String name = pair.substring(0, equals);
            Optional<Parameter> parameter = spec.parameters().stream()
                    .filter(p -> p.name().equals(name))
                    .findFirst();
            if (parameter.isEmpty()) {
                List<String> names =
                        spec.parameters().stream().map(Parameter::name).toList();
                report(
                        DiagnosticCode.EXAMPLE_PARAMETER,
                        example,
                        "there is no parameter " + name + "; there are " + names);
            } else if (!given.add(name)) {
                report(DiagnosticCode.EXAMPLE_PARAMETER, example, name + " is given twice");
            } else if (!fits(pair.substring(equals + 1), parameter.get())) {
                boolean isInput = parameter.get().role() == Role.INPUT;
                report(
                        DiagnosticCode.EXAMPLE_SYNTAX,
                        example,
                        "'" + pair + "' gives no "
                                + (isInput ? "shape" : parameter.get().kind().text()));
            }
        }
        for (Parameter parameter : spec.parameters()) {
            if (parameter.absent().isEmpty() && !given.contains(parameter.name())) {
                report(DiagnosticCode.EXAMPLE_PARAMETER, example, parameter.name() + " is not given");
            }
        }
    }

    private static boolean fits(String value, Parameter parameter) {
        return switch (parameter.role()) {
            case INPUT -> AttributeValues.isShape(value, parameter.kind() == Kind.TENSOR_LIST);
            case ATTRIBUTE -> AttributeValues.fits(value, parameter.kind());
        };
    }

    private void report(DiagnosticCode code, Annotation example, String detail) {
        findings.add(code, source.place(example), detail);
    }
}
