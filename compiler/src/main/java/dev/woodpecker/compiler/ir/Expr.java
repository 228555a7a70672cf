package dev.woodpecker.compiler.ir;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * An expression: typed, pure, total but for bounds. Integer arithmetic wraps (two's complement); division and remainder
 * are Java's, and a divisor of zero is excluded by the verifier. Float arithmetic is IEEE 754 in the type of the node,
 * without reassociation; whether a multiply and an add may contract into one rounding is the kernel's numerics. A
 * {@link Select} evaluates only the chosen side per lane as far as bounds are concerned. Every operand of a node has the
 * same number of {@linkplain #lanes() lanes}, except where the node says otherwise; loads and stores of a
 * {@link Ramp}-indexed buffer are vector accesses.
 */
public sealed interface Expr {
    DType type();

    /** 1 for a scalar. */
    default int lanes() {
        return 1;
    }

    /** An integer, or a {@code BOOL} as 0 or 1. */
    record IntConst(long value, DType type) implements Expr {}

    /** A float constant; {@code value} is rounded to {@code type} where it is used. */
    record FloatConst(double value, DType type) implements Expr {}

    /** A loop or {@link Stmt.Let} variable; names are unique in a kernel. */
    record Var(String name, DType type, int lanes) implements Expr {
        public Var(String name, DType type) {
            this(name, type, 1);
        }

        /** An index variable. */
        public static Var index(String name) {
            return new Var(name, DType.I64);
        }
    }

    /** A kernel parameter that is known at run time only: {@code min <= value <= max}, and {@code divisor} divides it. */
    record Param(String name, long min, long max, long divisor) implements Expr {
        @Override
        public DType type() {
            return DType.I64;
        }
    }

    record Unary(UnaryOp op, Expr operand) implements Expr {
        @Override
        public DType type() {
            return operand.type();
        }

        @Override
        public int lanes() {
            return operand.lanes();
        }
    }

    /** Operands have one type; a comparison is {@code BOOL}. A shift distance has the type of the left side. */
    record Binary(BinaryOp op, Expr left, Expr right) implements Expr {
        @Override
        public DType type() {
            return op.isComparison() ? DType.BOOL : left.type();
        }

        @Override
        public int lanes() {
            return left.lanes();
        }
    }

    record Call(MathFunction function, List<Expr> arguments) implements Expr {
        public Call {
            arguments = List.copyOf(arguments);
        }

        @Override
        public DType type() {
            return arguments.getFirst().type();
        }

        @Override
        public int lanes() {
            return arguments.getFirst().lanes();
        }
    }

    /** Conversion by value; float to integer truncates and saturates as in Java, NaN becomes 0; anything to BOOL is {@code != 0}. */
    record Cast(DType type, Expr operand) implements Expr {
        @Override
        public int lanes() {
            return operand.lanes();
        }
    }

    /** The same bits as another type of the same size. */
    record Bitcast(DType type, Expr operand) implements Expr {
        @Override
        public int lanes() {
            return operand.lanes();
        }
    }

    record Select(Expr condition, Expr whenTrue, Expr whenFalse) implements Expr {
        @Override
        public DType type() {
            return whenTrue.type();
        }

        @Override
        public int lanes() {
            return whenTrue.lanes();
        }
    }

    /**
     * An element of a tensor of the program by its logical index. With {@code outside}, an index beyond the extents yields
     * that value instead. Present until stages are placed.
     */
    record Read(String tensor, DType type, List<Expr> indices, Optional<Expr> outside, Origin origin) implements Expr {
        public Read {
            indices = List.copyOf(indices);
        }
    }

    /** In a stage's element: the value of the stage's reduction. */
    record Accumulator(DType type) implements Expr {}

    /** A reduction inside an element, before the specialiser has given it a stage of its own. */
    record Reduce(ReduceOp op, List<Axis> axes, Expr body, Origin origin) implements Expr {
        public Reduce {
            axes = List.copyOf(axes);
        }

        @Override
        public DType type() {
            return body.type();
        }
    }

    /** An element of a buffer: by its logical index until layouts are flattened, then by one offset in elements. */
    record Load(Buffer buffer, List<Expr> indices) implements Expr {
        public Load {
            indices = List.copyOf(indices);
        }

        @Override
        public DType type() {
            return buffer.type();
        }

        @Override
        public int lanes() {
            return indices.stream().mapToInt(Expr::lanes).max().orElse(1);
        }
    }

    /** An entry of a constant table; folds away once its indices are constants. */
    record TableEntry(Table table, List<Expr> indices) implements Expr {
        public TableEntry {
            indices = List.copyOf(indices);
        }

        @Override
        public DType type() {
            return table.type();
        }

        @Override
        public int lanes() {
            return indices.stream().mapToInt(Expr::lanes).max().orElse(1);
        }
    }

    /** The vector {@code base, base + stride, ...}. */
    record Ramp(Expr base, long stride, int lanes) implements Expr {
        @Override
        public DType type() {
            return base.type();
        }
    }

    /** The scalar in every lane. */
    record Broadcast(Expr value, int lanes) implements Expr {
        @Override
        public DType type() {
            return value.type();
        }
    }

    /** One lane, a scalar, of a vector; {@code lane} is a scalar index. */
    record Extract(Expr vector, Expr lane) implements Expr {
        @Override
        public DType type() {
            return vector.type();
        }
    }

    Expr TRUE = new IntConst(1, DType.BOOL);
    Expr FALSE = new IntConst(0, DType.BOOL);

    /** An index constant. */
    static IntConst index(long value) {
        return new IntConst(value, DType.I64);
    }

    static Expr zero(DType type) {
        return type.isFloat() ? new FloatConst(0, type) : new IntConst(0, type);
    }

    /** This node with {@code f} applied to its direct operands; itself when none changed. */
    default Expr mapOperands(UnaryOperator<Expr> f) {
        return switch (this) {
            case IntConst e -> e;
            case FloatConst e -> e;
            case Var e -> e;
            case Param e -> e;
            case Accumulator e -> e;
            case Unary e -> {
                Expr operand = f.apply(e.operand);
                yield operand == e.operand ? e : new Unary(e.op, operand);
            }
            case Binary e -> {
                Expr left = f.apply(e.left);
                Expr right = f.apply(e.right);
                yield left == e.left && right == e.right ? e : new Binary(e.op, left, right);
            }
            case Call e -> {
                List<Expr> arguments = mapAll(e.arguments, f);
                yield arguments == e.arguments ? e : new Call(e.function, arguments);
            }
            case Cast e -> {
                Expr operand = f.apply(e.operand);
                yield operand == e.operand ? e : new Cast(e.type, operand);
            }
            case Bitcast e -> {
                Expr operand = f.apply(e.operand);
                yield operand == e.operand ? e : new Bitcast(e.type, operand);
            }
            case Select e -> {
                Expr condition = f.apply(e.condition);
                Expr whenTrue = f.apply(e.whenTrue);
                Expr whenFalse = f.apply(e.whenFalse);
                yield condition == e.condition && whenTrue == e.whenTrue && whenFalse == e.whenFalse
                        ? e
                        : new Select(condition, whenTrue, whenFalse);
            }
            case Read e -> {
                List<Expr> indices = mapAll(e.indices, f);
                Optional<Expr> outside = mapOptional(e.outside, f);
                boolean sameOutside = e.outside.isEmpty() || e.outside.get() == outside.orElseThrow();
                yield indices == e.indices && sameOutside ? e : new Read(e.tensor, e.type, indices, outside, e.origin);
            }
            case Reduce e -> {
                Expr body = f.apply(e.body);
                yield body == e.body ? e : new Reduce(e.op, e.axes, body, e.origin);
            }
            case Load e -> {
                List<Expr> indices = mapAll(e.indices, f);
                yield indices == e.indices ? e : new Load(e.buffer, indices);
            }
            case TableEntry e -> {
                List<Expr> indices = mapAll(e.indices, f);
                yield indices == e.indices ? e : new TableEntry(e.table, indices);
            }
            case Ramp e -> {
                Expr base = f.apply(e.base);
                yield base == e.base ? e : new Ramp(base, e.stride, e.lanes);
            }
            case Broadcast e -> {
                Expr value = f.apply(e.value);
                yield value == e.value ? e : new Broadcast(value, e.lanes);
            }
            case Extract e -> {
                Expr vector = f.apply(e.vector);
                Expr lane = f.apply(e.lane);
                yield vector == e.vector && lane == e.lane ? e : new Extract(vector, lane);
            }
        };
    }

    /** The direct operands, left to right. */
    default List<Expr> operands() {
        List<Expr> found = new java.util.ArrayList<>();
        mapOperands(operand -> {
            found.add(operand);
            return operand;
        });
        return found;
    }

    /** Bottom-up rewriting: {@code f} sees each node after its operands were rewritten. */
    default Expr rewrite(UnaryOperator<Expr> f) {
        return f.apply(mapOperands(operand -> operand.rewrite(f)));
    }

    /** Whether {@code test} holds for this node or one below it. */
    default boolean anyMatch(java.util.function.Predicate<Expr> test) {
        return test.test(this) || operands().stream().anyMatch(operand -> operand.anyMatch(test));
    }

    /** The list with {@code f} applied; the very list when no element changed. */
    static List<Expr> mapAll(List<Expr> list, UnaryOperator<Expr> f) {
        List<Expr> mapped = list.stream().map(f).toList();
        for (int i = 0; i < list.size(); i++) {
            if (mapped.get(i) != list.get(i)) {
                return mapped;
            }
        }
        return list;
    }

    private static Optional<Expr> mapOptional(Optional<Expr> value, UnaryOperator<Expr> f) {
        if (value.isEmpty()) {
            return value;
        }
        Expr mapped = f.apply(value.get());
        return mapped == value.get() ? value : Optional.of(mapped);
    }
}
