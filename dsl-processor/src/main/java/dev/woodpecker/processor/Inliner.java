package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.BoolLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.processor.KernelContext.Local;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jdt.core.dom.IMethodBinding;
import org.eclipse.jdt.core.dom.MethodDeclaration;
import org.eclipse.jdt.core.dom.MethodInvocation;
import org.eclipse.jdt.core.dom.SingleVariableDeclaration;

/**
 * Puts the body of a called method in place of the call: helpers and kernels of the same file, kernels of other sources,
 * and kernels of a jar by their kernel text.
 */
final class Inliner {
    private final KernelContext context;
    private final ParsedSource source;

    Inliner(KernelContext context, ParsedSource source) {
        this.context = context;
        this.source = source;
    }

    /** Whether a static method may be called. */
    boolean reaches(IMethodBinding method) {
        return declaration(source, method).isPresent() || Annotations.isKernel(method);
    }

    private static Optional<MethodDeclaration> declaration(ParsedSource within, IMethodBinding method) {
        String key = method.getMethodDeclaration().getKey();
        return within.unit().findDeclaringNode(key) instanceof MethodDeclaration declared && declared.getBody() != null
                ? Optional.of(declared)
                : Optional.empty();
    }

    TensorExpr inline(MethodInvocation call, IMethodBinding method, List<Argument> arguments) {
        Kind result = Kinds.of(method.getReturnType()).orElse(Kind.FLOAT);
        String key = method.getMethodDeclaration().getKey();
        if (context.calls().contains(key)) {
            context.report(
                    DiagnosticCode.RECURSION,
                    source.place(call),
                    method.getName() + " is called while it is being inlined");
            return KernelContext.unreadable(result);
        }
        Optional<MethodDeclaration> here = declaration(source, method);
        if (here.isPresent()) {
            return body(source, here.get(), call, arguments, result, key);
        }
        return switch (context.sources().kernel(method)) {
            case KernelSources.InSource(ParsedSource other) ->
                declaration(other, method)
                        .map(declared -> body(other, declared, call, arguments, result, key))
                        .orElseGet(() -> missing(call, method, "its source has no such method", result));
            case KernelSources.AsText(KernelSpec spec) -> text(spec, call, arguments);
            case KernelSources.Missing(String reason) -> missing(call, method, reason, result);
        };
    }

    private TensorExpr missing(MethodInvocation call, IMethodBinding method, String reason, Kind result) {
        context.report(
                DiagnosticCode.NO_SOURCE,
                source.place(call),
                "kernel " + method.getName() + " is called, but " + reason);
        return KernelContext.unreadable(result);
    }

    private TensorExpr body(
            ParsedSource other,
            MethodDeclaration declared,
            MethodInvocation call,
            List<Argument> arguments,
            Kind result,
            String key) {
        int outerLocals = context.locals().size();
        BodyReader reader = new BodyReader(context, other);
        Scope scope = Scope.EMPTY;
        for (int i = 0; i < declared.parameters().size(); i++) {
            SingleVariableDeclaration parameter =
                    (SingleVariableDeclaration) declared.parameters().get(i);
            String name = parameter.getName().getIdentifier();
            if (arguments.get(i) instanceof Argument.Constants(Table table)) {
                scope = scope.with(name, table);
                continue;
            }
            if (Kinds.of(parameter.resolveBinding().getType()).isEmpty() || parameter.isVarargs()) {
                context.report(
                        DiagnosticCode.PARAMETER_TYPE,
                        other.place(parameter),
                        parameter.getName() + " of helper " + declared.getName() + " is of type " + parameter.getType()
                                + (parameter.isVarargs() ? "..." : ""));
                return KernelContext.unreadable(result);
            }
            scope = scope.with(name, bound(reader, name, arguments.get(i)));
        }
        context.calls().add(key);
        TensorExpr body = reader.method(declared.getBody(), scope, result, Optional.of(source.place(call)));
        context.calls().removeLast();
        return closed(outerLocals, body);
    }

    /** Locals that hold arguments go around the body. */
    private TensorExpr closed(int outerLocals, TensorExpr body) {
        List<Local> inner =
                context.locals().subList(outerLocals, context.locals().size());
        TensorExpr closed = KernelContext.let(inner, body);
        inner.clear();
        return closed;
    }

    private static TensorExpr bound(BodyReader reader, String name, Argument argument) {
        return switch (argument) {
            case Argument.Value(TensorExpr value) -> isAtom(value) ? value : reader.bind(name, value);
            case Argument.Constants(Table table) ->
                throw new IllegalArgumentException(name + " is the array " + table.name());
        };
    }

    /** What may be written out at each use instead of being bound to a local. */
    private static boolean isAtom(TensorExpr argument) {
        return switch (argument) {
            case Name _, IntLiteral _, FloatLiteral _, BoolLiteral _ -> true;
            default -> false;
        };
    }

    private TensorExpr text(KernelSpec spec, MethodInvocation call, List<Argument> arguments) {
        int outerLocals = context.locals().size();
        BodyReader reader = new BodyReader(context, source);
        List<TensorExpr> values = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String name = spec.parameters().get(i).name();
            values.add(bound(reader, name, arguments.get(i)));
        }
        Substitution substitution = Substitution.of(spec, values, context);
        for (TensorExpr requirement : spec.requirements()) {
            new Requirements(context).add(substitution.in(requirement), source.place(call));
        }
        return closed(outerLocals, substitution.in(spec.body()));
    }
}
