package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.BoolLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.RecordComponentElement;
import org.eclipse.jdt.core.dom.ArrayAccess;
import org.eclipse.jdt.core.dom.ArrayCreation;
import org.eclipse.jdt.core.dom.Assignment;
import org.eclipse.jdt.core.dom.BooleanLiteral;
import org.eclipse.jdt.core.dom.CastExpression;
import org.eclipse.jdt.core.dom.ClassInstanceCreation;
import org.eclipse.jdt.core.dom.ConditionalExpression;
import org.eclipse.jdt.core.dom.Expression;
import org.eclipse.jdt.core.dom.FieldAccess;
import org.eclipse.jdt.core.dom.ITypeBinding;
import org.eclipse.jdt.core.dom.InfixExpression;
import org.eclipse.jdt.core.dom.LambdaExpression;
import org.eclipse.jdt.core.dom.MethodInvocation;
import org.eclipse.jdt.core.dom.NumberLiteral;
import org.eclipse.jdt.core.dom.ParenthesizedExpression;
import org.eclipse.jdt.core.dom.PostfixExpression;
import org.eclipse.jdt.core.dom.PrefixExpression;
import org.eclipse.jdt.core.dom.QualifiedName;
import org.eclipse.jdt.core.dom.SimpleName;

/** Reads expressions. What a kernel may not have is reported, and reading goes on with the rest. */
final class ExpressionReader {
    private static final Map<String, Op> INFIX = Map.ofEntries(
            Map.entry("+", Op.ADD),
            Map.entry("-", Op.SUB),
            Map.entry("*", Op.MUL),
            Map.entry("/", Op.DIV),
            Map.entry("%", Op.REM),
            Map.entry("<", Op.LT),
            Map.entry("<=", Op.LE),
            Map.entry(">", Op.GT),
            Map.entry(">=", Op.GE),
            Map.entry("==", Op.EQ),
            Map.entry("!=", Op.NE),
            Map.entry("&&", Op.AND_ALSO),
            Map.entry("||", Op.OR_ELSE),
            Map.entry("&", Op.AND),
            Map.entry("|", Op.OR),
            Map.entry("^", Op.XOR),
            Map.entry("<<", Op.SHL),
            Map.entry(">>", Op.SHR),
            Map.entry(">>>", Op.USHR));

    private final KernelContext context;
    private final ParsedSource source;
    private final ConstantReader constants;
    private final CallReader calls;
    private final BodyReader bodies;

    ExpressionReader(KernelContext context, ParsedSource source, BodyReader bodies) {
        this.context = context;
        this.source = source;
        this.bodies = bodies;
        this.constants = new ConstantReader(context, source, this);
        this.calls = new CallReader(context, source, bodies, this);
    }

    TensorExpr read(Expression expression, Scope scope) {
        if (expression instanceof ParenthesizedExpression inner) {
            return read(inner.getExpression(), scope);
        }
        return context.placed(construct(expression, scope), source.place(expression));
    }

    /** An expression where Java expects one of {@code kind}. */
    TensorExpr readAs(Expression expression, Scope scope, Kind kind) {
        TensorExpr value = Conversions.widen(read(expression, scope), kind, source.origin(expression));
        if (value.kind() == kind) {
            return value;
        }
        if (context.isSound()) {
            context.report(
                    DiagnosticCode.UNRESOLVED,
                    source.place(expression),
                    BodyReader.shortened(expression) + " is a " + value.kind().text() + " where a " + kind.text()
                            + " is needed");
        }
        return KernelContext.unreadable(kind);
    }

    /** The constant array that a helper is called with; empty, and reported, if it is none. */
    Optional<Table> readTable(Expression argument, Scope scope) {
        return constants.table(argument, scope);
    }

    private TensorExpr construct(Expression expression, Scope scope) {
        return switch (expression) {
            case NumberLiteral literal ->
                constants.value(literal.resolveConstantExpressionValue()).orElseGet(() -> refused(literal, "a number"));
            case BooleanLiteral literal -> new BoolLiteral(literal.booleanValue());
            case SimpleName name ->
                scope.find(name.getIdentifier())
                        .map(ExpressionReader::occurrence)
                        .orElseGet(() -> constants.field(name, scope));
            case QualifiedName name
            when isLength(name.getName(), name.getQualifier()) -> length(name.getQualifier(), scope);
            case QualifiedName name -> constants.field(name, scope);
            case FieldAccess access
            when isLength(access.getName(), access.getExpression()) -> length(access.getExpression(), scope);
            case FieldAccess access -> constants.field(access.getName(), scope);
            case ArrayAccess access -> element(access, scope);
            case PrefixExpression prefix -> prefix(prefix, scope);
            case InfixExpression infix -> infix(infix, scope);
            case ConditionalExpression conditional -> conditional(conditional, scope);
            case CastExpression cast -> cast(cast, scope);
            case MethodInvocation call -> calls.read(call, scope);
            case ClassInstanceCreation creation -> results(creation, scope);
            case ArrayCreation creation -> array(creation, scope);
            case Assignment assignment -> {
                context.report(
                        DiagnosticCode.ASSIGNMENT,
                        source.place(assignment),
                        assignment.getLeftHandSide() + " is assigned within an expression");
                yield KernelContext.unreadable(kindOf(assignment));
            }
            case PostfixExpression changed ->
                changed(changed, changed.getOperand(), changed.getOperator().toString());
            case LambdaExpression lambda ->
                refused(lambda, "a lambda stands where no builder, reduction or Index.map takes it");
            default -> refused(expression, BodyReader.shortened(expression) + " is none of the allowed expressions");
        };
    }

