package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.ConstantExtreme;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.FloatRange;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Expressions of one function as C.
 */
final class ExprPrinter {
    /** How tight C operators bind that the IR has no number for. */
    static final int LOWEST = 0;

    private static final int CONDITIONAL = 2;
    static final int LOGICAL_OR = 3;
    private static final int LOGICAL_AND = 4;
    static final int COMPARISON = 9;
    private static final int SUM = 11;
    private static final int UNARY = 13;
    private static final int POSTFIX = 14;

    private final Dialect dialect;
    private final Prologue helpers;
    private final Names names;
    private final String indexType;
    /** Register buffers that are variables rather than arrays. */
    private final Set<String> variables = new HashSet<>();

    private final MaskPrinter masks;

    private Bounds bounds = Bounds.none();

    ExprPrinter(Dialect dialect, Prologue helpers, Names names, String indexType) {
        this.dialect = dialect;
        this.helpers = helpers;
        this.names = names;
        this.indexType = indexType;
        this.masks = new MaskPrinter(this, helpers, names);
    }

    Bounds bounds() {
        return bounds;
    }

    void setBounds(Bounds newBounds) {
        bounds = newBounds;
    }

    void addVariable(Buffer buffer) {
        variables.add(buffer.name());
    }

    void removeVariable(Buffer buffer) {
        variables.remove(buffer.name());
    }

    /** The type of a variable that holds {@code value}; of a mask where it is a vector of booleans. */
    String typeOf(Expr value) {
        if (value.type() == DType.BOOL) {
            return value.lanes() == 1 ? "int" : helpers.mask(masks.bytes(value), value.lanes());
        }
        return value.lanes() == 1 && value.type() == DType.I64 ? indexType : helpers.type(value.type(), value.lanes());
    }

    /** Remembers how wide the masks of a variable are. */
    void define(Expr.Var variable, Expr value) {
        if (value.type() == DType.BOOL && value.lanes() > 1) {
            masks.define(variable, masks.bytes(value));
        }
    }

    String print(Expr e) {
        return text(e, LOWEST);
    }

    /** A variable or element as it is assigned to. */
    String place(Expr.Load element) {
        return load(element);
    }

    private static String grouped(String text, int own, int strength) {
        return own < strength ? "(" + text + ")" : text;
    }

    static String call(String function, String... arguments) {
        return function + "(" + String.join(", ", arguments) + ")";
    }

    /** {@code e}, in parentheses where it binds less than {@code strength}. */
    String text(Expr e, int strength) {
        if (e.type() == DType.BOOL && e.lanes() > 1) {
            return grouped(masks.print(e, masks.bytes(e)), LOWEST, strength);
        }
        return switch (e) {
            case Expr.IntConst c -> negative(Literals.integer(c.value(), c.type()), strength);
            case Expr.FloatConst c -> real(c, strength);
            case Expr.Var v -> names.of(v.name());
            case Expr.Param p -> names.of(p.name());
            case Expr.Unary u -> unary(u, strength);
            case Expr.Binary b -> binary(b, strength);
            case Expr.Call c ->
                call(
                        helpers.nativeFunction(c.function().text(), c.type(), c.lanes()),
                        print(c.arguments().getFirst()));
            case Expr.Cast c -> cast(c, strength);
            case Expr.Bitcast c -> bitcast(c, strength);
            case Expr.Select s -> select(s, strength);
            case Expr.Load l -> load(l);
            case Expr.TableEntry t -> table(t);
            case Expr.Ramp(Expr base, long stride, int lanes) ->
                call(helpers.function("ramp", base.type(), lanes), print(base), Long.toString(stride));
            case Expr.Broadcast(Expr value, int lanes) ->
                call(helpers.function("splat", value.type(), lanes), print(value));
            case Expr.Extract(Expr vector, Expr lane) -> extract(vector, lane);
            case Expr.Read _, Expr.Accumulator _, Expr.Reduce _ ->
                throw new IllegalStateException("stages must be placed before printing, but found " + e);
        };
    }

    private static String negative(String literal, int strength) {
        return literal.startsWith("-") ? grouped(literal, UNARY, strength) : literal;
    }

    private String real(Expr.FloatConst c, int strength) {
        String literal = Literals.real(c.value(), c.type());
        return switch (c.type()) {
            case F64, F32, TF32 -> negative(literal, strength);
            // Held as their bits.
            case F16, BF16 -> String.format(Locale.ROOT, "0x%04x", Arithmetic.bits(c.type(), c.value()));
            case I8, U8, I16, U16, I32, U32, I64, U64, BOOL ->
                throw new IllegalStateException(c.type().text() + " is not a float type");
        };
    }

