package dev.woodpecker.compiler.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is known about integer values at a place in a kernel: the ranges of loop and {@link Stmt.Let} variables, what
 * divides them, and the conditions that hold there. Immutable; entering a scope makes a new one.
 */
public final class Bounds {
    /** Tiles of threads are 64 wide at most. */
    private static final long MOST_MULTIPLE = 64;

    /** How many variables with symbolic limits are eliminated in one proof. */
    private static final int MAX_ELIMINATIONS = 8;

    private static final Bounds NONE = new Bounds(Knowledge.NOTHING);

    private final Knowledge knowledge;

    private Bounds(Knowledge knowledge) {
        this.knowledge = knowledge;
    }

    /** Nothing is known but the ranges of types and {@link Expr.Param}s. */
    public static Bounds none() {
        return NONE;
    }

    /** {@code variable} lies in {@code interval}. */
    public Bounds with(Expr.Var variable, Interval interval) {
        return with(variable, interval, 1, Optional.empty());
    }

    /** {@code variable} lies in {@code [min, max]}. */
    public Bounds with(Expr.Var variable, long min, long max) {
        return with(variable, new Interval(min, max));
    }

    /** Inside the loop: its variable runs from 0 to the extent less one. */
    public Bounds inside(Loop loop) {
        Interval extent = of(loop.extent());
        long max = Math.max(0, extent.max() == Long.MAX_VALUE ? extent.max() : extent.max() - 1);
        Optional<Polynomial> greatest = extent.isPoint()
                ? Optional.empty()
                : Optional.of(Polynomial.of(loop.extent()).plus(-1));
        return with(loop.variable(), new Interval(0, max), 1, greatest);
    }

    /** Where {@code variable} has the value of {@code value}. */
    public Bounds where(Expr.Var variable, Expr value) {
        return value.type().isInteger() ? with(variable, of(value), divisorOf(value), Optional.empty()) : this;
    }

