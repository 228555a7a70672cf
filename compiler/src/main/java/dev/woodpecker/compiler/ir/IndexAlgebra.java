package dev.woodpecker.compiler.ir;

import dev.woodpecker.compiler.ir.Polynomial.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The algebra of scalar {@code I64} and {@code I32} expressions: sums in one normal form, division and remainder by
 * constants resolved where the ranges prove it, comparisons decided. Division truncates, so that most rules ask for a
 * dividend that is not negative.
 */
final class IndexAlgebra {
    private final Bounds bounds;

    IndexAlgebra(Bounds bounds) {
        this.bounds = bounds;
    }

    // ---- Sums

    /**
     * {@code p} with a quotient and its remainder put together again: {@code a / c * c + a % c} is {@code a}, and a
     * quotient without remainder multiplied back.
     */
    Polynomial recombined(Polynomial p) {
        Polynomial result = p;
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Term t : result.terms()) {
                Optional<Polynomial> next = recombined(result, t);
                if (next.isPresent()) {
                    result = next.get();
                    changed = true;
                    break;
                }
            }
        }
        return result;
    }

    private Optional<Polynomial> recombined(Polynomial p, Term t) {
        for (int i = 0; i < t.atoms().size(); i++) {
            if (!(t.atoms().get(i) instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))
                    || !(right instanceof Expr.IntConst(long divisor, DType _))
                    || divisor <= 0) {
                continue;
            }
            List<Expr> others = new ArrayList<>(t.atoms());
            others.remove(i);
            if (op == BinaryOp.DIV) {
                boolean exact = t.coefficient() % divisor == 0 && bounds.divisorOf(left) % divisor == 0;
                if (exact && bounds.of(left).fits(p.type())) {
                    return replaced(p, List.of(t), left, others, t.coefficient() / divisor);
                }
            } else if (op == BinaryOp.REM) {
                Optional<Term> partner = partner(p, t, left, divisor, others);
                if (partner.isPresent()) {
                    return replaced(p, List.of(t, partner.get()), left, others, t.coefficient());
                }
                Optional<Polynomial> digits = joinedDigits(p, t, left, divisor, others);
                if (digits.isPresent()) {
                    return digits;
                }
            }
        }
        return Optional.empty();
    }

    /** The term {@code coefficient * divisor * (dividend / divisor) * others}. */
    private Optional<Term> partner(Polynomial p, Term remainder, Expr dividend, long divisor, List<Expr> others) {
        Optional<Expr> quotient = divided(Polynomial.of(dividend), divisor).asAtom();
        if (quotient.isEmpty()) {
            return Optional.empty();
        }
        List<Expr> atoms = new ArrayList<>(others);
        atoms.add(quotient.get());
        atoms.sort(ExprOrder.INSTANCE);
        long coefficient = Arithmetic.wrap(p.type(), remainder.coefficient() * divisor);
        return p.terms().stream()
                .filter(t -> t.coefficient() == coefficient && t.atoms().equals(atoms))
                .findFirst();
    }

    /** Two digits of a number as one: {@code a / c % m * c + a % c} is {@code a % (c * m)}. */
    private Optional<Polynomial> joinedDigits(Polynomial p, Term t, Expr dividend, long divisor, List<Expr> others) {
        Optional<Expr> quotient = divided(Polynomial.of(dividend), divisor).asAtom();
        if (quotient.isEmpty()) {
            return Optional.empty();
        }
        long coefficient = Arithmetic.wrap(p.type(), t.coefficient() * divisor);
        for (Term high : p.terms()) {
            List<Expr> rest = new ArrayList<>(high.atoms());
            if (high.coefficient() != coefficient || rest.size() != others.size() + 1) {
                continue;
            }
            for (Expr atom : high.atoms()) {
                boolean isHigh = atom instanceof Expr.Binary(BinaryOp op, Expr left, Expr.IntConst(long m, DType _))
                        && op == BinaryOp.REM
                        && m > 0
                        && Interval.point(m).times(Interval.point(divisor)).fits(p.type())
                        && left.equals(quotient.get());
                rest.remove(atom);
                if (isHigh && rest.equals(others)) {
                    long modulus = divisor * ((Expr.IntConst) ((Expr.Binary) atom).right()).value();
                    return remainder(Polynomial.of(dividend), modulus)
                            .times(Polynomial.product(p.type(), others, t.coefficient()))
                            .map(product -> p.filter(x -> !x.equals(t) && !x.equals(high), p.constant())
                                    .plus(product));
                }
                rest = new ArrayList<>(high.atoms());
            }
        }
        return Optional.empty();
    }

    private static Optional<Polynomial> replaced(
            Polynomial p, List<Term> gone, Expr factor, List<Expr> others, long coefficient) {
        return Polynomial.of(factor)
                .times(Polynomial.product(p.type(), others, coefficient))
                .map(product ->
                        p.filter(Predicate.not(gone::contains), p.constant()).plus(product));
    }

    // ---- Division

    /** {@code p / c} as Java divides, {@code c > 0}. */
    Polynomial divided(Polynomial p, long c) {
        if (c == 1) {
            return p;
        }
        Interval range = bounds.of(p);
        if (range.within(-(c - 1), c - 1)) {
            return Polynomial.constant(p.type(), 0);
        }
        if (!range.fits(p.type())) {
            return quotientAtom(p, c);
        }
        Polynomial multiple = multipleOf(p, c);
        Polynomial rest = p.minus(multiple);
        if (rest.isZero()) {
            return multiple.dividedBy(c);
        }
        Interval restRange = bounds.of(rest);
        if (range.min() >= 0 && restRange.within(0, c - 1)) {
            return multiple.dividedBy(c);
        }
        if (range.min() >= 0 && restRange.min() >= 0 && restRange.fits(p.type()) && !multiple.isZero()) {
            return multiple.dividedBy(c).plus(divided(rest, c));
        }
        return reducedQuotient(p, c, range);
    }

    /** Common factors taken out of dividend and divisor, where the part that they do not divide is too small to matter. */
    private Polynomial reducedQuotient(Polynomial p, long c, Interval range) {
        for (Term t : p.terms()) {
            long g = Polynomial.gcd(t.coefficient(), c);
            if (g == 1) {
                continue;
            }
            Polynomial multiple = multipleOf(p, g);
            Polynomial rest = p.minus(multiple);
            if (rest.isZero() || (range.min() >= 0 && bounds.of(rest).within(0, g - 1))) {
                return divided(multiple.dividedBy(g), c / g);
            }
        }
        Optional<Expr> atom = p.asAtom();
        if (atom.isPresent()
                && atom.get() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && right instanceof Expr.IntConst(long inner, DType _)
                && inner > 0) {
            if (op == BinaryOp.DIV
                    && Interval.point(inner).times(Interval.point(c)).fits(p.type())) {
                return divided(Polynomial.of(left), inner * c);
            }
            // a % (b * c) / c is a / c % b
            if (op == BinaryOp.REM && inner % c == 0) {
                return remainder(divided(Polynomial.of(left), c), inner / c);
            }
        }
        return quotientAtom(p, c);
    }

    /** {@code p % c} as Java has it, {@code c > 0}. */
    Polynomial remainder(Polynomial p, long c) {
        if (c == 1) {
            return Polynomial.constant(p.type(), 0);
        }
        Interval range = bounds.of(p);
        if (range.within(-(c - 1), c - 1)) {
            return p;
        }
        if (!range.fits(p.type())) {
            return remainderAtom(p, c);
        }
        Polynomial rest = p.minus(multipleOf(p, c));
        if (rest.isZero() || dividesRest(rest, c)) {
            return Polynomial.constant(p.type(), 0);
        }
        Interval restRange = bounds.of(rest);
        if (range.min() >= 0 && restRange.within(0, c - 1)) {
            return rest;
        }
        boolean smaller = restRange.min() >= 0 && restRange.fits(p.type()) && !rest.equals(p);
        return smaller && range.min() >= 0 ? remainder(rest, c) : reducedRemainder(p, c, range);
    }

    private boolean dividesRest(Polynomial rest, long c) {
        long divisor = rest.divisor(bounds::divisorOf);
        return divisor != 0 && divisor % c == 0;
    }

    private Polynomial reducedRemainder(Polynomial p, long c, Interval range) {
        for (Term t : p.terms()) {
            long g = Polynomial.gcd(t.coefficient(), c);
            if (g == 1) {
                continue;
            }
            Polynomial multiple = multipleOf(p, g);
            Polynomial rest = p.minus(multiple);
            if (rest.isZero() || (range.min() >= 0 && bounds.of(rest).within(0, g - 1))) {
                return remainder(multiple.dividedBy(g), c / g).times(g).plus(rest);
            }
        }
        Optional<Expr> atom = p.asAtom();
        if (atom.isPresent()
                && atom.get() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && op == BinaryOp.REM
                && right instanceof Expr.IntConst(long inner, DType _)
                && inner % c == 0) {
            return remainder(Polynomial.of(left), c);
        }
        return remainderAtom(p, c);
    }

    /** The terms that {@code c} divides, and as much of the constant as leaves one in {@code [0, c)}. */
    private static Polynomial multipleOf(Polynomial p, long c) {
        return p.filter(t -> t.coefficient() % c == 0, Math.floorDiv(p.constant(), c) * c);
    }

    private static Polynomial quotientAtom(Polynomial p, long c) {
        return Polynomial.atom(new Expr.Binary(BinaryOp.DIV, p.toExpr(), new Expr.IntConst(c, p.type())));
    }

    private static Polynomial remainderAtom(Polynomial p, long c) {
        return Polynomial.atom(new Expr.Binary(BinaryOp.REM, p.toExpr(), new Expr.IntConst(c, p.type())));
    }

    /** {@code p / q} or {@code p % q} where the divisor is no constant; empty where nothing is known. */
    Optional<Polynomial> byProduct(BinaryOp op, Polynomial p, Polynomial q) {
        Interval range = bounds.of(p);
        if (q.terms().size() != 1
                || q.constant() != 0
                || !range.fits(p.type())
                || bounds.of(q).min() <= 0) {
            return Optional.empty();
        }
        Term divisor = q.terms().getFirst();
        List<Term> quotient = new ArrayList<>();
        List<Term> rest = new ArrayList<>();
        for (Term t : p.terms()) {
            List<Expr> atoms = new ArrayList<>(t.atoms());
            boolean divides = t.coefficient() % divisor.coefficient() == 0;
            for (Expr atom : divisor.atoms()) {
                divides &= atoms.remove(atom);
            }
            (divides ? quotient : rest)
                    .add(divides ? new Term(List.copyOf(atoms), t.coefficient() / divisor.coefficient()) : t);
        }
        Polynomial remainder = new Polynomial(p.type(), List.copyOf(rest), p.constant());
        boolean exact = remainder.isZero();
        boolean below = range.min() >= 0
                && bounds.of(remainder).min() >= 0
                && bounds.provesNotNegative(q.minus(remainder).plus(-1));
        if (!exact && !below) {
            return Optional.empty();
        }
        if (op == BinaryOp.REM) {
            return Optional.of(remainder);
        }
        Polynomial sum = Polynomial.constant(p.type(), 0);
        for (Term t : quotient) {
            sum = sum.plus(Polynomial.product(p.type(), t.atoms(), t.coefficient()));
        }
        return Optional.of(sum);
    }

    // ---- Comparisons

    /** Whether {@code left op right} is decided by the ranges. */
    Optional<Boolean> decided(BinaryOp op, Polynomial left, Polynomial right) {
        Polynomial difference = right.minus(left);
        if (difference.isZero()) {
            return Optional.of(op == BinaryOp.LE || op == BinaryOp.GE || op == BinaryOp.EQ);
        }
        if (!isExact(left, right)) {
            return Optional.empty();
        }
        return switch (op) {
            case LT -> decided(difference.plus(-1), difference.times(-1));
            case LE -> decided(difference, difference.times(-1).plus(-1));
            case GT -> decided(difference.times(-1).plus(-1), difference);
            case GE -> decided(difference.times(-1), difference.plus(-1));
            case EQ -> differs(difference) ? Optional.of(false) : Optional.empty();
            case NE -> differs(difference) ? Optional.of(true) : Optional.empty();
            case ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4 -> Optional.empty();
        };
    }

    /** Whether neither side nor their difference wraps. */
    boolean isExact(Polynomial left, Polynomial right) {
        return bounds.of(left).fitsHalf(left.type()) && bounds.of(right).fitsHalf(right.type());
    }

    private Optional<Boolean> decided(Polynomial whenTrue, Polynomial whenFalse) {
        if (bounds.provesNotNegative(whenTrue)) {
            return Optional.of(true);
        }
        return bounds.provesNotNegative(whenFalse) ? Optional.of(false) : Optional.empty();
    }

    private boolean differs(Polynomial difference) {
        long gcd = difference.withoutConstant().divisor(bounds::divisorOf);
        return (gcd > 1 && difference.constant() % gcd != 0)
                || bounds.provesNotNegative(difference.plus(-1))
                || bounds.provesNotNegative(difference.times(-1).plus(-1));
    }

    /**
     * An undecided comparison whose sides do not wrap, in normal form: {@code sum < sum} or {@code sum >= sum}, terms on
     * the side where their coefficient is positive, divided by their common factor.
     */
    Expr compared(BinaryOp op, Polynomial left, Polynomial right) {
        // terms < bound, or terms >= bound; terms == bound, or terms != bound
        Polynomial terms = left.minus(right).withoutConstant();
        long bound = right.constant() - left.constant();
        BinaryOp normal = op;
        if (op == BinaryOp.LE || op == BinaryOp.GT) {
            normal = op == BinaryOp.LE ? BinaryOp.LT : BinaryOp.GE;
            bound++;
        }
        if (terms.terms().getFirst().coefficient() < 0) {
            terms = terms.times(-1);
            boolean ordered = normal == BinaryOp.LT || normal == BinaryOp.GE;
            bound = ordered ? 1 - bound : -bound;
            normal = normal == BinaryOp.LT ? BinaryOp.GE : normal == BinaryOp.GE ? BinaryOp.LT : normal;
        }
        long gcd = terms.coefficientGcd();
        boolean ordered = normal == BinaryOp.LT || normal == BinaryOp.GE;
        if (gcd > 1 && (ordered || bound % gcd == 0)) {
            terms = terms.dividedBy(gcd);
            bound = ordered ? Math.ceilDiv(bound, gcd) : bound / gcd;
        }
        Polynomial greater = terms.filter(t -> t.coefficient() > 0, 0);
        Polynomial lesser = greater.minus(terms);
        boolean boundLeft = bound < 0 && !lesser.isConstant();
        return new Expr.Binary(
                normal,
                (boundLeft ? greater.plus(-bound) : greater).toExpr(),
                (boundLeft ? lesser : lesser.plus(bound)).toExpr());
    }
}