    private String extract(Expr vector, Expr lane) {
        String element = text(vector, POSTFIX) + "[" + print(lane) + "]";
        return vector.type() == DType.BOOL ? "(" + element + " != 0)" : element;
    }

    // ---- Operators

    private String unary(Expr.Unary u, int strength) {
        boolean wraps = u.op() == UnaryOp.NEG && u.type().isInteger() && u.lanes() == 1 && !isExact(u);
        if (wraps) {
            return call(helpers.function("neg", u.type(), 1), print(u.operand()));
        }
        String operand = text(u.operand(), UNARY);
        String spaced = operand.startsWith("-") ? "(" + operand + ")" : operand;
        return grouped(u.op().symbol() + spaced, UNARY, strength);
    }

    private boolean isExact(Expr.Unary u) {
        return bounds.of(u.operand()).negate().fits(u.type());
    }

    private String binary(Expr.Binary b, int strength) {
        if (b.type() == DType.BOOL && !b.op().isComparison()) {
            return logical(b, strength);
        }
        if (b.op() == BinaryOp.ADD && b.right() instanceof Expr.Binary right && right.op() == BinaryOp.DOT4) {
            return dot4(print(b.left()), right);
        }
        if (b.op() == BinaryOp.ADD && b.left() instanceof Expr.Binary left && left.op() == BinaryOp.DOT4) {
            return dot4(print(b.right()), left);
        }
        boolean integer = b.left().type().isInteger();
        int lanes = b.lanes();
        String symbol = b.op().symbol();
        int own = b.op().precedence();
        return switch (b.op()) {
            case ADD, SUB, MUL ->
                integer && lanes == 1 && !isExact(b)
                        ? helper(b)
                        : grouped(
                                operand(b.left(), own) + " " + symbol + " " + operand(b.right(), own + 1),
                                own,
                                strength);
            case DIV, REM -> {
                boolean plain = integer ? lanes == 1 && dividesSafely(b) : b.op() == BinaryOp.DIV;
                yield plain
                        ? grouped(
                                operand(b.left(), own) + " " + symbol + " " + operand(b.right(), own + 1),
                                own,
                                strength)
                        : helper(b);
            }
            case MIN, MAX ->
                ConstantExtreme.of(b)
                        .filter(ConstantExtreme::isInstruction)
                        .map(this::withConstant)
                        .orElseGet(() -> helper(b));
            case DOT4 -> dot4(lanes > 1 ? "(" + helpers.type(b.type(), lanes) + "){0}" : "0", b);
            case SHL, SHR ->
                shiftsPlainly(b)
                        ? grouped(text(b.left(), UNARY) + " " + symbol + " " + operand(b.right(), UNARY), own, strength)
                        : helper(b);
            case AND, OR, XOR ->
                grouped(operand(b.left(), UNARY) + " " + symbol + " " + operand(b.right(), UNARY), own, strength);
            case LT, LE, GT, GE, EQ, NE ->
                grouped(text(b.left(), SUM) + " " + symbol + " " + text(b.right(), SUM), COMPARISON - 1, strength);
        };
    }

    /** Added to a sum, which the instruction does for nothing. */
    private String dot4(String sum, Expr.Binary b) {
        return call(helpers.function("dot4", b.type(), b.lanes()), sum, print(b.left()), print(b.right()));
    }

    private String withConstant(ConstantExtreme e) {
        String name = e.op().name().toLowerCase(Locale.ROOT) + "_with";
        return call(helpers.function(name, e.x().type(), e.x().lanes()), print(e.x()), print(e.constant()));
    }

    private String helper(Expr.Binary b) {
        String name = b.op().name().toLowerCase(Locale.ROOT);
        return call(helpers.function(name, b.type(), b.lanes()), print(b.left()), print(b.right()));
    }

    /** A scalar beside a vector stands for all its lanes, where C converts it without loss. */
    String operand(Expr e, int strength) {
        if (e instanceof Expr.Broadcast(Expr value, int _)) {
            boolean converts = value.type() == DType.F32 || value.type() == DType.F64;
            boolean small = value instanceof Expr.IntConst c && c.value() >= 0 && c.value() < 128;
            if (converts || small) {
                return text(value, strength);
            }
        }
        return text(e, strength);
    }

