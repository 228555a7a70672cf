package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.processor.Vocabulary.Meaning;
import java.util.List;
import java.util.Optional;
import org.eclipse.jdt.core.compiler.IProblem;
import org.eclipse.jdt.core.dom.AbstractTypeDeclaration;
import org.eclipse.jdt.core.dom.BodyDeclaration;
import org.eclipse.jdt.core.dom.Expression;
import org.eclipse.jdt.core.dom.ITypeBinding;
import org.eclipse.jdt.core.dom.ImportDeclaration;
import org.eclipse.jdt.core.dom.LambdaExpression;
import org.eclipse.jdt.core.dom.MethodDeclaration;
import org.eclipse.jdt.core.dom.MethodInvocation;

/**
 * Says why a call does not compile, in the DSL's terms where it can be told what was meant: javac would name functional
 * interfaces.
 */
final class UnresolvedCall {
    private final KernelContext context;
    private final ParsedSource source;

    UnresolvedCall(KernelContext context, ParsedSource source) {
        this.context = context;
        this.source = source;
    }

    void report(MethodInvocation call) {
        String name = call.getName().getIdentifier();
        boolean hasLambda = !call.arguments().isEmpty() && call.arguments().getLast() instanceof LambdaExpression;
        Optional<Meaning> meaning = Vocabulary.of(meantClass(call), name);
        boolean isRanging = meaning.filter(UnresolvedCall::ranges).isPresent();
        Optional<String> hiding = isRanging && call.getExpression() == null ? hidingPlace(call) : Optional.empty();
        if (hasLambda && hiding.isPresent()) {
            hidden(call, hiding.get());
        } else if (isRanging && hasLambda) {
            ranging(call, (LambdaExpression) call.arguments().getLast());
        } else if (isRanging && call.getExpression() == null && (name.equals("max") || name.equals("min"))) {
            context.report(
                    DiagnosticCode.HIDDEN_REDUCTION,
                    source.place(call),
                    "Dsl." + name + " is a reduction and takes no two numbers; write Math." + name);
        } else if (name.equals("at") || name.equals("atOr")) {
            read(call);
        } else {
            boolean undefined = source.errorAt(call.getName())
                    .filter(problem -> problem.getID() == IProblem.UndefinedMethod)
                    .isPresent();
            context.report(
                    undefined ? DiagnosticCode.UNKNOWN_METHOD : DiagnosticCode.UNRESOLVED,
                    source.place(call),
                    doesNotCompile(call));
        }
    }

    static boolean ranges(Meaning meaning) {
        return switch (meaning) {
            case Meaning.Builder _, Meaning.Reduction _, Meaning.ArgReduction _ -> true;
            case Meaning.Function _, Meaning.Method _, Meaning.ReadOr _, Meaning.MapIndex _, Meaning.Require _ -> false;
        };
    }

    private static String meantClass(MethodInvocation call) {
        String qualifier =
                call.getExpression() == null ? "Dsl" : call.getExpression().toString();
        return Vocabulary.DSL + qualifier;
    }

    /**
     * Reports a call by its simple name that resolves to a builder or reduction of {@code owner} and that a static import
     * hides from javac; Eclipse's compiler lets it pass.
     */
    boolean reportHidden(MethodInvocation call, String owner) {
        Optional<String> hiding = call.getExpression() == null ? hidingImport(call, owner) : Optional.empty();
        hiding.ifPresent(place -> hidden(call, place));
        return hiding.isPresent();
    }

    private void hidden(MethodInvocation call, String place) {
        String name = call.getName().getIdentifier();
        context.report(
                DiagnosticCode.HIDDEN_REDUCTION,
                source.place(call),
                name + "(..., lambda) means the reduction, but " + place + " hides it; write Dsl." + name);
    }

