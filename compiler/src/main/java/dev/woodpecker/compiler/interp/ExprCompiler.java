package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Turns expressions into code that runs on a {@link Frame}, one lane of a vector at a time. */
final class ExprCompiler {
    /** The variable that holds the value of a stage's reduction. */
    static final String ACCUMULATOR = "value of the reduction";

    private final Slots slots;
    private final Map<String, Long> parameters;
    private final Map<Expr, LongCode> longCode = new IdentityHashMap<>();
    private final Map<Expr, DoubleCode> doubleCode = new IdentityHashMap<>();

    ExprCompiler(Slots slots, Map<String, Long> parameters) {
        this.slots = slots;
        this.parameters = parameters;
    }

    /** An expression of an integer type or {@code BOOL}. */
    LongCode integer(Expr e) {
        LongCode known = longCode.get(e);
        if (known == null) {
            known = compileInteger(e);
            longCode.put(e, known);
        }
        return known;
    }

    /** An expression of a float type. */
    DoubleCode real(Expr e) {
        DoubleCode known = doubleCode.get(e);
        if (known == null) {
            known = compileReal(e);
            doubleCode.put(e, known);
        }
        return known;
    }

    LongCode[] integers(List<Expr> list) {
        return list.stream().map(this::integer).toArray(LongCode[]::new);
    }

