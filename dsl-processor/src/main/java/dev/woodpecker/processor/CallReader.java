package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.ArgReduce;
import dev.woodpecker.compiler.expr.TensorExpr.Build;
import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.TensorExpr.MapIndex;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.expr.TensorExpr.Reduce;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.processor.Vocabulary.Meaning;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jdt.core.dom.Block;
import org.eclipse.jdt.core.dom.Expression;
import org.eclipse.jdt.core.dom.IMethodBinding;
import org.eclipse.jdt.core.dom.ITypeBinding;
import org.eclipse.jdt.core.dom.LambdaExpression;
import org.eclipse.jdt.core.dom.MethodInvocation;
import org.eclipse.jdt.core.dom.Modifier;
import org.eclipse.jdt.core.dom.ParenthesizedExpression;
import org.eclipse.jdt.core.dom.VariableDeclaration;

/** Reads method calls: of the DSL's vocabulary, of record components, of helpers and kernels. */
final class CallReader {
    private final KernelContext context;
    private final ParsedSource source;
    private final BodyReader bodies;
    private final ExpressionReader expressions;
    private final Inliner inliner;
    private final UnresolvedCall unresolved;

    CallReader(KernelContext context, ParsedSource source, BodyReader bodies, ExpressionReader expressions) {
        this.context = context;
        this.source = source;
        this.bodies = bodies;
        this.expressions = expressions;
        this.inliner = new Inliner(context, source);
        this.unresolved = new UnresolvedCall(context, source);
    }

    TensorExpr read(MethodInvocation call, Scope scope) {
        IMethodBinding method = call.resolveMethodBinding();
        if (method == null
                || method.isRecovered()
                || source.errorAt(call.getName()).isPresent()
                || !hasArity(method, call.arguments().size())) {
            unresolved.report(call);
            return KernelContext.unreadable(ExpressionReader.kindOf(call));
        }
        String owner = method.getDeclaringClass().getErasure().getQualifiedName();
        Optional<Meaning> meaning = Vocabulary.of(owner, method.getName());
        if (meaning.filter(UnresolvedCall::ranges).isPresent() && unresolved.reportHidden(call, owner)) {
            return KernelContext.unreadable(ExpressionReader.kindOf(call));
        }
        if (meaning.isPresent()) {
            return meaning(meaning.get(), call, method, scope);
        }
        if (isComponent(method)) {
            return component(call, method, scope);
        }
        if (!Modifier.isStatic(method.getModifiers()) || !inliner.reaches(method)) {
            return unknown(call, method);
        }
        return passed(call, method, scope)
                .map(arguments -> inliner.inline(call, method, arguments))
                .orElseGet(() -> KernelContext.unreadable(ExpressionReader.kindOf(call)));
    }

    /** Eclipse's compiler may take the nearest method for a call that fits none. */
    private static boolean hasArity(IMethodBinding method, int arguments) {
        int parameters = method.getParameterTypes().length;
        return method.isVarargs() ? arguments >= parameters - 1 : arguments == parameters;
    }

    private TensorExpr unknown(MethodInvocation call, IMethodBinding method) {
        String owner = method.getDeclaringClass().getErasure().getName();
        context.report(
                DiagnosticCode.UNKNOWN_METHOD,
                source.place(call),
                owner + "." + method.getName()
                        + " is neither part of the DSL nor a kernel nor a static method of this file");
        return KernelContext.unreadable(ExpressionReader.kindOf(call));
    }

    private TensorExpr meaning(Meaning meaning, MethodInvocation call, IMethodBinding method, Scope scope) {
        Origin origin = source.origin(call);
        return switch (meaning) {
            case Meaning.Function(Op op) -> apply(op, arguments(call, method, scope), origin);
            case Meaning.Method(Op op) -> {
                List<TensorExpr> operands = new ArrayList<>(List.of(receiver(call, method, scope)));
                operands.addAll(arguments(call, method, scope));
                yield apply(op, operands, origin);
            }
            case Meaning.ReadOr() -> {
                TensorExpr tensor = receiver(call, method, scope);
                List<TensorExpr> operands = new ArrayList<>(arguments(call, method, scope));
                operands.add(1, tensor);
                yield apply(Op.AT_OR, operands, origin);
            }
            case Meaning.MapIndex() -> mapIndex(call, receiver(call, method, scope), scope);
            case Meaning.Require() -> {
                context.report(
                        DiagnosticCode.REQUIRE_POSITION,
                        source.place(call),
                        "require(...) stands within an expression");
                yield KernelContext.unreadable(Kind.BOOL);
            }
            case Meaning.Builder(Kind kind) -> {
                Ranged ranged = ranged(call, kind.element(), scope);
                yield new Build(kind, ranged.domain, ranged.element, origin);
            }
            case Meaning.Reduction(var op, Kind element) -> {
                Ranged ranged = ranged(call, element, scope);
                yield new Reduce(op, ranged.domain, ranged.element, origin);
            }
            case Meaning.ArgReduction(boolean greatest, Kind element) -> {
                Ranged ranged = ranged(call, element, scope);
                yield new ArgReduce(greatest, ranged.domain, ranged.element, origin);
            }
        };
    }

    /** What a method of the DSL is called on; Java has it so that there is one. */
    private TensorExpr receiver(MethodInvocation call, IMethodBinding method, Scope scope) {
        Kind kind = Kinds.of(method.getDeclaringClass()).orElse(Kind.FLOAT_TENSOR);
        return call.getExpression() == null
                ? KernelContext.unreadable(kind)
                : expressions.readAs(call.getExpression(), scope, kind);
    }

    private static TensorExpr apply(Op op, List<TensorExpr> operands, Origin origin) {
        return new Apply(op, op.kind(operands.stream().map(TensorExpr::kind).toList()), operands, origin);
    }