    /** What gives a simple name another meaning than the DSL's: a method of the file, or a static import. */
    private Optional<String> hidingPlace(MethodInvocation call) {
        String name = call.getName().getIdentifier();
        for (AbstractTypeDeclaration type :
                Nodes.of(AbstractTypeDeclaration.class, source.unit().types())) {
            for (BodyDeclaration member : Nodes.of(BodyDeclaration.class, type.bodyDeclarations())) {
                if (member instanceof MethodDeclaration method
                        && method.getName().getIdentifier().equals(name)) {
                    return Optional.of("the method " + name + " of " + type.getName());
                }
            }
        }
        return hidingImport(call, Vocabulary.DSL + "Dsl");
    }

    /** The static import of this one name from another class than {@code owner}, if it is not imported from there too. */
    private Optional<String> hidingImport(MethodInvocation call, String owner) {
        String name = call.getName().getIdentifier();
        List<String> imported = Nodes.of(ImportDeclaration.class, source.unit().imports()).stream()
                .filter(declaration -> declaration.isStatic() && !declaration.isOnDemand())
                .map(declaration -> declaration.getName().getFullyQualifiedName())
                .filter(member -> member.endsWith("." + name))
                .toList();
        return imported.contains(owner + "." + name)
                ? Optional.empty()
                : imported.stream().findFirst().map(member -> "import static " + member);
    }

    /** A builder or reduction whose extents and lambda do not fit together. */
    private void ranging(MethodInvocation call, LambdaExpression lambda) {
        int extents = call.arguments().size() - 1;
        for (int axis = 0; axis < extents; axis++) {
            Expression extent = (Expression) call.arguments().get(axis);
            ITypeBinding type = extent.resolveTypeBinding();
            boolean isShape = extents == 1
                    && type != null
                    && Kinds.of(type).filter(k -> k == Kind.INDEX).isPresent();
            if (type != null && !type.getName().equals("int") && !isShape) {
                context.report(
                        DiagnosticCode.EXTENT_NOT_INT,
                        source.place(extent),
                        BodyReader.shortened(extent) + " is a " + type.getName());
                return;
            }
        }
        if (extents > 6) {
            context.report(
                    DiagnosticCode.INDEX_COUNT,
                    source.place(call),
                    call.getName() + " has " + extents + " extents; the most is 6, or any number as an Index");
        } else if (lambda.parameters().size() != extents) {
            context.report(
                    DiagnosticCode.INDEX_COUNT,
                    source.place(lambda),
                    call.getName() + " has " + extents + " extents and its lambda "
                            + lambda.parameters().size() + " parameters");
        } else {
            context.report(DiagnosticCode.UNRESOLVED, source.place(call), doesNotCompile(call));
        }
    }

    private String doesNotCompile(MethodInvocation call) {
        String problem =
                source.errorAt(call).map(found -> ": " + found.getMessage()).orElse("");
        return "the call of " + call.getName() + " does not compile" + problem;
    }

    private void read(MethodInvocation call) {
        int outside = call.getName().getIdentifier().equals("atOr") ? 1 : 0;
        int indices = call.arguments().size() - outside;
        for (Object argument : call.arguments()
                .subList(
                        Math.min(outside, call.arguments().size()),
                        call.arguments().size())) {
            Expression index = (Expression) argument;
            ITypeBinding type = index.resolveTypeBinding();
            if (type != null && type.isPrimitive() && !type.getName().equals("int")) {
                context.report(
                        DiagnosticCode.UNRESOLVED,
                        source.place(index),
                        "index " + BodyReader.shortened(index) + " is a " + type.getName()
                                + ", not an int; cast it: (int) ...");
                return;
            }
        }
        if (indices > 6 || indices < 0 || (indices == 0 && outside == 1)) {
            context.report(
                    DiagnosticCode.INDEX_COUNT,
                    source.place(call),
                    BodyReader.shortened(call) + " has " + Math.max(indices, 0) + " indices");
        } else {
            context.report(DiagnosticCode.UNRESOLVED, source.place(call), doesNotCompile(call));
        }
    }
}
