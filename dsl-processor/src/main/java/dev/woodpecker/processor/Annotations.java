package dev.woodpecker.processor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jdt.core.dom.Annotation;
import org.eclipse.jdt.core.dom.IAnnotationBinding;
import org.eclipse.jdt.core.dom.IMemberValuePairBinding;
import org.eclipse.jdt.core.dom.IMethodBinding;

/** The DSL's annotations on methods and parameters. */
final class Annotations {
    static final String KERNEL = Vocabulary.DSL + "Kernel";
    static final String ATTRIBUTE = Vocabulary.DSL + "Attribute";
    static final String ABSENT = Vocabulary.DSL + "Absent";
    static final String EXAMPLE = Vocabulary.DSL + "Example";

    private Annotations() {}

    static boolean isKernel(IMethodBinding method) {
        for (IAnnotationBinding annotation : method.getMethodDeclaration().getAnnotations()) {
            if (annotation.getAnnotationType().getQualifiedName().equals(KERNEL)) {
                return true;
            }
        }
        return false;
    }

    /** Annotations of one type among the modifiers of a declaration. */
    static List<Annotation> of(String type, List<?> modifiers) {
        List<Annotation> found = new ArrayList<>();
        for (Object modifier : modifiers) {
            if (modifier instanceof Annotation annotation
                    && annotation.resolveAnnotationBinding() instanceof IAnnotationBinding binding
                    && binding.getAnnotationType().getQualifiedName().equals(type)) {
                found.add(annotation);
            }
        }
        return found;
    }

    static Optional<Annotation> first(String type, List<?> modifiers) {
        return of(type, modifiers).stream().findFirst();
    }

    /** The value of an annotation's member, written or by default. */
    static Object value(Annotation annotation, String member) {
        for (IMemberValuePairBinding pair :
                annotation.resolveAnnotationBinding().getAllMemberValuePairs()) {
            if (pair.getName().equals(member)) {
                return pair.getValue();
            }
        }
        return "";
    }
}