    /** Where {@code condition} holds. */
    public Bounds assuming(Expr condition) {
        if (!(condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))) {
            return condition instanceof Expr.Unary(UnaryOp not, Expr operand) && not == UnaryOp.NOT
                    ? assumingNot(operand)
                    : this;
        }
        if (op == BinaryOp.AND && condition.type() == DType.BOOL) {
            return assuming(left).assuming(right);
        }
        return isIndexLike(left) ? assumingComparison(op, left, right) : this;
    }

    /** Where {@code condition} does not hold. */
    public Bounds assumingNot(Expr condition) {
        if (condition instanceof Expr.Unary(UnaryOp not, Expr operand) && not == UnaryOp.NOT) {
            return assuming(operand);
        }
        if (!(condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))) {
            return this;
        }
        if (op == BinaryOp.OR && condition.type() == DType.BOOL) {
            return assumingNot(left).assumingNot(right);
        }
        if (!op.isComparison() || !isIndexLike(left)) {
            return this;
        }
        return assumingComparison(negated(op), left, right);
    }

    /** The comparison that holds where {@code op} does not; for integers. */
    static BinaryOp negated(BinaryOp op) {
        return switch (op) {
            case LT -> BinaryOp.GE;
            case LE -> BinaryOp.GT;
            case GT -> BinaryOp.LE;
            case GE -> BinaryOp.LT;
            case EQ -> BinaryOp.NE;
            case NE -> BinaryOp.EQ;
            case ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4 ->
                throw new IllegalArgumentException(op + " is not a comparison");
        };
    }

    /** Whether values of {@code e} take part in index algebra. */
    static boolean isIndexLike(Expr e) {
        return (e.type() == DType.I64 || e.type() == DType.I32) && e.lanes() == 1;
    }

    private Bounds assumingComparison(BinaryOp op, Expr left, Expr right) {
        if (!of(left).fitsHalf(left.type()) || !of(right).fitsHalf(right.type())) {
            return right instanceof Expr.IntConst(long limit, DType _) ? window(Polynomial.of(left), op, limit) : this;
        }
        Polynomial difference = Polynomial.of(right).minus(Polynomial.of(left));
        return switch (op) {
            case LT -> fact(difference.plus(-1));
            case LE -> fact(difference);
            case GT -> fact(difference.times(-1).plus(-1));
            case GE -> fact(difference.times(-1));
            case EQ -> fact(difference).fact(difference.times(-1));
            case NE, ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4 -> this;
        };
    }

    /** Where a sum that may wrap compares with a number. */
    private Bounds window(Polynomial sum, BinaryOp op, long limit) {
        Interval within = switch (op) {
            case LT -> new Interval(Long.MIN_VALUE, limit - 1);
            case LE -> new Interval(Long.MIN_VALUE, limit);
            case GT -> new Interval(limit + 1, Long.MAX_VALUE);
            case GE -> new Interval(limit, Long.MAX_VALUE);
            case EQ -> Interval.point(limit);
            case NE, ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4 -> Interval.ALL;
        };
        Interval known = windows().stream()
                .filter(w -> w.sum().equals(sum))
                .findFirst()
                .map(Knowledge.Window::interval)
                .orElse(Interval.ALL);
        return new Bounds(new Knowledge.Window(sum, known.intersect(within), knowledge));
    }

    private Bounds fact(Polynomial condition) {
        Polynomial notNegative = condition.tightened();
        Bounds result = new Bounds(new Knowledge.Fact(notNegative, knowledge));
        if (notNegative.terms().size() != 1) {
            return result;
        }
        Polynomial.Term term = notNegative.terms().getFirst();
        if (term.atoms().size() != 1 || !(term.atoms().getFirst() instanceof Expr.Var variable)) {
            return result;
        }
        // coefficient * variable + constant >= 0
        Interval limit = term.coefficient() > 0
                ? new Interval(Math.ceilDiv(-notNegative.constant(), term.coefficient()), Long.MAX_VALUE)
                : new Interval(Long.MIN_VALUE, Math.floorDiv(notNegative.constant(), -term.coefficient()));
        return knowledge
                .range(variable.name())
                .map(known ->
                        result.with(variable, known.interval().intersect(limit), known.divisor(), known.greatest()))
                .orElseGet(() ->
                        result.with(variable, Interval.of(variable.type()).intersect(limit), 1, Optional.empty()));
    }

    private Bounds with(Expr.Var variable, Interval interval, long divisor, Optional<Polynomial> greatest) {
        return new Bounds(new Knowledge.Range(variable.name(), interval, divisor, greatest, knowledge));
    }

    /** The largest value of a variable that has a symbolic limit. */
    Optional<Polynomial> greatestOf(Expr.Var variable) {
        return knowledge.range(variable.name()).flatMap(Knowledge.Range::greatest);
    }

    /** Sums that are not negative here. */
    List<Polynomial> facts() {
        return knowledge.facts();
    }

    /** What sums that may wrap come to here. */
    List<Knowledge.Window> windows() {
        return knowledge.windows();
    }

    /** Every value that {@code e} can take, in all its lanes. */
    public Interval of(Expr e) {
        return switch (e) {
            case Expr.IntConst c -> Interval.point(c.value());
            case Expr.Var v ->
                knowledge.range(v.name()).map(Knowledge.Range::interval).orElseGet(() -> Interval.of(v.type()));
            case Expr.Param p -> new Interval(p.min(), p.max());
            case Expr.Binary(BinaryOp op, Expr left, Expr right) -> Interval.of(op, of(left), of(right), e.type());
            case Expr.Unary(UnaryOp op, Expr operand) ->
                op == UnaryOp.NEG ? of(operand).negate().inType(e.type()) : Interval.of(e.type());
            case Expr.Cast(DType type, Expr operand) ->
                operand.type().isFloat() || type.isFloat() ? Interval.of(type) : ofConversion(type, operand);
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) ->
                assuming(condition).of(whenTrue).union(assumingNot(condition).of(whenFalse));
            case Expr.TableEntry t -> t.table().range();
            case Expr.Ramp(Expr base, long stride, int lanes) ->
                of(base).plus(
                                stride < 0
                                        ? new Interval(stride * (lanes - 1), 0)
                                        : new Interval(0, stride * (lanes - 1)))
                        .inType(e.type());
            case Expr.Broadcast(Expr value, int _) -> of(value);
            case Expr.Extract(Expr vector, Expr _) -> of(vector);
            case Expr.FloatConst _,
                    Expr.Call _,
                    Expr.Bitcast _,
                    Expr.Read _,
                    Expr.Accumulator _,
                    Expr.Reduce _,
                    Expr.Load _ -> Interval.of(e.type());
        };
    }

    private Interval ofConversion(DType type, Expr operand) {
        Interval range = of(operand);
        Interval target = Interval.of(type);
        if (type == DType.BOOL) {
            return target;
        }
        boolean unsignedWide = operand.type() == DType.U64 && type != DType.U64 && range.min() < 0;
        return range.within(target.min(), target.max()) && !unsignedWide ? range : target;
    }

    /** The range of a sum of products, with the conditions that hold taken into account. */
    Interval of(Polynomial p) {
        Interval sum = sum(p);
        if (p.isConstant()) {
            return sum;
        }
        for (Polynomial fact : facts()) {
            if (fact.type() != p.type()) {
                continue;
            }
            Polynomial above = p.minus(fact);
            if (above.isConstant()) {
                sum = sum.intersect(new Interval(above.constant(), Long.MAX_VALUE));
            }
            Polynomial below = p.plus(fact);
            if (below.isConstant()) {
                sum = sum.intersect(new Interval(Long.MIN_VALUE, below.constant()));
            }
        }
        return sum;
    }

    /**
     * No less than {@code e} where a condition on a sum with multiples of it tells: of {@code 4 * e + v < 72} and
     * {@code v >= 0}, 17. Slower than {@link #of(Expr)}, and for proofs only.
     */
    public long greatest(Expr e) {
        long greatest = of(e).max();
        if (!isIndexLike(e)) {
            return greatest;
        }
        Polynomial p = Polynomial.of(e);
        greatest = Math.min(greatest, greatestSum(p));
        for (Polynomial fact : facts()) {
            for (long factor = 1; fact.type() == p.type() && factor <= MOST_MULTIPLE; factor *= 2) {
                Interval beside = sum(p.times(factor).plus(fact));
                if (beside.isBounded()) {
                    greatest = Math.min(greatest, Math.floorDiv(beside.max(), factor));
                }
            }
        }
        return greatest;
    }

    /** As {@link #sum}, where a quotient is no more than that of the greatest dividend. */
    private long greatestSum(Polynomial p) {
        Interval greatest = Interval.point(p.constant());
        for (Polynomial.Term t : p.terms()) {
            Interval product = Interval.point(t.coefficient());
            for (Expr atom : t.atoms()) {
                Interval range = of(atom);
                boolean quotient =
                        atom instanceof Expr.Binary(BinaryOp op, Expr dividend, Expr.IntConst(long c, DType _))
                                && op == BinaryOp.DIV
                                && c > 0
                                && of(dividend).min() >= 0;
                if (quotient) {
                    Expr.Binary division = (Expr.Binary) atom;
                    long c = ((Expr.IntConst) division.right()).value();
                    long most = Math.max(range.min(), greatest(division.left()) / c);
                    range = new Interval(range.min(), Math.min(range.max(), most));
                }
                product = product.times(range);
            }
            greatest = greatest.plus(product);
        }
        return greatest.max();
    }

    private Interval sum(Polynomial p) {
        Interval sum = Interval.point(p.constant());
        for (Polynomial.Term t : p.terms()) {
            Interval product = Interval.point(t.coefficient());
            for (Expr atom : t.atoms()) {
                product = product.times(of(atom));
            }
            sum = sum.plus(product);
        }
        return sum;
    }

    /** Whether the exact value of {@code p} is never negative; variables with symbolic limits are replaced by these. */
    boolean provesNotNegative(Polynomial p) {
        Polynomial rest = p.tightened();
        for (int i = 0; i < MAX_ELIMINATIONS; i++) {
            if (of(rest).min() >= 0) {
                return true;
            }
            Optional<Polynomial> next = eliminated(rest);
            if (next.isEmpty()) {
                return false;
            }
            rest = next.get();
        }
        return false;
    }

    /** A lower bound of {@code p} in which one variable with a symbolic limit is gone. */
    private Optional<Polynomial> eliminated(Polynomial p) {
        for (Polynomial.Term t : p.terms()) {
            if (t.coefficient() >= 0) {
                continue;
            }
            for (int i = 0; i < t.atoms().size(); i++) {
                List<Expr> others = new ArrayList<>(t.atoms());
                others.remove(i);
                Optional<Polynomial> greatest =
                        t.atoms().get(i) instanceof Expr.Var v ? greatestOf(v) : Optional.empty();
                if (greatest.isEmpty() || !areNotNegative(others)) {
                    continue;
                }
                Polynomial factor = Polynomial.product(p.type(), others, t.coefficient());
                Optional<Polynomial> limit = greatest.get().times(factor);
                if (limit.isPresent()) {
                    return Optional.of(p.filter(s -> s != t, p.constant()).plus(limit.get()));
                }
            }
        }
        return Optional.empty();
    }

    private boolean areNotNegative(List<Expr> factors) {
        return factors.stream().allMatch(factor -> of(factor).min() >= 0);
    }

    /** The greatest number that is known to divide {@code e}; 0 where {@code e} is 0, 1 where nothing is known. */
    public long divisorOf(Expr e) {
        return switch (e) {
            case Expr.IntConst c -> Math.abs(c.value());
            case Expr.Param p -> Math.max(1, p.divisor());
            case Expr.Var v ->
                knowledge
                        .range(v.name())
                        .map(known -> known.interval().equals(Interval.point(0)) ? 0 : Math.max(1, known.divisor()))
                        .orElse(1L);
            case Expr.Binary(BinaryOp op, Expr left, Expr right)
            when e.type().isInteger() && of(e).fits(e.type()) ->
                switch (op) {
                    case ADD, SUB, MIN, MAX -> Polynomial.gcd(divisorOf(left), divisorOf(right));
                    case MUL -> saturatedProduct(divisorOf(left), divisorOf(right));
                    case REM -> Polynomial.gcd(divisorOf(left), divisorOf(right));
                    case DIV ->
                        right instanceof Expr.IntConst c && c.value() > 0 && divisorOf(left) % c.value() == 0
                                ? divisorOf(left) / c.value()
                                : 1;
                    case AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> 1;
                };
            case Expr.Select s -> Polynomial.gcd(divisorOf(s.whenTrue()), divisorOf(s.whenFalse()));
            case Expr.Binary _,
                    Expr.Unary _,
                    Expr.Cast _,
                    Expr.Bitcast _,
                    Expr.Call _,
                    Expr.FloatConst _,
                    Expr.Read _,
                    Expr.Accumulator _,
                    Expr.Reduce _,
                    Expr.Load _,
                    Expr.TableEntry _,
                    Expr.Ramp _,
                    Expr.Broadcast _,
                    Expr.Extract _ -> 1;
        };
    }

    private static long saturatedProduct(long a, long b) {
        return Math.multiplyHigh(a, b) == 0 && a * b >= 0 ? a * b : a;
    }
}
