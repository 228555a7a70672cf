package dev.woodpecker.compiler.ir;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What may be done to float expressions without changing a bit of any result: constants folded in the type, neutral
 * elements that are so for every operand, and zero and one of constant tables, where the author of the kernel means the
 * term to be absent.
 */
final class FloatAlgebra {
    /** {@code e}, a constant entry of a table replaced by its value. */
    static Expr settled(Expr e) {
        if (e instanceof Expr.Broadcast(Expr value, int lanes)) {
            Expr inner = settled(value);
            return inner == value ? e : new Expr.Broadcast(inner, lanes);
        }
        OptionalDouble value = tableValue(e);
        if (value.isEmpty()) {
            return e;
        }
        return e.type().isFloat()
                ? new Expr.FloatConst(value.getAsDouble(), e.type())
                : new Expr.IntConst(Arithmetic.wrap(e.type(), (long) value.getAsDouble()), e.type());
    }

    /** The value of a table entry with constant indices, of its broadcast too. */
    private static OptionalDouble tableValue(Expr e) {
        if (e instanceof Expr.Broadcast(Expr value, int _)) {
            return tableValue(value);
        }
        if (!(e instanceof Expr.TableEntry entry)) {
            return OptionalDouble.empty();
        }
        long position = 0;
        for (int axis = 0; axis < entry.indices().size(); axis++) {
            if (!(entry.indices().get(axis) instanceof Expr.IntConst(long index, DType _))
                    || index < 0
                    || index >= entry.table().size(axis)) {
                return OptionalDouble.empty();
            }
            position = position * entry.table().size(axis) + index;
        }
        return OptionalDouble.of(entry.table().valueAt((int) position));
    }

    private static boolean isTable(Expr e, double value) {
        OptionalDouble entry = tableValue(e);
        return entry.isPresent() && entry.getAsDouble() == value;
    }

    Expr binary(Expr.Binary b) {
        Expr left = b.left();
        Expr right = b.right();
        Optional<Expr> absent = switch (b.op()) {
            case MUL ->
                isTable(left, 0) || isTable(right, 1)
                        ? Optional.of(left)
                        : isTable(right, 0) || isTable(left, 1)
                                ? Optional.of(right)
                                : isTable(left, -1)
                                        ? Optional.of(negated(right))
                                        : isTable(right, -1) ? Optional.of(negated(left)) : Optional.empty();
            case ADD ->
                isTable(left, 0) ? Optional.of(right) : isTable(right, 0) ? Optional.of(left) : Optional.empty();
            case SUB ->
                isTable(right, 0)
                        ? Optional.of(left)
                        : isTable(left, 0) ? Optional.of(negated(right)) : Optional.empty();
            case DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> Optional.empty();
        };
        return absent.orElseGet(() -> settledBinary((Expr.Binary) b.mapOperands(FloatAlgebra::settled)));
    }

    private static Expr negated(Expr e) {
        Expr operand = settled(e);
        return operand instanceof Expr.Unary(UnaryOp op, Expr inner) && op == UnaryOp.NEG
                ? inner
                : Arithmetic.unary(UnaryOp.NEG, operand).orElseGet(() -> new Expr.Unary(UnaryOp.NEG, operand));
    }

    private static Expr settledBinary(Expr.Binary b) {
        OptionalDouble x = constant(b.left());
        OptionalDouble y = constant(b.right());
        if (x.isPresent() && y.isPresent()) {
            DType type = b.left().type();
            if (b.op().isComparison()) {
                boolean holds = Arithmetic.compare(
                        b.op(), Arithmetic.round(type, x.getAsDouble()), Arithmetic.round(type, y.getAsDouble()));
                return spread(holds ? Expr.TRUE : Expr.FALSE, b.lanes());
            }
            OptionalDouble folded = Arithmetic.real(b.op(), type, x.getAsDouble(), y.getAsDouble());
            if (folded.isPresent()) {
                return spread(new Expr.FloatConst(folded.getAsDouble(), type), b.lanes());
            }
        }
        return switch (b.op()) {
            case MUL -> is(y, 1) ? b.left() : is(x, 1) ? b.right() : b;
            case DIV -> is(y, 1) ? b.left() : b;
            // x - 0 and x + -0 are x for both zeros; x + 0 is not.
            case SUB -> is(y, 0.0) ? b.left() : minus(b);
            case ADD -> is(y, -0.0) ? b.left() : is(x, -0.0) ? b.right() : plus(b);
            case MIN, MAX -> b.left().equals(b.right()) ? b.left() : b;
            case REM, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> b;
        };
    }

    private static Expr plus(Expr.Binary b) {
        if (b.right() instanceof Expr.Unary(UnaryOp op, Expr operand) && op == UnaryOp.NEG) {
            return new Expr.Binary(BinaryOp.SUB, b.left(), operand);
        }
        return b.left() instanceof Expr.Unary(UnaryOp op, Expr operand) && op == UnaryOp.NEG
                ? new Expr.Binary(BinaryOp.SUB, b.right(), operand)
                : b;
    }

    private static Expr minus(Expr.Binary b) {
        return b.right() instanceof Expr.Unary(UnaryOp op, Expr operand) && op == UnaryOp.NEG
                ? new Expr.Binary(BinaryOp.ADD, b.left(), operand)
                : b;
    }

    Expr call(Expr.Call c) {
        if (c.arguments().size() != 1) {
            return c;
        }
        OptionalDouble x = constant(c.arguments().getFirst());
        if (x.isEmpty()) {
            return c;
        }
        OptionalDouble folded = Arithmetic.call(c.function(), c.type(), x.getAsDouble());
        return folded.isEmpty() ? c : spread(new Expr.FloatConst(folded.getAsDouble(), c.type()), c.lanes());
    }

    private static Expr spread(Expr scalar, int lanes) {
        return lanes == 1 ? scalar : new Expr.Broadcast(scalar, lanes);
    }

    private static OptionalDouble constant(Expr e) {
        if (e instanceof Expr.Broadcast b) {
            return constant(b.value());
        }
        return e instanceof Expr.FloatConst c ? OptionalDouble.of(c.value()) : OptionalDouble.empty();
    }

    /** Whether the constant is {@code value}, zeros told apart by their sign. */
    private static boolean is(OptionalDouble constant, double value) {
        return constant.isPresent() && Double.compare(constant.getAsDouble(), value) == 0;
    }
}