    /** Whether the sum, difference or product cannot wrap; unsigned arithmetic may, as in C. */
    private boolean isExact(Expr.Binary b) {
        DType type = b.type();
        if (type == DType.U32 || type == DType.U64) {
            return true;
        }
        Interval x = bounds.of(b.left());
        Interval y = bounds.of(b.right());
        Interval exact = b.op() == BinaryOp.MUL ? x.times(y) : x.plus(b.op() == BinaryOp.ADD ? y : y.negate());
        return exact.fits(type);
    }

    /** By a constant distance that is in range, where C defines it: not to the left for signed scalars. */
    private static boolean shiftsPlainly(Expr.Binary b) {
        Expr distance = b.right() instanceof Expr.Broadcast broadcast ? broadcast.value() : b.right();
        boolean inRange = distance instanceof Expr.IntConst c
                && c.value() >= 0
                && c.value() < 8L * b.type().bytes();
        return inRange && (b.op() == BinaryOp.SHR || b.lanes() > 1 || b.type().kind() == DType.Kind.UNSIGNED);
    }

    private boolean dividesSafely(Expr.Binary b) {
        Interval divisor = bounds.of(b.right());
        return divisor.min() > 0 || (b.right() instanceof Expr.IntConst c && c.value() != 0 && c.value() != -1);
    }

    private String logical(Expr.Binary b, int strength) {
        return switch (b.op()) {
            case AND ->
                grouped(text(b.left(), LOGICAL_AND) + " && " + text(b.right(), LOGICAL_AND), LOGICAL_AND, strength);
            case OR ->
                grouped(
                        text(b.left(), COMPARISON - 1) + " || " + text(b.right(), COMPARISON - 1),
                        LOGICAL_OR,
                        strength);
            case XOR -> grouped(text(b.left(), UNARY) + " != " + text(b.right(), UNARY), COMPARISON - 1, strength);
            case MIN -> logical(new Expr.Binary(BinaryOp.AND, b.left(), b.right()), strength);
            case MAX -> logical(new Expr.Binary(BinaryOp.OR, b.left(), b.right()), strength);
            case ADD, SUB, MUL, DIV, REM, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE ->
                throw new IllegalStateException("no " + b.op() + " of booleans");
        };
    }

    private String select(Expr.Select s, int strength) {
        if (s.condition().lanes() == 1) {
            return choice(s.condition(), s, strength);
        }
        if (s.condition() instanceof Expr.Broadcast(Expr condition, int _)) {
            return choice(condition, s, strength);
        }
        String condition = masks.print(s.condition(), s.type().bytes());
        return call(
                helpers.function("blend", s.type(), s.lanes()), condition, print(s.whenTrue()), print(s.whenFalse()));
    }

    private String choice(Expr condition, Expr.Select s, int strength) {
        String text = text(condition, LOGICAL_OR) + " ? " + text(s.whenTrue(), LOGICAL_OR) + " : "
                + text(s.whenFalse(), CONDITIONAL);
        return grouped(text, CONDITIONAL, strength);
    }

    // ---- Conversions

    private String cast(Expr.Cast c, int strength) {
        DType from = c.operand().type();
        DType to = c.type();
        int lanes = c.lanes();
        if (lanes > 1) {
            return vectorCast(c);
        }
        if (to == DType.BOOL) {
            return grouped(text(c.operand(), SUM) + " != 0", COMPARISON - 1, strength);
        }
        if (!dialect.vectors() && to == DType.TF32) {
            return call("tf32_from_f32", print(c.operand()));
        }
        boolean shortFloat = !dialect.vectors() && (from == DType.F16 || to == DType.F16);
        if ((from.isFloat() && to.isInteger()) || shortFloat) {
            return call(helpers.conversion("from", to, from, 1), print(c.operand()));
        }
        String type = to == DType.I64 ? indexType : helpers.type(to, 1);
        return grouped("(" + type + ")" + text(c.operand(), UNARY), UNARY, strength);
    }

