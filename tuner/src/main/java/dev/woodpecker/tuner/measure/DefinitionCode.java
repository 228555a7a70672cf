package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.interp.MathReference;
import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The expressions of one stage as code that computes a value and leaves the bound of its error in the definition. */
final class DefinitionCode {
    /** More variables than a stage has axes: they are allocated before all of them are known. */
    private static final int MOST_VARIABLES = 64;

    /** A float; afterwards {@link Definition#error} is the bound of its error. */
    interface Real {
        double value();
    }

    /** An integer or boolean; {@link Definition#undecided} becomes true where rounding could make it another. */
    interface Whole {
        long value();
    }

    private final Definition definition;
    private final Real accumulator;
    private final Whole integerAccumulator;
    private final long[] variables = new long[MOST_VARIABLES];
    private final Map<String, Integer> slots = new HashMap<>();

    DefinitionCode(Definition definition, Real accumulator, Whole integerAccumulator) {
        this.definition = definition;
        this.accumulator = accumulator;
        this.integerAccumulator = integerAccumulator;
    }

    /** Where the variable of this name is kept. */
    int slot(String variable) {
        return slots.computeIfAbsent(variable, _ -> slots.size());
    }

    long[] variables() {
        return variables;
    }

    Real real(Expr e) {
        DType type = e.type();
        return switch (e) {
            case Expr.FloatConst(double exact, DType _) -> {
                double value = Arithmetic.round(type, exact);
                yield () -> exact(value);
            }
            case Expr.Unary(UnaryOp _, Expr operand) -> {
                Real a = real(operand);
                yield () -> -a.value();
            }
            case Expr.Binary b -> arithmetic(b.op(), type, real(b.left()), real(b.right()));
            case Expr.Call(MathFunction function, List<Expr> arguments) -> call(function, type, arguments);
            case Expr.Cast(DType _, Expr operand) -> toReal(type, operand);
            case Expr.Bitcast(DType _, Expr operand) -> {
                Whole bits = whole(operand);
                yield () -> exact(
                        Arithmetic.bitcast(type, new Expr.IntConst(bits.value(), operand.type()))
                                                .orElseThrow()
                                        instanceof Expr.FloatConst c
                                ? c.value()
                                : Double.NaN);
            }
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) ->
                select(whole(condition), real(whenTrue), real(whenFalse));
            case Expr.Read read -> readReal(read);
            case Expr.Accumulator _ -> accumulator;
            case Expr.TableEntry(Table table, List<Expr> indices) -> {
                Whole position = position(table, indices);
                yield () -> exact(Arithmetic.round(type, table.valueAt((int) position.value())));
            }
            case Expr.IntConst _,
                    Expr.Var _,
                    Expr.Param _,
                    Expr.Reduce _,
                    Expr.Load _,
                    Expr.Ramp _,
                    Expr.Broadcast _,
                    Expr.Extract _ -> throw new IllegalArgumentException("not a float of a program: " + e);
        };
    }

    Whole whole(Expr e) {
        DType type = e.type();
        return switch (e) {
            case Expr.IntConst(long value, DType _) -> () -> value;
            case Expr.Var v -> {
                int slot = slot(v.name());
                yield () -> variables[slot];
            }
            case Expr.Unary(UnaryOp op, Expr operand) -> {
                Whole a = whole(operand);
                yield switch (op) {
                    case NEG -> () -> Arithmetic.wrap(type, -a.value());
                    case NOT -> () -> 1 - a.value();
                    case BIT_NOT -> () -> Arithmetic.wrap(type, ~a.value());
                };
            }
            case Expr.Binary b when b.left().type().isFloat() -> comparison(b.op(), real(b.left()), real(b.right()));
            case Expr.Binary b -> integers(b.op(), b.left().type(), whole(b.left()), whole(b.right()));
            case Expr.Cast(DType _, Expr operand) -> toWhole(type, operand);
            case Expr.Bitcast(DType _, Expr operand) -> {
                if (!operand.type().isFloat()) {
                    Whole a = whole(operand);
                    yield () -> Arithmetic.wrap(type, a.value());
                }
                Real a = real(operand);
                yield () -> {
                    double value = a.value();
                    definition.undecided |= definition.error > 0;
                    return Arithmetic.wrap(type, Arithmetic.bits(operand.type(), value));
                };
            }
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                Whole c = whole(condition);
                Whole a = whole(whenTrue);
                Whole b = whole(whenFalse);
                yield () -> c.value() != 0 ? a.value() : b.value();
            }
            case Expr.Read read -> readWhole(read);
            case Expr.Accumulator _ -> integerAccumulator;
            case Expr.TableEntry(Table table, List<Expr> indices) -> {
                Whole position = position(table, indices);
                yield () -> (long) table.valueAt((int) position.value());
            }
            case Expr.FloatConst _,
                    Expr.Param _,
                    Expr.Call _,
                    Expr.Reduce _,
                    Expr.Load _,
                    Expr.Ramp _,
                    Expr.Broadcast _,
                    Expr.Extract _ -> throw new IllegalArgumentException("not an integer of a program: " + e);
        };
    }

    static double round(DType type, double value) {
        return type == DType.F32 ? (float) value : Arithmetic.round(type, value);
    }

    static long whole(BinaryOp op, DType type, long a, long b) {
        return Arithmetic.integer(op, type, a, b)
                .orElseThrow(() -> new Definition.Undefined("an integer is divided by zero"));
    }

    private double exact(double value) {
        definition.error = 0;
        return value;
    }

    private double with(double value, double error) {
        // What overflows or is no number has no error to speak of: it must come out the same.
        definition.error = Double.isFinite(value) ? error : 0;
        return value;
    }

    private Real arithmetic(BinaryOp op, DType type, Real a, Real b) {
        ErrorModel errors = definition.errors;
        return switch (op) {
            case ADD, SUB -> {
                double sign = op == BinaryOp.ADD ? 1 : -1;
                yield () -> {
                    double x = a.value();
                    double xError = definition.error;
                    double y = b.value();
                    double value = round(type, x + sign * y);
                    return with(value, xError + definition.error + errors.rounding(type, value));
                };
            }
            case MUL ->
                () -> {
                    double x = a.value();
                    double xError = definition.error;
                    double y = b.value();
                    double yError = definition.error;
                    double value = round(type, x * y);
                    return with(
                            value,
                            Math.abs(x) * yError
                                    + Math.abs(y) * xError
                                    + xError * yError
                                    + errors.rounding(type, value));
                };
            case DIV ->
                () -> {
                    double x = a.value();
                    double xError = definition.error;
                    double y = b.value();
                    double yError = definition.error;
                    double value = round(type, x / y);
                    // Where the divisor may be zero anything may come out.
                    double least = Math.abs(y) - yError;
                    double error = yError > 0 && least <= 0
                            ? Double.POSITIVE_INFINITY
                            : (xError + Math.abs(value) * yError) / least;
                    return with(value, (xError + yError == 0 ? 0 : error) + errors.rounding(type, value));
                };
            case MIN, MAX -> {
                boolean isMax = op == BinaryOp.MAX;
                yield () -> {
                    double x = a.value();
                    double xError = definition.error;
                    double y = b.value();
                    return with(isMax ? Math.max(x, y) : Math.min(x, y), Math.max(xError, definition.error));
                };
            }
            case REM ->
                () -> {
                    double x = a.value();
                    double xError = definition.error;
                    double y = b.value();
                    double value = Arithmetic.real(BinaryOp.REM, type, x, y).orElseThrow();
                    return with(value, xError + definition.error == 0 ? 0 : Double.POSITIVE_INFINITY);
                };
            case AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE ->
                throw new IllegalArgumentException("no arithmetic of floats: " + op);
        };
    }

    private Real call(MathFunction function, DType type, List<Expr> arguments) {
        Real a = real(arguments.getFirst());
        Real b = arguments.size() > 1 ? real(arguments.getLast()) : () -> exact(0);
        return () -> {
            double x = a.value();
            double xError = definition.error;
            double y = b.value();
            double yError = definition.error;
            double value = MathReference.call(function, x, y, type);
            return with(value, definition.errors.call(function, type, value, x, xError, y, yError));
        };
    }

    private Real toReal(DType type, Expr operand) {
        if (operand.type().isFloat()) {
            Real a = real(operand);
            double unit = ErrorModel.unit(type);
            return () -> {
                double value = round(type, a.value());
                return with(value, definition.error > 0 ? definition.error + unit * Math.abs(value) : 0);
            };
        }
        Whole a = whole(operand);
        return () -> exact(
                Arithmetic.cast(type, new Expr.IntConst(a.value(), operand.type()))
                                        .orElseThrow()
                                instanceof Expr.FloatConst c
                        ? c.value()
                        : Double.NaN);
    }

    private Whole toWhole(DType type, Expr operand) {
        if (!operand.type().isFloat()) {
            Whole a = whole(operand);
            return type == DType.BOOL ? () -> a.value() != 0 ? 1 : 0 : () -> Arithmetic.wrap(type, a.value());
        }
        Real a = real(operand);
        return () -> {
            double value = a.value();
            long result = saturate(type, value);
            double error = definition.error;
            if (error > 0) {
                definition.undecided |=
                        saturate(type, value - error) != result || saturate(type, value + error) != result;
            }
            return result;
        };
    }

    private static long saturate(DType type, double value) {
        return type == DType.BOOL ? (value != 0 ? 1 : 0) : Arithmetic.saturate(type, value);
    }

    private Real select(Whole condition, Real whenTrue, Real whenFalse) {
        return () -> {
            boolean before = definition.undecided;
            definition.undecided = false;
            boolean chosen = condition.value() != 0;
            boolean either = definition.undecided;
            definition.undecided = before;
            double value = chosen ? whenTrue.value() : whenFalse.value();
            if (!either) {
                return value;
            }
            double error = definition.error;
            double other = chosen ? whenFalse.value() : whenTrue.value();
            return with(value, Math.abs(value - other) + Math.max(error, definition.error));
        };
    }

    private Whole comparison(BinaryOp op, Real a, Real b) {
        return () -> {
            double x = a.value();
            double error = definition.error;
            double y = b.value();
            error += definition.error;
            definition.undecided |= error > 0 && Math.abs(x - y) <= error;
            return Arithmetic.compare(op, x, y) ? 1 : 0;
        };
    }

    private static Whole integers(BinaryOp op, DType type, Whole a, Whole b) {
        if (type != DType.I64) {
            return () -> whole(op, type, a.value(), b.value());
        }
        // The common ones of indices without detours.
        return switch (op) {
            case ADD -> () -> a.value() + b.value();
            case SUB -> () -> a.value() - b.value();
            case MUL -> () -> a.value() * b.value();
            case LT -> () -> a.value() < b.value() ? 1 : 0;
            case GE -> () -> a.value() >= b.value() ? 1 : 0;
            case DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LE, GT, EQ, NE ->
                () -> whole(op, type, a.value(), b.value());
        };
    }

    /** The row-major position that {@code read} asks for; negative where it lies outside. */
    private Whole position(Expr.Read read, Definition.Tensor tensor) {
        long[] extents = tensor.extents();
        Whole[] indices = read.indices().stream().map(this::whole).toArray(Whole[]::new);
        return () -> {
            long position = 0;
            for (int axis = 0; axis < indices.length; axis++) {
                long index = indices[axis].value();
                if (index < 0 || index >= extents[axis]) {
                    return -1;
                }
                position = position * extents[axis] + index;
            }
            return position;
        };
    }

    private static long inside(long position, Expr.Read read) {
        if (position < 0) {
            throw new Definition.Undefined("an element outside " + read.tensor() + " is read");
        }
        return position;
    }

    private Real readReal(Expr.Read read) {
        Definition.Tensor tensor = definition.tensor(read.tensor());
        Whole position = position(read, tensor);
        if (read.outside().isEmpty()) {
            return () -> tensor.real(inside(position.value(), read));
        }
        Real outside = real(read.outside().get());
        return () -> {
            long at = position.value();
            return at < 0 ? outside.value() : tensor.real(at);
        };
    }

    private Whole readWhole(Expr.Read read) {
        Definition.Tensor tensor = definition.tensor(read.tensor());
        Whole position = position(read, tensor);
        if (read.outside().isEmpty()) {
            return () -> tensor.integer(inside(position.value(), read));
        }
        Whole outside = whole(read.outside().get());
        return () -> {
            long at = position.value();
            return at < 0 ? outside.value() : tensor.integer(at);
        };
    }

    private Whole position(Table table, List<Expr> indices) {
        Whole[] at = indices.stream().map(this::whole).toArray(Whole[]::new);
        return () -> {
            long position = 0;
            for (int axis = 0; axis < at.length; axis++) {
                long index = at[axis].value();
                if (index < 0 || index >= table.size(axis)) {
                    throw new Definition.Undefined("an entry outside table " + table.name() + " is read");
                }
                position = position * table.size(axis) + index;
            }
            return position;
        };
    }
}