    /** A use of a local: an object of its own for each, so that each has its place. */
    private static TensorExpr occurrence(TensorExpr value) {
        return switch (value) {
            case Name(String name, Kind kind) -> new Name(name, kind);
            case IntLiteral(long literal) -> new IntLiteral(literal);
            case FloatLiteral(double literal) -> new FloatLiteral(literal);
            default -> value;
        };
    }

    private TensorExpr refused(Expression expression, String detail) {
        context.report(DiagnosticCode.EXPRESSION, source.place(expression), detail);
        return KernelContext.unreadable(kindOf(expression));
    }

    private TensorExpr changed(Expression whole, Expression operand, String operator) {
        context.report(DiagnosticCode.ASSIGNMENT, source.place(whole), operand + " is changed by " + operator);
        return KernelContext.unreadable(kindOf(whole));
    }

    /** The kind by Java's type; for what could not be read any kind does. */
    static Kind kindOf(Expression expression) {
        ITypeBinding type = expression.resolveTypeBinding();
        return type == null ? Kind.FLOAT : Kinds.of(type).orElse(Kind.FLOAT);
    }

    static boolean isArray(Expression expression) {
        ITypeBinding type = expression.resolveTypeBinding();
        return type != null && type.isArray();
    }

    private Apply apply(Op op, Kind kind, Expression place, TensorExpr... operands) {
        return new Apply(op, kind, List.of(operands), source.origin(place));
    }

    private static boolean isLength(SimpleName name, Expression array) {
        return name.getIdentifier().equals("length") && isArray(array);
    }

    private TensorExpr length(Expression array, Scope scope) {
        return constants.length(array, scope).orElseGet(() -> apply(Op.LENGTH, Kind.INT, array, read(array, scope)));
    }

    private TensorExpr element(ArrayAccess access, Scope scope) {
        Optional<TensorExpr> entry = constants.entry(access, scope);
        if (entry.isPresent()) {
            return entry.get();
        }
        TensorExpr array = read(access.getArray(), scope);
        TensorExpr index = readAs(access.getIndex(), scope, Kind.INT);
        return switch (array.kind()) {
            case INT_ARRAY, FLOAT_ARRAY, TENSOR_LIST ->
                apply(Op.ELEMENT, array.kind().element(), access, array, index);
            default -> KernelContext.unreadable(kindOf(access));
        };
    }

    private TensorExpr prefix(PrefixExpression prefix, Scope scope) {
        String operator = prefix.getOperator().toString();
        if (operator.equals("++") || operator.equals("--")) {
            return changed(prefix, prefix.getOperand(), operator);
        }
        if (prefix.resolveConstantExpressionValue() instanceof Number number) {
            return constants.value(number).orElseGet(() -> refused(prefix, "a number"));
        }
        TensorExpr operand = read(prefix.getOperand(), scope);
        return switch (operator) {
            case "-" -> apply(Op.NEG, operand.kind(), prefix, operand);
            case "!" -> apply(Op.NOT, Kind.BOOL, prefix, operand);
            case "~" -> apply(Op.BIT_NOT, Kind.INT, prefix, operand);
            default -> operand;
        };
    }

    private TensorExpr infix(InfixExpression infix, Scope scope) {
        Op op = INFIX.get(infix.getOperator().toString());
        if (op == null) {
            return refused(infix, "operator " + infix.getOperator());
        }
        List<Expression> operands = new ArrayList<>(List.of(infix.getLeftOperand(), infix.getRightOperand()));
        operands.addAll(Nodes.of(Expression.class, infix.extendedOperands()));
        TensorExpr result = read(operands.getFirst(), scope);
        for (Expression next : operands.subList(1, operands.size())) {
            TensorExpr right = read(next, scope);
            if (!areNumbers(result, right) && !areBooleans(op, result, right)) {
                return refused(
                        infix,
                        op.text() + " between " + result.kind().text() + " and "
                                + right.kind().text());
            }
            Kind common = op == Op.SHL || op == Op.SHR || op == Op.USHR
                    ? result.kind()
                    : Conversions.promoted(result.kind(), right.kind());
            Origin origin = source.origin(infix);
            TensorExpr left = Conversions.widen(result, common, origin);
            TensorExpr widened = Conversions.widen(right, common, source.origin(next));
            result = context.placed(
                    new Apply(op, op.kind(List.of(common, common)), List.of(left, widened), origin),
                    source.place(infix));
        }
        return result;
    }