    private String vectorCast(Expr.Cast c) {
        DType from = c.operand().type();
        String type = helpers.type(c.type(), c.lanes());
        if (from == DType.BOOL) {
            int bytes = masks.bytes(c.operand());
            String bit = "(" + masks.print(c.operand(), bytes) + ") & 1";
            return call("__builtin_convertvector", bit, type);
        }
        if (from.isFloat() && c.type().isInteger()) {
            boolean bounded = c.type() == DType.I32
                    && from == DType.F32
                    && FloatRange.of(c.operand()).fitsInt();
            String conversion = bounded ? "from_bounded" : "from";
            return call(helpers.conversion(conversion, c.type(), from, c.lanes()), print(c.operand()));
        }
        if (dialect.vectors() && from.bytes() == 1 && c.type().bytes() == 4) {
            String extension = from == DType.U8 ? "from_zero_extended" : "from_sign_extended";
            String wide = call(helpers.conversion(extension, DType.I32, from, c.lanes()), print(c.operand()));
            return c.type() == DType.I32 ? wide : call("__builtin_convertvector", wide, type);
        }
        return call("__builtin_convertvector", print(c.operand()), type);
    }

    private String bitcast(Expr.Bitcast c, int strength) {
        DType from = c.operand().type();
        String type = helpers.type(c.type(), c.lanes());
        if (type.equals(helpers.type(from, c.lanes()))) {
            return text(c.operand(), strength);
        }
        if (c.lanes() > 1 || (from.isInteger() && c.type().isInteger())) {
            return grouped("(" + type + ")" + text(c.operand(), UNARY), UNARY, strength);
        }
        return call(helpers.conversion("bits_of", c.type(), from, 1), print(c.operand()));
    }

    // ---- Memory

    String load(Expr.Load l) {
        return access(l.buffer(), l.indices(), l.lanes());
    }

    /** Whether a buffer is a variable, of a scalar or a vector. */
    boolean isVariable(Buffer buffer) {
        return buffer.scope() == Scope.REGISTER && variables.contains(buffer.name());
    }

    private String access(Buffer buffer, List<Expr> indices, int lanes) {
        if (isVariable(buffer)) {
            return variable(buffer, indices);
        }
        Expr offset = offset(buffer, indices);
        String base = names.ofBuffer(buffer.name());
        if (lanes == 1) {
            return base + "[" + print(offset) + "]";
        }
        DType type = buffer.type();
        if (offset instanceof Expr.Ramp(Expr first, long stride, int _)) {
            String start = pointer(base, first);
            if (stride == 1 || stride == 2) {
                return call(helpers.function(stride == 1 ? "load" : "even", type, lanes), start);
            }
            return call(helpers.function("gather", type, lanes), start, Long.toString(stride));
        }
        return call(helpers.function("index", type, lanes), base, print(offset));
    }

    private String variable(Buffer buffer, List<Expr> indices) {
        String name = names.ofBuffer(buffer.name());
        boolean whole = indices.isEmpty() || indices.getFirst() instanceof Expr.Ramp;
        return whole ? name : name + "[" + print(indices.getFirst()) + "]";
    }

    static Expr offset(Buffer buffer, List<Expr> indices) {
        if (indices.isEmpty()) {
            return Expr.index(0);
        }
        if (indices.size() > 1) {
            throw new IllegalStateException(
                    "indices of " + buffer.name() + " must be flat before printing: " + indices);
        }
        return indices.getFirst();
    }

    String pointer(String base, Expr offset) {
        return offset instanceof Expr.IntConst c && c.value() == 0 ? base : base + " + " + text(offset, SUM);
    }

    String table(Expr.TableEntry t) {
        if (t.lanes() > 1) {
            Expr flat = Expr.index(0);
            for (int axis = 0; axis < t.indices().size(); axis++) {
                Expr index = widened(t.indices().get(axis), t.lanes());
                Expr size = new Expr.Broadcast(Expr.index(t.table().size(axis)), t.lanes());
                flat = axis == 0
                        ? index
                        : new Expr.Binary(BinaryOp.ADD, new Expr.Binary(BinaryOp.MUL, flat, size), index);
            }
            String first = helpers.table(t.table()) + "[0]".repeat(t.table().rank());
            return call(helpers.function("index", t.type(), t.lanes()), "&" + first, print(flat));
        }
        StringBuilder text = new StringBuilder(helpers.table(t.table()));
        t.indices().forEach(index -> text.append('[').append(print(index)).append(']'));
        return text.toString();
    }

    private static Expr widened(Expr index, int lanes) {
        return index.lanes() == 1 ? new Expr.Broadcast(index, lanes) : index;
    }

    /** The value of a store as memory holds it: booleans as 0 and 1. */
    String stored(Expr value) {
        if (value.type() != DType.BOOL || value.lanes() == 1) {
            return print(value);
        }
        return "(" + helpers.type(DType.U8, value.lanes()) + ")((" + masks.print(value, 1) + ") & 1)";
    }

    String indexType() {
        return indexType;
    }
}
