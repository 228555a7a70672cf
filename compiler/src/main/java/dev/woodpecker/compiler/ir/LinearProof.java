package dev.woodpecker.compiler.ir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Shows an inequality from all that is known at a place together, where ranges of single variables do not tell: of
 * {@code 256 * o + i < 288} it follows that {@code (32 * o + i / 8) / 18 < 2}. Values are taken as whole numbers that are
 * sums of variables; a quotient {@code q = e / c} is a variable with {@code c * q <= e < c * q + c}, a remainder is
 * {@code e - c * q}. For proofs only: it is far slower than {@link Bounds}.
 */
public final class LinearProof {
    private final Bounds bounds;
    private final Inequalities inequalities = new Inequalities();
    private final Map<Object, Integer> variables = new HashMap<>();
    /** Quotients of dividends that are not negative, by their variables. */
    private final Map<Integer, Quotient> quotients = new TreeMap<>();

    private final Set<Expr> mentioned = new HashSet<>();

    /** {@code dividend / divisor}, however it is written. */
    private record Quotient(Sum dividend, long divisor) {}

    /** A sum of products of variables with constants, exact. */
    private record Sum(Map<Integer, Long> coefficients, long constant) {
        Sum plus(Sum other, long factor) {
            Map<Integer, Long> sum = new HashMap<>(coefficients);
            other.coefficients.forEach(
                    (variable, c) -> sum.merge(variable, Math.multiplyExact(c, factor), Math::addExact));
            sum.values().removeIf(c -> c == 0);
            return new Sum(sum, Math.addExact(constant, Math.multiplyExact(other.constant, factor)));
        }

        Sum plus(long more) {
            return new Sum(coefficients, Math.addExact(constant, more));
        }
    }

    private LinearProof(Bounds bounds) {
        this.bounds = bounds;
    }

    /** Whether {@code a <= b} is shown wherever {@code bounds} holds; both are in normal form. */
    public static boolean isAtMost(Expr a, Expr b, Bounds bounds) {
        Polynomial lesser = Polynomial.of(a);
        Polynomial greater = Polynomial.of(b);
        Bounds there = bounds;
        for (Knowledge.Window window : bounds.windows()) {
            Expr.Var value =
                    new Expr.Var("value of " + window.sum(), window.sum().type());
            there = there.with(value, window.interval());
            lesser = through(window.sum(), value, lesser, there);
            greater = through(window.sum(), value, greater, there);
        }
        boolean exact = there.of(lesser).fitsHalf(a.type()) && there.of(greater).fitsHalf(b.type());
        return exact && new LinearProof(there).excludes(lesser.minus(greater).plus(-1));
    }

    /**
     * {@code p} by the value that a sum comes to, in the place of that of its variables which may be anything: of
     * {@code w = x + r} it follows that {@code 4 * x} is {@code 4 * w - 4 * r}, with all that wraps.
     */
    private static Polynomial through(Polynomial sum, Expr.Var value, Polynomial p, Bounds bounds) {
        for (Polynomial.Term t : sum.terms()) {
            boolean single = t.atoms().size() == 1 && Math.abs(t.coefficient()) == 1;
            if (single && !bounds.of(t.atoms().getFirst()).isBounded()) {
                Polynomial rest = sum.filter(other -> !other.equals(t), sum.constant());
                Polynomial replacement = Polynomial.atom(value).minus(rest).times(t.coefficient());
                return p.terms().stream()
                        .filter(of -> of.atoms().equals(t.atoms()))
                        .findFirst()
                        .map(of -> p.filter(other -> !other.equals(of), p.constant())
                                .plus(replacement.times(of.coefficient())))
                        .orElse(p);
            }
        }
        return p;
    }

    /** Whether {@code p >= 0} contradicts what is known. */
    private boolean excludes(Polynomial p) {
        try {
            require(sum(p));
            List<Polynomial> facts = new ArrayList<>(bounds.facts());
            boolean grew = true;
            while (grew) {
                grew = facts.removeIf(fact -> {
                    boolean concerned = concerns(fact);
                    if (concerned) {
                        require(sum(fact));
                    }
                    return concerned;
                });
            }
        } catch (ArithmeticException tooLarge) {
            return false;
        }
        return inequalities.areContradictory();
    }

    private boolean concerns(Polynomial fact) {
        return fact.terms().stream().anyMatch(t -> t.atoms().stream().anyMatch(a -> a.anyMatch(mentioned::contains)));
    }

    private void require(Sum notNegative) {
        inequalities.add(new HashMap<>(notNegative.coefficients), notNegative.constant);
    }

    private Sum sum(Polynomial p) {
        Sum sum = new Sum(Map.of(), p.constant());
        for (Polynomial.Term t : p.terms()) {
            Sum product = t.atoms().size() == 1 ? value(t.atoms().getFirst()) : product(t.atoms());
            sum = sum.plus(product, t.coefficient());
        }
        return sum;
    }

