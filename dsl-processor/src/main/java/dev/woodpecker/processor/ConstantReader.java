package dev.woodpecker.processor;

import dev.woodpecker.compiler.diagnostic.DiagnosticCode;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.BoolLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.TableAt;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jdt.core.dom.ASTNode;
import org.eclipse.jdt.core.dom.ArrayAccess;
import org.eclipse.jdt.core.dom.ArrayCreation;
import org.eclipse.jdt.core.dom.ArrayInitializer;
import org.eclipse.jdt.core.dom.Expression;
import org.eclipse.jdt.core.dom.ITypeBinding;
import org.eclipse.jdt.core.dom.IVariableBinding;
import org.eclipse.jdt.core.dom.Modifier;
import org.eclipse.jdt.core.dom.Name;
import org.eclipse.jdt.core.dom.ParenthesizedExpression;
import org.eclipse.jdt.core.dom.SimpleName;
import org.eclipse.jdt.core.dom.VariableDeclarationFragment;
import org.jspecify.annotations.Nullable;

/** Reads static final fields: numbers become literals, arrays become {@link Table}s. */
final class ConstantReader {
    private static final Map<String, DType> ENTRY_TYPES =
            Map.of("int", DType.I32, "long", DType.I64, "float", DType.F32, "double", DType.F64);

    private final KernelContext context;
    private final ParsedSource source;
    private final ExpressionReader expressions;

    ConstantReader(KernelContext context, ParsedSource source, ExpressionReader expressions) {
        this.context = context;
        this.source = source;
        this.expressions = expressions;
    }

    /** A compile-time constant; empty for a string or none. */
    Optional<TensorExpr> value(@Nullable Object constant) {
        return switch (constant) {
            case Float number -> Optional.of(new FloatLiteral(number));
            case Double number -> Optional.of(new FloatLiteral(number));
            case Integer number -> Optional.of(new IntLiteral(number));
            case Long number -> Optional.of(new IntLiteral(number));
            case Short number -> Optional.of(new IntLiteral(number));
            case Byte number -> Optional.of(new IntLiteral(number));
            case Boolean truth -> Optional.of(new BoolLiteral(truth));
            case null, default -> Optional.empty();
        };
    }

    /** The value of the field that {@code name} means, or of the constant array that a helper's parameter stands for. */
    TensorExpr field(Name name, Scope scope) {
        Optional<Table> passed = parameter(name, scope);
        if (passed.isPresent()) {
            return wholeArray(name, passed.get());
        }
        if (!(name.resolveBinding() instanceof IVariableBinding variable) || !variable.isField()) {
            context.report(DiagnosticCode.UNRESOLVED, source.place(name), name + " cannot be resolved");
            return KernelContext.unreadable(ExpressionReader.kindOf(name));
        }
        int modifiers = variable.getModifiers();
        if (!Modifier.isStatic(modifiers) || !Modifier.isFinal(modifiers)) {
            return refused(name, name + " is not static final");
        }
        Optional<TensorExpr> value = value(variable.getConstantValue());
        if (value.isPresent()) {
            return value.get();
        }
        if (variable.getType().isArray()) {
            return table(name, variable)
                    .map(table -> wholeArray(name, table))
                    .orElseGet(() -> KernelContext.unreadable(ExpressionReader.kindOf(name)));
        }
        Optional<Expression> initializer = initializer(variable);
        if (initializer.isEmpty() || Kinds.of(variable.getType()).isEmpty()) {
            return refused(name, name + " has no constant value that can be read here");
        }
        if (context.calls().contains(variable.getKey())) {
            return refused(name, name + " is defined by itself");
        }
        context.calls().add(variable.getKey());
        TensorExpr read = expressions.readAs(
                initializer.get(), Scope.EMPTY, Kinds.of(variable.getType()).get());
        context.calls().removeLast();
        return read;
    }

    private TensorExpr refused(Name name, String detail) {
        context.report(DiagnosticCode.FIELD_NOT_CONSTANT, source.place(name), detail);
        return KernelContext.unreadable(ExpressionReader.kindOf(name));
    }

    private Optional<Expression> initializer(IVariableBinding variable) {
        ASTNode declaration = source.unit().findDeclaringNode(variable.getVariableDeclaration());
        return declaration instanceof VariableDeclarationFragment fragment
                ? Optional.ofNullable(fragment.getInitializer())
                : Optional.empty();
    }

    private TensorExpr wholeArray(Name name, Table table) {
        if (table.rank() != 1) {
            return refused(name, name + " has " + table.rank() + " axes and is used without indices");
        }
        boolean isFloat = table.type().isFloat();
        List<TensorExpr> entries = new ArrayList<>();
        for (double value : table.values()) {
            entries.add(isFloat ? new FloatLiteral(value) : new IntLiteral((long) value));
        }
        return new Apply(Op.ARRAY, isFloat ? Kind.FLOAT_ARRAY : Kind.INT_ARRAY, entries, source.origin(name));
    }