    private static boolean areNumbers(TensorExpr left, TensorExpr right) {
        return isNumber(left.kind()) && isNumber(right.kind());
    }

    private static boolean isNumber(Kind kind) {
        return kind == Kind.INT || kind == Kind.FLOAT;
    }

    private static boolean areBooleans(Op op, TensorExpr left, TensorExpr right) {
        boolean bothBooleans = left.kind() == Kind.BOOL && right.kind() == Kind.BOOL;
        return bothBooleans
                && switch (op) {
                    case AND_ALSO, OR_ELSE, AND, OR, XOR, EQ, NE -> true;
                    default -> false;
                };
    }

    private TensorExpr conditional(ConditionalExpression conditional, Scope scope) {
        TensorExpr condition = readAs(conditional.getExpression(), scope, Kind.BOOL);
        TensorExpr then = read(conditional.getThenExpression(), scope);
        TensorExpr otherwise = read(conditional.getElseExpression(), scope);
        Kind kind = Conversions.promoted(then.kind(), otherwise.kind());
        if (then.kind() != otherwise.kind() && !areNumbers(then, otherwise)) {
            return refused(
                    conditional,
                    "a choice between " + then.kind().text() + " and "
                            + otherwise.kind().text());
        }
        return apply(
                Op.SELECT,
                kind,
                conditional,
                condition,
                Conversions.widen(then, kind, source.origin(conditional.getThenExpression())),
                Conversions.widen(otherwise, kind, source.origin(conditional.getElseExpression())));
    }

    private TensorExpr cast(CastExpression cast, Scope scope) {
        ITypeBinding type = cast.getType().resolveBinding();
        Optional<Kind> target = type == null ? Optional.empty() : Kinds.of(type);
        TensorExpr value = read(cast.getExpression(), scope);
        if (target.isEmpty()) {
            return refused(cast, "a cast to " + cast.getType());
        }
        if (target.get() == Kind.FLOAT && value.kind() == Kind.INT) {
            return Conversions.widen(value, Kind.FLOAT, source.origin(cast));
        }
        boolean narrows = type != null && type.getName().equals("int") && isLong(cast.getExpression());
        if (target.get() == Kind.INT && (value.kind() == Kind.FLOAT || narrows)) {
            return apply(Op.TO_INT, Kind.INT, cast, value);
        }
        return target.get() == value.kind()
                ? value
                : refused(cast, "a cast from " + value.kind().text() + " to " + cast.getType());
    }

    private static boolean isLong(Expression expression) {
        ITypeBinding type = expression.resolveTypeBinding();
        return type != null && type.getName().equals("long");
    }

    /** {@code new Pooled(y, indices)}: the outputs, in the order of the record's components. */
    private TensorExpr results(ClassInstanceCreation creation, Scope scope) {
        ITypeBinding type = creation.resolveTypeBinding();
        if (type == null || !type.isRecord()) {
            return refused(creation, BodyReader.shortened(creation) + " makes an object that is no record of tensors");
        }
        List<Expression> arguments = Nodes.of(Expression.class, creation.arguments());
        List<TensorExpr> outputs =
                arguments.stream().map(argument -> read(argument, scope)).toList();
        for (int i = 0; i < outputs.size(); i++) {
            if (!outputs.get(i).kind().isTensor()) {
                Expression argument = arguments.get(i);
                context.report(
                        DiagnosticCode.EXPRESSION,
                        source.place(argument),
                        BodyReader.shortened(argument) + " is a "
                                + outputs.get(i).kind().text() + ", not a tensor");
            }
        }
        return new Apply(Op.OUTPUTS, Kind.TENSORS, outputs, source.origin(creation));
    }

    private TensorExpr array(ArrayCreation creation, Scope scope) {
        ITypeBinding type = creation.resolveTypeBinding();
        Optional<Kind> kind = type == null ? Optional.empty() : Kinds.of(type);
        if (kind.isEmpty() || creation.getInitializer() == null) {
            return refused(
                    creation, "an array is made only as new int[] {...}, new float[] {...} or new Tensor[] {...}");
        }
        List<TensorExpr> entries = new ArrayList<>();
        for (Expression entry :
                Nodes.of(Expression.class, creation.getInitializer().expressions())) {
            entries.add(readAs(entry, scope, kind.get().element()));
        }
        return new Apply(Op.ARRAY, kind.get(), entries, source.origin(creation));
    }

    /** The components of a record, in order. */
    List<String> components(ITypeBinding record) {
        return context.sources().components(record).stream()
                .map(RecordComponentElement::getSimpleName)
                .map(Object::toString)
                .toList();
    }

    BodyReader bodies() {
        return bodies;
    }
}
