package dev.woodpecker.compiler.ir;

import dev.woodpecker.compiler.interp.MathReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A direct evaluation of loop-level expressions and statements for tests of single rewrites: one {@code double} or
 * {@code long} a lane, buffers by name, in their logical row-major order or flat when accessed by one offset.
 */
public final class Evaluator {
    private final Map<String, Object> variables = new HashMap<>();
    private final Map<String, Object> memory = new HashMap<>();
    private final DoubleFunctions functions;

    /** The value of a function that is not native. */
    public interface DoubleFunctions {
        double call(MathFunction function, double[] arguments);
    }

    public Evaluator() {
        this((function, arguments) -> {
            throw new AssertionError("not native: " + function);
        });
    }

    public Evaluator(DoubleFunctions functions) {
        this.functions = functions;
    }

    public Evaluator set(String variable, long... lanes) {
        variables.put(variable, lanes);
        return this;
    }

    public Evaluator set(String variable, double... lanes) {
        variables.put(variable, lanes);
        return this;
    }

    /** {@code data}: {@code double[]} or {@code long[]}, in memory order. */
    public Evaluator buffer(String name, Object data) {
        memory.put(name, data);
        return this;
    }

    public double[] doubles(String buffer) {
        return (double[]) contents(buffer);
    }

    private Object contents(String buffer) {
        return Optional.ofNullable(memory.get(buffer)).orElseThrow(() -> new AssertionError("no buffer " + buffer));
    }

    private Object value(String variable) {
        return Optional.ofNullable(variables.get(variable))
                .orElseThrow(() -> new AssertionError("unbound " + variable));
    }

    public long integer(Expr e) {
        return longs(e)[0];
    }

    public double real(Expr e) {
        return ((double[]) evaluate(e))[0];
    }

    private long[] longs(Expr e) {
        return (long[]) evaluate(e);
    }

    /** {@code long[]} or {@code double[]}, one element a lane. */
    public Object evaluate(Expr e) {
        return switch (e) {
            case Expr.IntConst c -> new long[] {c.value()};
            case Expr.FloatConst c -> new double[] {Arithmetic.round(c.type(), c.value())};
            case Expr.Var v -> value(v.name());
            case Expr.Param p -> value(p.name());
            case Expr.Unary u -> lanes(e.type(), e.lanes(), lane -> unary(u, lane));
            case Expr.Binary b -> binary(b);
            case Expr.Call c -> call(c);
            case Expr.Cast c -> cast(c);
            case Expr.Bitcast c -> bitcast(c);
            case Expr.Select s -> select(s);
            case Expr.Load l -> load(l);
            case Expr.TableEntry t -> table(t);
            case Expr.Ramp r -> {
                long base = integer(r.base());
                long[] out = new long[r.lanes()];
                Arrays.setAll(out, i -> Arithmetic.wrap(r.type(), base + i * r.stride()));
                yield out;
            }
            case Expr.Broadcast b -> {
                Object value = evaluate(b.value());
                yield lanes(b.type(), b.lanes(), lane -> lane(b.value(), value, 0));
            }
            case Expr.Extract x -> {
                int lane = (int) integer(x.lane());
                Object value = evaluate(x.vector());
                yield lanes(x.type(), 1, _ -> lane(x.vector(), value, lane));
            }
            case Expr.Read _, Expr.Accumulator _, Expr.Reduce _ -> throw new AssertionError("not at loop level: " + e);
        };
    }

    private interface LaneFunction {
        Expr at(int lane);
    }

    private static Object lanes(DType type, int count, LaneFunction f) {
        if (type.isFloat()) {
            double[] out = new double[count];
            Arrays.setAll(out, i -> ((Expr.FloatConst) f.at(i)).value());
            return out;
        }
        long[] out = new long[count];
        Arrays.setAll(out, i -> ((Expr.IntConst) f.at(i)).value());
        return out;
    }

    /** Lane {@code lane} of the value of {@code e} as a constant. */
    private static Expr lane(Expr e, Object value, int lane) {
        return value instanceof double[] d
                ? new Expr.FloatConst(d[lane], e.type())
                : new Expr.IntConst(((long[]) value)[lane], e.type());
    }

    private Expr unary(Expr.Unary u, int lane) {
        return Arithmetic.unary(u.op(), lane(u.operand(), evaluate(u.operand()), lane))
                .orElseThrow();
    }

    private Object binary(Expr.Binary b) {
        Object x = evaluate(b.left());
        Object y = evaluate(b.right());
        DType type = b.left().type();
        return lanes(b.type(), b.lanes(), i -> {
            if (!type.isFloat()) {
                OptionalLong value = Arithmetic.integer(b.op(), type, ((long[]) x)[i], ((long[]) y)[i]);
                return new Expr.IntConst(value.orElseThrow(() -> new ArithmeticException("/ by zero")), b.type());
            }
            double left = ((double[]) x)[i];
            double right = ((double[]) y)[i];
            return b.op().isComparison()
                    ? Arithmetic.compare(b.op(), left, right) ? Expr.TRUE : Expr.FALSE
                    : new Expr.FloatConst(
                            Arithmetic.real(b.op(), type, left, right).orElseThrow(), type);
        });
    }

    private Object call(Expr.Call c) {
        List<double[]> arguments =
                c.arguments().stream().map(a -> (double[]) evaluate(a)).toList();
        return lanes(c.type(), c.lanes(), i -> {
            double[] lane = arguments.stream().mapToDouble(a -> a[i]).toArray();
            double value = c.function().isNative()
                    ? Arithmetic.call(c.function(), c.type(), lane[0])
                            .orElseGet(() -> MathReference.call(c.function(), lane[0], 0, c.type()))
                    : Arithmetic.round(c.type(), functions.call(c.function(), lane));
            return new Expr.FloatConst(value, c.type());
        });
    }

