package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.processor.KernelContext.Local;
import dev.woodpecker.processor.ParsedSource.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jdt.core.dom.ASTNode;
import org.eclipse.jdt.core.dom.Assignment;
import org.eclipse.jdt.core.dom.Block;
import org.eclipse.jdt.core.dom.DoStatement;
import org.eclipse.jdt.core.dom.EmptyStatement;
import org.eclipse.jdt.core.dom.EnhancedForStatement;
import org.eclipse.jdt.core.dom.Expression;
import org.eclipse.jdt.core.dom.ExpressionStatement;
import org.eclipse.jdt.core.dom.ForStatement;
import org.eclipse.jdt.core.dom.IVariableBinding;
import org.eclipse.jdt.core.dom.IfStatement;
import org.eclipse.jdt.core.dom.MethodInvocation;
import org.eclipse.jdt.core.dom.PostfixExpression;
import org.eclipse.jdt.core.dom.PrefixExpression;
import org.eclipse.jdt.core.dom.ReturnStatement;
import org.eclipse.jdt.core.dom.VariableDeclarationFragment;
import org.eclipse.jdt.core.dom.VariableDeclarationStatement;
import org.eclipse.jdt.core.dom.WhileStatement;

/** Reads blocks: of a kernel, of a helper, of a lambda. Locals become {@link Let}s; all else that is no return is an error. */
final class BodyReader {
    private final KernelContext context;
    private final ParsedSource source;
    private final ExpressionReader expressions;

    BodyReader(KernelContext context, ParsedSource source) {
        this.context = context;
        this.source = source;
        this.expressions = new ExpressionReader(context, source, this);
    }

    ExpressionReader expressions() {
        return expressions;
    }

    /**
     * The value of a method's body, which may begin with {@code require} statements; {@code call} is where it is inlined,
     * empty for the kernel itself.
     */
    TensorExpr method(Block body, Scope scope, Kind result, Optional<Place> call) {
        List<ASTNode> statements = Nodes.of(ASTNode.class, body.statements());
        int first = 0;
        while (first < statements.size() && requirement(statements.get(first)).isPresent()) {
            MethodInvocation require = requirement(statements.get(first)).get();
            if (!require.arguments().isEmpty()) {
                Expression written = (Expression) require.arguments().getFirst();
                TensorExpr condition = expressions.readAs(written, scope, Kind.BOOL);
                new Requirements(context).add(condition, call.orElse(source.place(written)));
            }
            first++;
        }
        return statements(statements.subList(first, statements.size()), scope, result, source.place(body));
    }

    /** The value of a lambda's block. */
    TensorExpr block(Block body, Scope scope, Kind result) {
        return statements(Nodes.of(ASTNode.class, body.statements()), scope, result, source.place(body));
    }

    private TensorExpr statements(List<ASTNode> statements, Scope outer, Kind result, Place place) {
        Scope scope = outer;
        int outerLocals = context.locals().size();
        Optional<TensorExpr> value = Optional.empty();
        boolean complete = true;
        for (ASTNode statement : statements) {
            switch (statement) {
                case VariableDeclarationStatement declaration -> {
                    for (VariableDeclarationFragment fragment :
                            Nodes.of(VariableDeclarationFragment.class, declaration.fragments())) {
                        scope = local(fragment, scope);
                    }
                }
                case ReturnStatement returned
                when returned.getExpression() != null -> {
                    value = Optional.of(expressions.readAs(returned.getExpression(), scope, result));
                }
                case EmptyStatement _ -> {}
                default -> {
                    refuse(statement);
                    complete = false;
                }
            }
        }
        if (value.isEmpty() && complete) {
            context.report(DiagnosticCode.STATEMENT, place, "the block does not end with the return of a value");
        }
        List<Local> inner =
                context.locals().subList(outerLocals, context.locals().size());
        TensorExpr block = KernelContext.let(inner, value.orElseGet(() -> KernelContext.unreadable(result)));
        inner.clear();
        return block;
    }

