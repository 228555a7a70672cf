package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.SpecializationException;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.DType;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jdt.core.dom.Annotation;
import org.eclipse.jdt.core.dom.ArrayInitializer;
import org.eclipse.jdt.core.dom.MethodDeclaration;
import org.eclipse.jdt.core.dom.SingleMemberAnnotation;

/** {@code @Example}s of a kernel. */
final class Examples {
    private final KernelContext context;
    private final ParsedSource source;

    Examples(KernelContext context, ParsedSource source) {
        this.context = context;
        this.source = source;
    }

    /** The annotations in order, those within {@code @Example.List} too. */
    static List<Annotation> of(MethodDeclaration method) {
        List<Annotation> examples = new ArrayList<>(Annotations.of(Annotations.EXAMPLE, method.modifiers()));
        for (Annotation list : Annotations.of(Annotations.EXAMPLE + ".List", method.modifiers())) {
            if (list instanceof SingleMemberAnnotation single
                    && single.getValue() instanceof ArrayInitializer initializer) {
                examples.addAll(Nodes.of(Annotation.class, initializer.expressions()));
            }
        }
        return examples;
    }

    static String text(Annotation example) {
        return (String) Annotations.value(example, "value");
    }

    /** Checks that an example can be read and, if the kernel itself is right, that the kernel takes it. */
    void check(Annotation example, KernelSpec spec) {
        Binding binding;
        try {
            binding = BindingText.parse(spec, "example", text(example), DType.F32);
        } catch (IllegalArgumentException misfit) {
            context.report(DiagnosticCode.EXAMPLE_SYNTAX, source.place(example), String.valueOf(misfit.getMessage()));
            return;
        }
        if (context.isSound()) {
            try {
                Specializer.specialize(spec, binding);
            } catch (SpecializationException misfit) {
                context.report(
                        DiagnosticCode.EXAMPLE_MISFIT, source.place(example), String.valueOf(misfit.getMessage()));
            }
        }
    }
}