    private Sum product(List<Expr> atoms) {
        Integer known = variables.get(atoms);
        if (known != null) {
            return variable(known);
        }
        Interval range = Interval.point(1);
        for (Expr atom : atoms) {
            mention(atom);
            range = range.times(bounds.of(atom));
        }
        return limited(fresh(atoms), range);
    }

    private Sum value(Expr e) {
        if (e instanceof Expr.Cast(DType type, Expr operand)
                && Bounds.isIndexLike(operand)
                && Bounds.isIndexLike(e)
                && isExact(operand)
                && bounds.of(operand).fits(type)) {
            return sum(Polynomial.of(operand));
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr dividend, Expr.IntConst(long divisor, DType _))
                && (op == BinaryOp.DIV || op == BinaryOp.REM)
                && divisor > 0
                && isExact(dividend)) {
            Sum whole = sum(Polynomial.of(dividend));
            Sum quotient = quotient(whole, divisor, bounds.of(dividend));
            Sum value = op == BinaryOp.DIV ? quotient : whole.plus(quotient, -divisor);
            within(value, bounds.of(e));
            return value;
        }
        Integer known = variables.get(e);
        if (known != null) {
            return variable(known);
        }
        mention(e);
        Sum value = limited(fresh(e), bounds.of(e));
        if (e instanceof Expr.Var v) {
            bounds.greatestOf(v).ifPresent(limit -> require(sum(limit).plus(value, -1)));
        } else if (e instanceof Expr.Binary(BinaryOp op, Expr a, Expr b) && isExact(a) && isExact(b)) {
            if (op == BinaryOp.MIN) {
                require(sum(Polynomial.of(a)).plus(value, -1));
                require(sum(Polynomial.of(b)).plus(value, -1));
            } else if (op == BinaryOp.MAX) {
                require(value.plus(sum(Polynomial.of(a)), -1));
                require(value.plus(sum(Polynomial.of(b)), -1));
            }
        }
        return value;
    }

    /** The quotient that truncates, of a dividend in {@code range}. */
    private Sum quotient(Sum dividend, long divisor, Interval range) {
        Quotient quotient = range.min() >= 0 ? flat(dividend, divisor) : new Quotient(dividend, divisor);
        Integer known = variables.get(quotient);
        if (known != null) {
            return variable(known);
        }
        Sum value = variable(fresh(quotient));
        Sum remainder = quotient.dividend.plus(value, -quotient.divisor);
        long most = quotient.divisor - 1;
        boolean positive = range.min() >= 0;
        within(remainder, new Interval(positive ? 0 : -most, positive || range.max() > 0 ? most : 0));
        if (positive) {
            quotients.forEach((number, other) -> digits(value, quotient, variable(number), other));
            quotients.put(variables.get(quotient), quotient);
        }
        return value;
    }

    /** {@code (32 * o + i / 8) / 18} as {@code (256 * o + i) / 144}. */
    private Quotient flat(Sum dividend, long divisor) {
        for (Map.Entry<Integer, Long> e : dividend.coefficients.entrySet()) {
            Quotient inner = quotients.get(e.getKey());
            if (e.getValue() == 1 && inner != null) {
                Sum rest = dividend.plus(variable(e.getKey()), -1);
                Sum whole = inner.dividend.plus(rest, inner.divisor);
                return flat(whole, Math.multiplyExact(divisor, inner.divisor));
            }
        }
        return new Quotient(dividend, divisor);
    }

    /** {@code 0 <= e / 3 - e / 15 * 5 < 5}. */
    private void digits(Sum a, Quotient ofA, Sum b, Quotient ofB) {
        if (!ofA.dividend.equals(ofB.dividend)) {
            return;
        }
        if (ofB.divisor % ofA.divisor == 0) {
            long count = ofB.divisor / ofA.divisor;
            within(a.plus(b, -count), new Interval(0, count - 1));
        } else if (ofA.divisor % ofB.divisor == 0) {
            digits(b, ofB, a, ofA);
        }
    }

    private boolean isExact(Expr e) {
        return Bounds.isIndexLike(e) && bounds.of(Polynomial.of(e)).fits(e.type());
    }

    private Sum limited(int variable, Interval range) {
        Sum value = variable(variable);
        within(value, range);
        return value;
    }

    private void within(Sum value, Interval range) {
        if (range.min() != Long.MIN_VALUE) {
            require(value.plus(Math.negateExact(range.min())));
        }
        if (range.max() != Long.MAX_VALUE) {
            require(new Sum(Map.of(), range.max()).plus(value, -1));
        }
    }

    private int fresh(Object key) {
        variables.put(key, variables.size());
        return variables.size() - 1;
    }

    private static Sum variable(int variable) {
        return new Sum(Map.of(variable, 1L), 0);
    }

    private void mention(Expr e) {
        e.anyMatch(n -> n instanceof Expr.Var && mentioned.add(n) && false);
    }
}