    private Scope local(VariableDeclarationFragment fragment, Scope scope) {
        String name = fragment.getName().getIdentifier();
        IVariableBinding variable = fragment.resolveBinding();
        Optional<Kind> kind = variable == null ? Optional.empty() : Kinds.of(variable.getType());
        if (kind.isEmpty()) {
            String type = variable == null ? "?" : variable.getType().getName();
            context.report(DiagnosticCode.LOCAL_TYPE, source.place(fragment.getName()), name + " is of type " + type);
        }
        if (fragment.getInitializer() == null) {
            context.report(
                    DiagnosticCode.ASSIGNMENT,
                    source.place(fragment.getName()),
                    name + " is declared without a value, to be assigned later");
            return scope.with(name, KernelContext.unreadable(kind.orElse(Kind.FLOAT)));
        }
        return scope.with(
                name,
                kind.isEmpty()
                        ? expressions.read(fragment.getInitializer(), scope)
                        : bind(name, expressions.readAs(fragment.getInitializer(), scope, kind.get())));
    }

    /** What stands for a local of this value; several tensors are bound one by one. */
    TensorExpr bind(String name, TensorExpr value) {
        TensorExpr own = value;
        while (own instanceof Let(String inner, TensorExpr innerValue, TensorExpr body)) {
            context.locals().add(new Local(inner, innerValue));
            own = body;
        }
        if (own instanceof Apply(Op op, Kind kind, List<TensorExpr> operands, Origin origin) && op == Op.OUTPUTS) {
            List<TensorExpr> names = new ArrayList<>();
            for (TensorExpr operand : operands) {
                names.add(bind(name, operand));
            }
            return new Apply(op, kind, names, origin);
        }
        if (own instanceof Name) {
            return own;
        }
        String fresh = context.names().fresh(name);
        context.locals().add(new Local(fresh, own));
        return new Name(fresh, own.kind());
    }

    private static Optional<MethodInvocation> requirement(ASTNode statement) {
        return statement instanceof ExpressionStatement expression
                        && expression.getExpression() instanceof MethodInvocation call
                        && call.getName().getIdentifier().equals("require")
                ? Optional.of(call)
                : Optional.empty();
    }

    private void refuse(ASTNode statement) {
        switch (statement) {
            case ForStatement _, EnhancedForStatement _ -> refuse(DiagnosticCode.LOOP, statement, "a for loop");
            case WhileStatement _ -> refuse(DiagnosticCode.LOOP, statement, "a while loop");
            case DoStatement _ -> refuse(DiagnosticCode.LOOP, statement, "a do loop");
            case IfStatement _ -> refuse(DiagnosticCode.IF_STATEMENT, statement, "an if statement");
            case ExpressionStatement expression -> refuseExpression(expression.getExpression());
            default -> refuse(DiagnosticCode.STATEMENT, statement, StatementNames.of(statement));
        }
    }

    private void refuseExpression(Expression expression) {
        switch (expression) {
            case Assignment assignment ->
                refuse(DiagnosticCode.ASSIGNMENT, expression, assignment.getLeftHandSide() + " is assigned");
            case PostfixExpression changed ->
                refuse(
                        DiagnosticCode.ASSIGNMENT,
                        expression,
                        changed.getOperand() + " is changed by " + changed.getOperator());
            case PrefixExpression changed ->
                refuse(
                        DiagnosticCode.ASSIGNMENT,
                        expression,
                        changed.getOperand() + " is changed by " + changed.getOperator());
            case MethodInvocation call
            when call.getName().getIdentifier().equals("require") ->
                refuse(
                        DiagnosticCode.REQUIRE_POSITION,
                        expression,
                        "require(...) stands after other statements or in a lambda");
            default ->
                refuse(DiagnosticCode.STATEMENT, expression, "the value of " + shortened(expression) + " is not used");
        }
    }

    private void refuse(DiagnosticCode code, ASTNode node, String detail) {
        context.report(code, source.place(node), detail);
    }

    /** The source of an expression on one line, for messages. */
    static String shortened(ASTNode node) {
        String text = node.toString().strip().replaceAll("\\s+", " ");
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
}