    private Object cast(Expr.Cast c) {
        Object value = evaluate(c.operand());
        return lanes(
                c.type(),
                c.lanes(),
                i -> Arithmetic.cast(c.type(), lane(c.operand(), value, i)).orElseThrow());
    }

    private Object bitcast(Expr.Bitcast c) {
        Object value = evaluate(c.operand());
        return lanes(
                c.type(),
                c.lanes(),
                i -> Arithmetic.bitcast(c.type(), lane(c.operand(), value, i)).orElseThrow());
    }

    private Object select(Expr.Select s) {
        long[] condition = longs(s.condition());
        boolean all = Arrays.stream(condition).allMatch(c -> c != 0);
        boolean none = Arrays.stream(condition).allMatch(c -> c == 0);
        if (all || none) {
            return evaluate(all ? s.whenTrue() : s.whenFalse());
        }
        Object x = evaluate(s.whenTrue());
        Object y = evaluate(s.whenFalse());
        return lanes(s.type(), s.lanes(), i -> lane(s, condition[i] != 0 ? x : y, i));
    }

    private Object table(Expr.TableEntry t) {
        List<long[]> indices = t.indices().stream().map(this::longs).toList();
        return lanes(t.type(), t.lanes(), lane -> {
            long position = 0;
            for (int axis = 0; axis < indices.size(); axis++) {
                position = position * t.table().size(axis) + at(indices.get(axis), lane);
            }
            double value = t.table().valueAt((int) position);
            return t.type().isFloat()
                    ? new Expr.FloatConst(value, t.type())
                    : new Expr.IntConst((long) value, t.type());
        });
    }

    private static long at(long[] lanes, int lane) {
        return lanes[lanes.length == 1 ? 0 : lane];
    }

    private int[] positions(Buffer buffer, List<Expr> indices, int lanes) {
        List<long[]> values = indices.stream().map(this::longs).toList();
        int[] positions = new int[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            long position = 0;
            boolean flat = indices.size() != buffer.rank();
            for (int axis = 0; axis < indices.size(); axis++) {
                long extent = flat ? Long.MAX_VALUE : integer(buffer.shape().get(axis));
                long index = at(values.get(axis), lane);
                if (index < 0 || index >= extent) {
                    throw new AssertionError(
                            "index " + index + " of axis " + axis + " of " + buffer.name() + " is not below " + extent);
                }
                position = flat ? index : position * extent + index;
            }
            positions[lane] = (int) position;
        }
        return positions;
    }

    private Object load(Expr.Load l) {
        int[] positions = positions(l.buffer(), l.indices(), l.lanes());
        Object data = contents(l.buffer().name());
        return lanes(
                l.type(),
                l.lanes(),
                i -> data instanceof double[] d
                        ? new Expr.FloatConst(d[positions[i]], l.type())
                        : new Expr.IntConst(((long[]) data)[positions[i]], l.type()));
    }

    /** Runs {@code s}; the failed check's code, or 0. */
    public int run(Stmt s) {
        switch (s) {
            case Stmt.Seq(List<Stmt> statements) -> {
                for (Stmt child : statements) {
                    int code = run(child);
                    if (code != 0) {
                        return code;
                    }
                }
            }
            case Stmt.For(Loop loop, Stmt body) -> {
                long extent = integer(loop.extent());
                for (long i = 0; i < extent; i++) {
                    set(loop.name(), i);
                    int code = run(body);
                    if (code != 0) {
                        return code;
                    }
                }
            }
            case Stmt.If f -> {
                if (integer(f.condition()) != 0) {
                    return run(f.then());
                }
                return f.otherwise().isPresent() ? run(f.otherwise().get()) : 0;
            }
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> {
                variables.put(variable.name(), evaluate(value));
                return run(body);
            }
            case Stmt.Allocate(Buffer buffer, Stmt body) -> {
                long elements = 1;
                for (Expr extent : buffer.shape()) {
                    elements *= integer(extent);
                }
                if (buffer.type().isFloat()) {
                    double[] undefined = new double[(int) elements];
                    Arrays.fill(undefined, 12345.678);
                    memory.put(buffer.name(), undefined);
                } else {
                    memory.put(buffer.name(), new long[(int) elements]);
                }
                return run(body);
            }
            case Stmt.Store store -> store(store);
            case Stmt.Check check -> {
                return integer(check.condition()) != 0 ? 0 : check.code();
            }
            case Stmt.Barrier _ -> {}
            case Stmt.Compute _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> throw new AssertionError("not evaluated in these tests: " + s);
        }
        return 0;
    }

    private void store(Stmt.Store store) {
        int lanes = store.indices().stream().mapToInt(Expr::lanes).max().orElse(1);
        Object value = evaluate(store.value());
        int[] positions = positions(store.buffer(), store.indices(), lanes);
        Object data = contents(store.buffer().name());
        for (int lane = 0; lane < lanes; lane++) {
            if (data instanceof double[] d) {
                d[positions[lane]] = Arithmetic.round(store.buffer().type(), ((double[]) value)[lane]);
            } else {
                ((long[]) data)[positions[lane]] = ((long[]) value)[lane];
            }
        }
    }

    /** The variables and parameters of {@code e}, in order of appearance. */
    public static List<Expr> free(Expr e) {
        List<Expr> found = new ArrayList<>();
        if (e instanceof Expr.Var || e instanceof Expr.Param) {
            found.add(e);
        }
        e.operands().forEach(operand -> found.addAll(free(operand)));
        return found;
    }
}
