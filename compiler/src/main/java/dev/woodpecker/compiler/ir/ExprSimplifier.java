package dev.woodpecker.compiler.ir;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Simplifies expressions at one place of a kernel, remembering what it has seen. An entry of a constant table whose
 * indices are constants stays a {@link Expr.TableEntry} until its product or sum is formed: only there zero and one
 * vanish, which for other floats would change signed zeros and NaNs.
 */
final class ExprSimplifier {
    private final Bounds bounds;
    private final Map<String, Expr> bindings;
    private final IndexAlgebra algebra;
    private final FloatAlgebra floats = new FloatAlgebra();
    private final Map<Expr, Expr> simplified = new IdentityHashMap<>();
    private final Map<Expr, Polynomial> polynomials = new IdentityHashMap<>();

    ExprSimplifier(Bounds bounds) {
        this(bounds, Map.of());
    }

    private ExprSimplifier(Bounds bounds, Map<String, Expr> bindings) {
        this.bounds = bounds;
        this.bindings = bindings;
        this.algebra = new IndexAlgebra(bounds);
    }

    Bounds bounds() {
        return bounds;
    }

    ExprSimplifier within(Bounds inner) {
        return inner == bounds ? this : new ExprSimplifier(inner, bindings);
    }

    ExprSimplifier binding(Expr.Var variable, Expr value) {
        Map<String, Expr> more = new HashMap<>(bindings);
        more.put(variable.name(), value);
        return new ExprSimplifier(bounds, more);
    }

    Expr simplify(Expr e) {
        return FloatAlgebra.settled(term(e));
    }

    /** {@code e} simplified, a constant table entry still one. */
    private Expr term(Expr e) {
        Expr known = simplified.get(e);
        if (known == null) {
            known = compute(e);
            simplified.put(e, known);
        }
        return known;
    }

    private Expr compute(Expr e) {
        return switch (e) {
            case Expr.IntConst _, Expr.FloatConst _, Expr.Param _, Expr.Accumulator _ -> e;
            case Expr.Var v -> bindings.getOrDefault(v.name(), v);
            case Expr.Unary u -> unary(u);
            case Expr.Binary b -> binary(b);
            case Expr.Select s -> select(s);
            case Expr.Cast c -> cast((Expr.Cast) c.mapOperands(this::simplify));
            case Expr.Bitcast c -> bitcast((Expr.Bitcast) c.mapOperands(this::simplify));
            case Expr.Call c -> floats.call((Expr.Call) c.mapOperands(this::simplify));
            case Expr.Read _, Expr.Load _, Expr.TableEntry _ -> e.mapOperands(this::simplify);
            case Expr.Reduce r -> reduce(r);
            case Expr.Ramp r -> Lanes.ramp((Expr.Ramp) r.mapOperands(this::simplify));
            case Expr.Broadcast b -> Lanes.broadcast((Expr.Broadcast) b.mapOperands(this::term));
            case Expr.Extract x -> extract((Expr.Extract) x.mapOperands(this::simplify));
        };
    }

    private Expr reduce(Expr.Reduce r) {
        Bounds inner = bounds;
        for (Axis axis : r.axes()) {
            Interval extent = bounds.of(axis.extent());
            inner = inner.with(axis.variable(), 0, Math.max(0, extent.max() - 1));
        }
        return r.mapOperands(within(inner)::simplify);
    }

    private Expr extract(Expr.Extract x) {
        Optional<Expr> lane = Lanes.extracted(x);
        return lane.isEmpty() ? x : term(lane.get());
    }

    // ---- Integers