    /** {@code G[a][b]}, if the array is a field; else empty. */
    Optional<TensorExpr> entry(ArrayAccess access, Scope scope) {
        List<Expression> indices = new ArrayList<>();
        Optional<Name> name = arrayField(access, indices, scope);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        List<TensorExpr> read =
                indices.stream().map(index -> expressions.read(index, scope)).toList();
        Optional<Table> table = table(name.get(), scope);
        if (table.isEmpty()) {
            return Optional.of(KernelContext.unreadable(ExpressionReader.kindOf(access)));
        }
        if (read.size() != table.get().rank()) {
            return Optional.of(refused(
                    name.get(),
                    name.get() + " has " + table.get().rank() + " axes and is used with " + read.size() + " indices"));
        }
        return Optional.of(new TableAt(table.get(), read, source.origin(access)));
    }

    /** Whether a parameter of a helper may be of this type and stand for a constant array. */
    static boolean isTable(ITypeBinding type) {
        return type.isArray()
                && Kinds.of(type).isEmpty()
                && ENTRY_TYPES.containsKey(type.getElementType().getName());
    }

    /** The constant array that is an argument; empty, and reported, if it is none. */
    Optional<Table> table(Expression argument, Scope scope) {
        List<Expression> indices = new ArrayList<>();
        Optional<Name> name = arrayField(argument, indices, scope);
        if (name.isEmpty() || !indices.isEmpty()) {
            context.report(
                    DiagnosticCode.FIELD_NOT_CONSTANT,
                    source.place(argument),
                    BodyReader.shortened(argument) + " is not the name of an array");
            return Optional.empty();
        }
        return table(name.get(), scope);
    }

    private Optional<Table> table(Name name, Scope scope) {
        return parameter(name, scope)
                .or(() -> name.resolveBinding() instanceof IVariableBinding variable
                        ? table(name, variable)
                        : Optional.empty());
    }

    private static Optional<Table> parameter(Name name, Scope scope) {
        return name instanceof SimpleName simple ? scope.table(simple.getIdentifier()) : Optional.empty();
    }

    /** {@code G.length} or {@code G[0].length}, if the array is a field; else empty. */
    Optional<TensorExpr> length(Expression array, Scope scope) {
        List<Expression> indices = new ArrayList<>();
        return arrayField(array, indices, scope)
                .flatMap(name -> table(name, scope))
                .filter(table -> indices.size() < table.rank())
                .map(table -> new IntLiteral(table.size(indices.size())));
    }

    /** The constant array at the bottom of a chain of accesses, whose indices are added to {@code indices}. */
    private static Optional<Name> arrayField(Expression array, List<Expression> indices, Scope scope) {
        return switch (array) {
            case ParenthesizedExpression inner -> arrayField(inner.getExpression(), indices, scope);
            case ArrayAccess access -> {
                Optional<Name> field = arrayField(access.getArray(), indices, scope);
                indices.add(access.getIndex());
                yield field;
            }
            case SimpleName name when scope.table(name.getIdentifier()).isPresent() -> Optional.of(name);
            case SimpleName name when scope.find(name.getIdentifier()).isPresent() -> Optional.empty();
            case Name name
            when name.resolveBinding() instanceof IVariableBinding variable && variable.isField() -> Optional.of(name);
            default -> Optional.empty();
        };
    }

    private Optional<Table> table(Name use, IVariableBinding variable) {
        Table known = context.tables().get(variable.getKey());
        if (known != null) {
            return Optional.of(known);
        }
        int modifiers = variable.getModifiers();
        Optional<Expression> initializer = initializer(variable);
        DType type = ENTRY_TYPES.get(variable.getType().getElementType().getName());
        if (!Modifier.isStatic(modifiers) || !Modifier.isFinal(modifiers) || initializer.isEmpty() || type == null) {
            String wrong = type == null
                    ? " has entries of type "
                            + variable.getType().getElementType().getName()
                    : " is not a static final array of this file";
            refused(use, use + wrong);
            return Optional.empty();
        }
        List<Integer> shape = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        if (!entries(use, initializer.get(), 0, shape, values)) {
            return Optional.empty();
        }
        Table table = new Table(
                context.names().fresh(variable.getName()),
                type,
                shape.stream().mapToInt(Integer::intValue).toArray(),
                values.stream().mapToDouble(Double::doubleValue).toArray());
        context.tables().put(variable.getKey(), table);
        return Optional.of(table);
    }

    /** Collects the entries of one row; false, and reported, if the array is ragged or not constant. */
    private boolean entries(Name use, Expression row, int axis, List<Integer> shape, List<Double> values) {
        Optional<ArrayInitializer> initializer = switch (row) {
            case ArrayInitializer plain -> Optional.of(plain);
            case ArrayCreation creation -> Optional.ofNullable(creation.getInitializer());
            default -> Optional.empty();
        };
        if (initializer.isEmpty()) {
            if (!(row.resolveConstantExpressionValue() instanceof Number number) || axis != shape.size()) {
                refused(use, use + " has the entry " + BodyReader.shortened(row) + ", which is not a constant number");
                return false;
            }
            values.add(number.doubleValue());
            return true;
        }
        int length = initializer.get().expressions().size();
        if (axis == shape.size()) {
            shape.add(length);
        } else if (shape.get(axis) != length) {
            refused(use, use + " has rows of " + shape.get(axis) + " and of " + length + " entries");
            return false;
        }
        for (Object entry : initializer.get().expressions()) {
            if (!entries(use, (Expression) entry, axis + 1, shape, values)) {
                return false;
            }
        }
        return true;
    }
}