    private LongCode compileInteger(Expr e) {
        DType type = e.type();
        return switch (e) {
            case Expr.IntConst(long value, DType _) -> (_, _) -> value;
            case Expr.Var v -> {
                int slot = slots.of(v);
                yield v.lanes() == 1 ? (f, _) -> f.integers[slot] : (f, lane) -> f.integers[slot + lane];
            }
            case Expr.Param p -> {
                long value = parameter(p);
                yield (_, _) -> value;
            }
            case Expr.Unary(UnaryOp op, Expr operand) -> {
                LongCode a = integer(operand);
                yield switch (op) {
                    case NEG -> (f, lane) -> Arithmetic.wrap(type, -a.run(f, lane));
                    case NOT -> (f, lane) -> 1 - a.run(f, lane);
                    case BIT_NOT -> (f, lane) -> Arithmetic.wrap(type, ~a.run(f, lane));
                };
            }
            case Expr.Binary b -> b.left().type().isFloat() ? comparison(b) : integers(b);
            case Expr.Cast(DType _, Expr operand) -> toInteger(type, operand);
            case Expr.Bitcast(DType _, Expr operand) -> bits(type, operand);
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                LongCode c = integer(condition);
                LongCode a = integer(whenTrue);
                LongCode b = integer(whenFalse);
                yield (f, lane) -> c.run(f, lane) != 0 ? a.run(f, lane) : b.run(f, lane);
            }
            case Expr.Read read -> {
                int slot = slots.memory(read.tensor());
                LongCode[] indices = integers(read.indices());
                if (read.outside().isEmpty()) {
                    yield (f, lane) -> f.memories[slot].integer(f.memories[slot].offset(indices, f, lane), f.worker);
                }
                LongCode outside = integer(read.outside().get());
                yield (f, lane) -> isInside(f.memories[slot], indices, f, lane)
                        ? f.memories[slot].integer(f.memories[slot].offset(indices, f, lane), f.worker)
                        : outside.run(f, lane);
            }
            case Expr.Load(var buffer, List<Expr> at) -> {
                int slot = slots.memory(buffer.name());
                LongCode[] indices = integers(at);
                yield (f, lane) -> f.memories[slot].integer(f.memories[slot].offset(indices, f, lane), f.worker);
            }
            case Expr.Accumulator _ -> {
                int slot = slots.variable(ACCUMULATOR, 1);
                yield (f, _) -> f.integers[slot];
            }
            case Expr.TableEntry(Table table, List<Expr> indices) -> {
                LongCode position = position(table, indices);
                yield (f, lane) -> (long) table.valueAt((int) position.run(f, lane));
            }
            case Expr.Ramp(Expr base, long stride, int _) -> {
                LongCode start = integer(base);
                yield type == DType.I64
                        ? (f, lane) -> start.run(f, 0) + stride * lane
                        : (f, lane) -> Arithmetic.wrap(type, start.run(f, 0) + stride * lane);
            }
            case Expr.Broadcast(Expr value, int _) -> {
                LongCode scalar = integer(value);
                yield (f, _) -> scalar.run(f, 0);
            }
            case Expr.Extract(Expr vector, Expr lane) -> {
                LongCode all = integer(vector);
                LongCode which = integer(lane);
                yield (f, _) -> all.run(f, (int) which.run(f, 0));
            }
            case Expr.Call _, Expr.FloatConst _, Expr.Reduce _ ->
                throw new IllegalArgumentException("no integer: " + e);
        };
    }

    private DoubleCode compileReal(Expr e) {
        DType type = e.type();
        return switch (e) {
            case Expr.FloatConst(double exact, DType _) -> {
                double value = Arithmetic.round(type, exact);
                yield (_, _) -> value;
            }
            case Expr.Var v -> {
                int slot = slots.of(v);
                yield v.lanes() == 1 ? (f, _) -> f.reals[slot] : (f, lane) -> f.reals[slot + lane];
            }
            case Expr.Unary(UnaryOp _, Expr operand) -> {
                DoubleCode a = real(operand);
                yield (f, lane) -> -a.run(f, lane);
            }
            case Expr.Binary b -> reals(b);
            case Expr.Call(MathFunction function, List<Expr> arguments) -> {
                DoubleCode x = real(arguments.getFirst());
                DoubleCode y = real(arguments.getLast());
                yield arguments.size() == 1
                        ? (f, lane) -> MathReference.call(function, x.run(f, lane), 0, type)
                        : (f, lane) -> MathReference.call(function, x.run(f, lane), y.run(f, lane), type);
            }
            case Expr.Cast(DType _, Expr operand) -> toReal(type, operand);
            case Expr.Bitcast(DType _, Expr operand) -> ofBits(type, operand);
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                LongCode c = integer(condition);
                DoubleCode a = real(whenTrue);
                DoubleCode b = real(whenFalse);
                yield (f, lane) -> c.run(f, lane) != 0 ? a.run(f, lane) : b.run(f, lane);
            }
            case Expr.Read read -> {
                int slot = slots.memory(read.tensor());
                LongCode[] indices = integers(read.indices());
                if (read.outside().isEmpty()) {
                    yield (f, lane) -> f.memories[slot].real(f.memories[slot].offset(indices, f, lane), f.worker);
                }
                DoubleCode outside = real(read.outside().get());
                yield (f, lane) -> isInside(f.memories[slot], indices, f, lane)
                        ? f.memories[slot].real(f.memories[slot].offset(indices, f, lane), f.worker)
                        : outside.run(f, lane);
            }
            case Expr.Load(var buffer, List<Expr> at) -> {
                int slot = slots.memory(buffer.name());
                LongCode[] indices = integers(at);
                yield (f, lane) -> f.memories[slot].real(f.memories[slot].offset(indices, f, lane), f.worker);
            }
            case Expr.Accumulator _ -> {
                int slot = slots.variable(ACCUMULATOR, 1);
                yield (f, _) -> f.reals[slot];
            }
            case Expr.TableEntry(Table table, List<Expr> indices) -> {
                LongCode position = position(table, indices);
                yield (f, lane) -> Arithmetic.round(type, table.valueAt((int) position.run(f, lane)));
            }
            case Expr.Ramp(Expr base, long stride, int _) -> {
                DoubleCode start = real(base);
                yield (f, lane) -> Arithmetic.round(type, start.run(f, 0) + stride * lane);
            }
            case Expr.Broadcast(Expr value, int _) -> {
                DoubleCode scalar = real(value);
                yield (f, _) -> scalar.run(f, 0);
            }
            case Expr.Extract(Expr vector, Expr lane) -> {
                DoubleCode all = real(vector);
                LongCode which = integer(lane);
                yield (f, _) -> all.run(f, (int) which.run(f, 0));
            }
            case Expr.IntConst _, Expr.Param _, Expr.Reduce _ -> throw new IllegalArgumentException("no float: " + e);
        };
    }

    private long parameter(Expr.Param p) {
        Long value = parameters.get(p.name());
        if (value == null) {
            throw new InterpreterException("parameter " + p.name() + " has no value");
        }
        if (value < p.min() || value > p.max() || p.divisor() > 1 && value % p.divisor() != 0) {
            throw new InterpreterException("parameter " + p.name() + " is " + value + ", allowed: " + p.min() + " to "
                    + p.max() + ", divisible by " + p.divisor());
        }
        return value;
    }

    private static boolean isInside(Memory memory, LongCode[] indices, Frame f, int lane) {
        for (int axis = 0; axis < indices.length; axis++) {
            long index = indices[axis].run(f, lane);
            if (index < 0 || index >= memory.extent(axis)) {
                return false;
            }
        }
        return true;
    }

    private LongCode position(Table table, List<Expr> indices) {
        LongCode[] at = integers(indices);
        return (f, lane) -> {
            long position = 0;
            for (int axis = 0; axis < at.length; axis++) {
                long index = at[axis].run(f, lane);
                if (index < 0 || index >= table.size(axis)) {
                    throw new InterpreterException(
                            "index " + index + " is outside axis " + axis + " of table " + table.name());
                }
                position = position * table.size(axis) + index;
            }
            return position;
        };
    }

    private LongCode integers(Expr.Binary e) {
        LongCode a = integer(e.left());
        LongCode b = integer(e.right());
        DType type = e.left().type();
        BinaryOp op = e.op();
        if (type != DType.I64) {
            return (f, lane) -> integer(op, type, a.run(f, lane), b.run(f, lane));
        }
        // The common ones without detours; what they mean is what Arithmetic says.
        if (e.right() instanceof Expr.IntConst(long divisor, DType _) && divisor > 0) {
            if (op == BinaryOp.DIV) {
                return (f, lane) -> a.run(f, lane) / divisor;
            }
            if (op == BinaryOp.REM) {
                return (f, lane) -> a.run(f, lane) % divisor;
            }
        }
        return switch (op) {
            case ADD -> (f, lane) -> a.run(f, lane) + b.run(f, lane);
            case SUB -> (f, lane) -> a.run(f, lane) - b.run(f, lane);
            case MUL -> (f, lane) -> a.run(f, lane) * b.run(f, lane);
            case LT -> (f, lane) -> a.run(f, lane) < b.run(f, lane) ? 1 : 0;
            case GE -> (f, lane) -> a.run(f, lane) >= b.run(f, lane) ? 1 : 0;
            case DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LE, GT, EQ, NE ->
                (f, lane) -> integer(op, type, a.run(f, lane), b.run(f, lane));
        };
    }

    private static long integer(BinaryOp op, DType type, long a, long b) {
        return Arithmetic.integer(op, type, a, b)
                .orElseThrow(() -> new InterpreterException("an integer is divided by zero"));
    }

    private LongCode comparison(Expr.Binary e) {
        DoubleCode a = real(e.left());
        DoubleCode b = real(e.right());
        BinaryOp op = e.op();
        return (f, lane) -> Arithmetic.compare(op, a.run(f, lane), b.run(f, lane)) ? 1 : 0;
    }

    private DoubleCode reals(Expr.Binary e) {
        DoubleCode a = real(e.left());
        DoubleCode b = real(e.right());
        DType type = e.type();
        BinaryOp op = e.op();
        if (type != DType.F32) {
            return (f, lane) ->
                    Arithmetic.real(op, type, a.run(f, lane), b.run(f, lane)).orElseThrow();
        }
        return switch (op) {
            case ADD -> (f, lane) -> (float) a.run(f, lane) + (float) b.run(f, lane);
            case SUB -> (f, lane) -> (float) a.run(f, lane) - (float) b.run(f, lane);
            case MUL -> (f, lane) -> (float) a.run(f, lane) * (float) b.run(f, lane);
            case DIV -> (f, lane) -> (float) a.run(f, lane) / (float) b.run(f, lane);
            case MIN -> (f, lane) -> Math.min(a.run(f, lane), b.run(f, lane));
            case MAX -> (f, lane) -> Math.max(a.run(f, lane), b.run(f, lane));
            case REM, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE ->
                (f, lane) -> Arithmetic.real(op, type, a.run(f, lane), b.run(f, lane))
                        .orElseThrow();
        };
    }

    private LongCode toInteger(DType type, Expr operand) {
        if (!operand.type().isFloat()) {
            LongCode a = integer(operand);
            return type == DType.BOOL
                    ? (f, lane) -> a.run(f, lane) != 0 ? 1 : 0
                    : (f, lane) -> Arithmetic.wrap(type, a.run(f, lane));
        }
        DoubleCode a = real(operand);
        return type == DType.BOOL
                ? (f, lane) -> a.run(f, lane) != 0 ? 1 : 0
                : (f, lane) -> Arithmetic.saturate(type, a.run(f, lane));
    }

    private DoubleCode toReal(DType type, Expr operand) {
        DType from = operand.type();
        if (from.isFloat()) {
            DoubleCode a = real(operand);
            return (f, lane) -> Arithmetic.round(type, a.run(f, lane));
        }
        LongCode a = integer(operand);
        return (f, lane) -> constantReal(
                Arithmetic.cast(type, new Expr.IntConst(a.run(f, lane), from)).orElseThrow());
    }

    private static double constantReal(Expr e) {
        return e instanceof Expr.FloatConst c ? c.value() : Double.NaN;
    }

    private LongCode bits(DType type, Expr operand) {
        DType from = operand.type();
        if (!from.isFloat()) {
            LongCode a = integer(operand);
            return (f, lane) -> Arithmetic.wrap(type, a.run(f, lane));
        }
        DoubleCode a = real(operand);
        return (f, lane) -> Arithmetic.wrap(type, Arithmetic.bits(from, a.run(f, lane)));
    }

    private DoubleCode ofBits(DType type, Expr operand) {
        DType from = operand.type();
        if (from.isFloat()) {
            return real(operand);
        }
        LongCode a = integer(operand);
        return (f, lane) -> constantReal(Arithmetic.bitcast(type, new Expr.IntConst(a.run(f, lane), from))
                .orElseThrow());
    }
}