    private static boolean isArithmetic(BinaryOp op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, REM -> true;
            case MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> false;
        };
    }

    /** {@code e}, a scalar {@code I64} or {@code I32}, as a sum of products. */
    private Polynomial polynomial(Expr e) {
        Polynomial known = polynomials.get(e);
        if (known == null) {
            known = computePolynomial(e);
            polynomials.put(e, known);
        }
        return known;
    }

    private Polynomial computePolynomial(Expr e) {
        if (e instanceof Expr.IntConst(long value, DType type)) {
            return Polynomial.constant(type, value);
        }
        if (e instanceof Expr.Unary(UnaryOp op, Expr operand) && op == UnaryOp.NEG) {
            return polynomial(operand).times(-1);
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right) && isArithmetic(op)) {
            Polynomial x = polynomial(left);
            Polynomial y = polynomial(right);
            return switch (op) {
                case ADD -> x.plus(y);
                case SUB -> x.minus(y);
                case MUL -> x.times(y).orElseGet(() -> atom(op, x, y));
                case DIV, REM -> division(op, algebra.recombined(x), algebra.recombined(y));
                case MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> throw new AssertionError(op);
            };
        }
        return Polynomial.of(simplify(e));
    }

    private Polynomial division(BinaryOp op, Polynomial x, Polynomial y) {
        if (!y.isConstant()) {
            return algebra.byProduct(op, x, y).orElseGet(() -> atom(op, x, y));
        }
        if (x.isConstant()) {
            OptionalLong folded = Arithmetic.integer(op, x.type(), x.constant(), y.constant());
            if (folded.isPresent()) {
                return Polynomial.constant(x.type(), folded.getAsLong());
            }
        }
        if (y.constant() <= 0) {
            return atom(op, x, y);
        }
        return op == BinaryOp.DIV ? algebra.divided(x, y.constant()) : algebra.remainder(x, y.constant());
    }

    private static Polynomial atom(BinaryOp op, Polynomial x, Polynomial y) {
        return Polynomial.atom(new Expr.Binary(op, x.toExpr(), y.toExpr()));
    }

    /** {@code result}, or the very {@code original} when they are equal. */
    private static Expr same(Expr original, Expr result) {
        return result.equals(original) ? original : result;
    }

    private Expr sum(Expr e) {
        return same(e, algebra.recombined(polynomial(e)).toExpr());
    }

    private Expr minMax(Expr.Binary b) {
        Polynomial x = algebra.recombined(polynomial(b.left()));
        Polynomial y = algebra.recombined(polynomial(b.right()));
        if (algebra.decided(BinaryOp.LE, x, y).equals(Optional.of(true))) {
            return (b.op() == BinaryOp.MIN ? x : y).toExpr();
        }
        if (algebra.decided(BinaryOp.GE, x, y).equals(Optional.of(true))) {
            return (b.op() == BinaryOp.MIN ? y : x).toExpr();
        }
        Expr left = x.toExpr();
        Expr right = y.toExpr();
        return ExprOrder.INSTANCE.compare(left, right) <= 0
                        || !IndexMath.constant(right).isEmpty()
                ? same(b, new Expr.Binary(b.op(), left, right))
                : same(b, new Expr.Binary(b.op(), right, left));
    }

    private Expr comparison(Expr.Binary b) {
        Polynomial x = algebra.recombined(polynomial(b.left()));
        Polynomial y = algebra.recombined(polynomial(b.right()));
        Optional<Boolean> decided = algebra.decided(b.op(), x, y);
        if (decided.isPresent()) {
            return decided.get() ? Expr.TRUE : Expr.FALSE;
        }
        Expr normal = algebra.isExact(x, y)
                ? algebra.compared(b.op(), x, y)
                : new Expr.Binary(b.op(), x.toExpr(), y.toExpr());
        return same(b, normal);
    }

    // ---- Operators

    private Expr unary(Expr.Unary u) {
        if (u.op() == UnaryOp.NEG && Bounds.isIndexLike(u)) {
            return sum(u);
        }
        Expr operand = simplify(u.operand());
        Optional<Expr> folded = Arithmetic.unary(u.op(), operand);
        if (folded.isPresent()) {
            return folded.get();
        }
        if (operand instanceof Expr.Unary inner && inner.op() == u.op()) {
            return inner.operand();
        }
        if (u.op() == UnaryOp.NOT
                && operand instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && op.isComparison()) {
            // With a NaN both of a < b and a >= b are false; == and != are each other's opposite even then.
            if (!left.type().isFloat() || op == BinaryOp.EQ || op == BinaryOp.NE) {
                return simplify(new Expr.Binary(Bounds.negated(op), left, right));
            }
        }
        return operand == u.operand() ? u : new Expr.Unary(u.op(), operand);
    }

    private Expr binary(Expr.Binary b) {
        if (Bounds.isIndexLike(b.left())) {
            if (b.op().isComparison()) {
                return comparison(b);
            }
            if (isArithmetic(b.op())) {
                return sum(b);
            }
            if (b.op() == BinaryOp.MIN || b.op() == BinaryOp.MAX) {
                return minMax(b);
            }
        }
        if (b.type() == DType.BOOL && (b.op() == BinaryOp.AND || b.op() == BinaryOp.OR)) {
            return logical(b);
        }
        if (b.left().type().isFloat()) {
            return floats.binary((Expr.Binary) b.mapOperands(this::term));
        }
        return integer((Expr.Binary) b.mapOperands(this::simplify));
    }

    /** Integers and booleans that index algebra does not cover: vectors, short and unsigned types, bit operations. */
    private Expr integer(Expr.Binary b) {
        Optional<Expr> lanes = Lanes.binary(b);
        if (lanes.isPresent()) {
            return simplify(lanes.get());
        }
        if (b.op().isComparison() && b.lanes() > 1) {
            Optional<Boolean> decided = decidedInAllLanes(b);
            if (decided.isPresent()) {
                return new Expr.Broadcast(decided.get() ? Expr.TRUE : Expr.FALSE, b.lanes());
            }
        }
        DType type = b.left().type();
        if (b.left() instanceof Expr.IntConst(long x, DType _) && b.right() instanceof Expr.IntConst(long y, DType _)) {
            OptionalLong folded = Arithmetic.integer(b.op(), type, x, y);
            if (folded.isPresent()) {
                return new Expr.IntConst(folded.getAsLong(), b.type());
            }
        }
        return neutral(b);
    }

    private static Expr neutral(Expr.Binary b) {
        boolean rightZero = Lanes.isConstant(b.right(), 0);
        boolean rightOne = Lanes.isConstant(b.right(), 1);
        return switch (b.op()) {
            case ADD -> rightZero ? b.left() : Lanes.isConstant(b.left(), 0) ? b.right() : b;
            case SUB, SHL, SHR -> rightZero ? b.left() : b;
            case OR, XOR -> rightZero ? b.left() : Lanes.isConstant(b.left(), 0) ? b.right() : b;
            case MUL ->
                rightOne || Lanes.isConstant(b.left(), 0)
                        ? b.left()
                        : rightZero || Lanes.isConstant(b.left(), 1) ? b.right() : b;
            case DIV -> rightOne ? b.left() : b;
            case AND, DOT4 -> rightZero ? b.right() : Lanes.isConstant(b.left(), 0) ? b.left() : b;
            case REM, MIN, MAX, LT, LE, GT, GE, EQ, NE -> b;
        };
    }

    /** A comparison of vectors that are affine in the lane holds in all lanes if it holds in the first and the last. */
    private Optional<Boolean> decidedInAllLanes(Expr.Binary b) {
        if (b.op() == BinaryOp.EQ || b.op() == BinaryOp.NE || b.left().type() != DType.I64) {
            return Optional.empty();
        }
        Optional<Expr> firstLeft = Lanes.affineLane(b.left(), 0);
        Optional<Expr> firstRight = Lanes.affineLane(b.right(), 0);
        if (firstLeft.isEmpty() || firstRight.isEmpty()) {
            return Optional.empty();
        }
        Expr lastLeft = Lanes.affineLane(b.left(), b.lanes() - 1).orElseThrow();
        Expr lastRight = Lanes.affineLane(b.right(), b.lanes() - 1).orElseThrow();
        Optional<Boolean> first = algebra.decided(b.op(), polynomial(firstLeft.get()), polynomial(firstRight.get()));
        Optional<Boolean> last = algebra.decided(b.op(), polynomial(lastLeft), polynomial(lastRight));
        return first.equals(last) ? first : Optional.empty();
    }

    // ---- Booleans

    private Expr logical(Expr.Binary b) {
        boolean and = b.op() == BinaryOp.AND;
        Expr left = simplify(b.left());
        if (and ? Simplifier.isFalse(left) : Simplifier.isTrue(left)) {
            return left;
        }
        if (and ? Simplifier.isTrue(left) : Simplifier.isFalse(left)) {
            return simplify(b.right());
        }
        // The right side matters only where the left one leaves the result open.
        Expr right =
                within(and ? bounds.assuming(left) : bounds.assumingNot(left)).simplify(b.right());
        if (and ? Simplifier.isFalse(right) : Simplifier.isTrue(right)) {
            return right;
        }
        if ((and ? Simplifier.isTrue(right) : Simplifier.isFalse(right)) || left.equals(right)) {
            return left;
        }
        return left == b.left() && right == b.right() ? b : new Expr.Binary(b.op(), left, right);
    }

    private Expr select(Expr.Select s) {
        Expr condition = simplify(s.condition());
        if (Simplifier.isTrue(condition)) {
            return term(s.whenTrue());
        }
        if (Simplifier.isFalse(condition)) {
            return term(s.whenFalse());
        }
        Expr whenTrue = within(bounds.assuming(condition)).simplify(s.whenTrue());
        Expr whenFalse = within(bounds.assumingNot(condition)).simplify(s.whenFalse());
        if (whenTrue == whenFalse || (isLeaf(whenTrue) && whenTrue.equals(whenFalse))) {
            return whenTrue;
        }
        if (s.type() == DType.BOOL && condition.lanes() == s.lanes()) {
            if (Simplifier.isTrue(whenTrue) && Simplifier.isFalse(whenFalse)) {
                return condition;
            }
            if (Simplifier.isFalse(whenTrue) && Simplifier.isTrue(whenFalse)) {
                return simplify(new Expr.Unary(UnaryOp.NOT, condition));
            }
        }
        return condition == s.condition() && whenTrue == s.whenTrue() && whenFalse == s.whenFalse()
                ? s
                : new Expr.Select(condition, whenTrue, whenFalse);
    }

    private static boolean isLeaf(Expr e) {
        return e.operands().isEmpty() || (e instanceof Expr.Broadcast b && isLeaf(b.value()));
    }

    // ---- Conversions

    private Expr cast(Expr.Cast c) {
        Expr operand = c.operand();
        if (operand.type() == c.type()) {
            return operand;
        }
        Optional<Expr> folded = Arithmetic.cast(c.type(), operand);
        if (folded.isPresent()) {
            return folded.get();
        }
        if (operand instanceof Expr.Broadcast(Expr value, int lanes)) {
            return new Expr.Broadcast(simplify(new Expr.Cast(c.type(), value)), lanes);
        }
        boolean back = operand instanceof Expr.Cast inner
                && inner.operand().type() == c.type()
                && (keepsValues(c.type(), inner.type())
                        || (inner.type().isInteger()
                                && bounds.of(inner.operand()).fits(inner.type())));
        return back ? ((Expr.Cast) operand).operand() : c;
    }

    /** Whether every value of {@code from} is one of {@code to}. */
    private static boolean keepsValues(DType from, DType to) {
        if (from.isFloat() && to.isFloat()) {
            return to == DType.F64 || (to == DType.F32 && from != DType.F64);
        }
        if (from.isInteger() && to.isInteger()) {
            return to.bytes() > from.bytes() && (from.kind() == to.kind() || to.kind() == DType.Kind.SIGNED);
        }
        return from.isInteger() && (to == DType.F64 ? from.bytes() < 8 : to == DType.F32 && from.bytes() < 4);
    }

    private Expr bitcast(Expr.Bitcast c) {
        if (c.operand().type() == c.type()) {
            return c.operand();
        }
        if (c.operand() instanceof Expr.Bitcast(DType _, Expr inner)) {
            return inner.type() == c.type() ? inner : new Expr.Bitcast(c.type(), inner);
        }
        return Arithmetic.bitcast(c.type(), c.operand()).orElse(c);
    }
}