    /** The arguments, converted to the parameters' types. */
    private List<TensorExpr> arguments(MethodInvocation call, IMethodBinding method, Scope scope) {
        List<TensorExpr> arguments = new ArrayList<>();
        for (Object argument : call.arguments()) {
            arguments.add(argument((Expression) argument, arguments.size(), method, scope));
        }
        return arguments;
    }

    private TensorExpr argument(Expression written, int position, IMethodBinding method, Scope scope) {
        ITypeBinding[] types = method.getParameterTypes();
        // All of variable arity in the vocabulary have ints there, or one array.
        boolean isVariable = method.isVarargs() && position >= types.length - 1 && !ExpressionReader.isArray(written);
        ITypeBinding type =
                isVariable ? types[types.length - 1].getElementType() : types[Math.min(position, types.length - 1)];
        return Kinds.of(type)
                .map(kind -> expressions.readAs(written, scope, kind))
                .orElseGet(() -> expressions.read(written, scope));
    }

    /** What a helper or kernel is called with; empty, and reported, where an array is no constant. */
    private Optional<List<Argument>> passed(MethodInvocation call, IMethodBinding method, Scope scope) {
        List<Argument> passed = new ArrayList<>();
        for (int i = 0; i < call.arguments().size(); i++) {
            Expression written = (Expression) call.arguments().get(i);
            ITypeBinding[] types = method.getParameterTypes();
            if (i < types.length && ConstantReader.isTable(types[i])) {
                Optional<Table> table = expressions.readTable(written, scope);
                if (table.isEmpty()) {
                    return Optional.empty();
                }
                passed.add(new Argument.Constants(table.get()));
            } else {
                passed.add(new Argument.Value(argument(written, i, method, scope)));
            }
        }
        return Optional.of(passed);
    }

    private record Ranged(Domain domain, TensorExpr element) {}

    /** Extents or a shape, and then a lambda for the element. */
    private Ranged ranged(MethodInvocation call, Kind kind, Scope scope) {
        List<Expression> written = Nodes.of(Expression.class, call.arguments());
        Expression last = written.getLast();
        boolean overShape = written.size() == 2 && ExpressionReader.kindOf(written.getFirst()) == Kind.INDEX;
        List<TensorExpr> extents = written.subList(0, written.size() - 1).stream()
                .map(extent -> expressions.readAs(extent, scope, overShape ? Kind.INDEX : Kind.INT))
                .toList();
        Optional<LambdaExpression> lambda = lambda(last);
        if (lambda.isEmpty()) {
            return new Ranged(new Domain.Extents(List.of(), List.of()), KernelContext.unreadable(kind));
        }
        List<String> names = new ArrayList<>();
        Scope inner = parameters(lambda.get(), overShape ? Kind.INDEX : Kind.INT, scope, names);
        TensorExpr element = body(lambda.get(), inner, kind);
        Domain domain =
                overShape ? new Domain.Over(names.getFirst(), extents.getFirst()) : new Domain.Extents(names, extents);
        return new Ranged(domain, element);
    }

    private TensorExpr mapIndex(MethodInvocation call, TensorExpr index, Scope scope) {
        TensorExpr rank = new Apply(Op.RANK, Kind.INT, List.of(index), source.origin(call));
        Optional<LambdaExpression> lambda = lambda((Expression) call.arguments().getFirst());
        if (lambda.isEmpty()) {
            return KernelContext.unreadable(Kind.INDEX);
        }
        List<String> names = new ArrayList<>();
        Scope inner = parameters(lambda.get(), Kind.INT, scope, names);
        return new MapIndex(rank, names.getFirst(), body(lambda.get(), inner, Kind.INT));
    }

    private Optional<LambdaExpression> lambda(Expression argument) {
        return switch (argument) {
            case ParenthesizedExpression inner -> lambda(inner.getExpression());
            case LambdaExpression lambda -> Optional.of(lambda);
            default -> {
                context.report(
                        DiagnosticCode.EXPRESSION,
                        source.place(argument),
                        BodyReader.shortened(argument) + " stands where a lambda is needed: (i, j) -> ...");
                yield Optional.empty();
            }
        };
    }

    private Scope parameters(LambdaExpression lambda, Kind kind, Scope scope, List<String> names) {
        Scope inner = scope;
        for (Object parameter : lambda.parameters()) {
            String written = ((VariableDeclaration) parameter).getName().getIdentifier();
            String name = context.names().fresh(written);
            names.add(name);
            inner = inner.with(written, new Name(name, kind));
        }
        return inner;
    }

    private TensorExpr body(LambdaExpression lambda, Scope scope, Kind kind) {
        return switch (lambda.getBody()) {
            case Block block -> bodies.block(block, scope, kind);
            default -> {
                Expression result = (Expression) lambda.getBody();
                yield expressions.readAs(result, scope, kind);
            }
        };
    }

    private static boolean isComponent(IMethodBinding method) {
        return method.getDeclaringClass().isRecord()
                && method.getParameterTypes().length == 0
                && !Modifier.isStatic(method.getModifiers());
    }

    /** {@code normalized.mean()}: one of several tensors. */
    private TensorExpr component(MethodInvocation call, IMethodBinding method, Scope scope) {
        int index = expressions.components(method.getDeclaringClass()).indexOf(method.getName());
        if (index < 0 || call.getExpression() == null) {
            return unknown(call, method);
        }
        TensorExpr record = expressions.readAs(call.getExpression(), scope, Kind.TENSORS);
        return Outputs.select(
                record, index, Kinds.of(method.getReturnType()).orElse(Kind.FLOAT_TENSOR), source.origin(call));
    }
}
