package dev.woodpecker.compiler.ir;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * An integer expression as a sum of products: {@code constant + sum(coefficient * atom * ... * atom)}, modulo two to the
 * bits of its type, terms sorted and without zeros. Atoms are expressions that are no sums or products themselves.
 */
record Polynomial(DType type, List<Term> terms, long constant) {
    /** {@code coefficient} times the product of {@code atoms}, which are sorted. */
    record Term(List<Expr> atoms, long coefficient) {}

    /** Products beyond this size are kept as one atom, so that no expression explodes. */
    private static final int MAX_PRODUCT_TERMS = 32;

    private static final Comparator<Term> ORDER = (a, b) -> ExprOrder.INSTANCE.compare(a.atoms, b.atoms);

    static Polynomial constant(DType type, long value) {
        return new Polynomial(type, List.of(), Arithmetic.wrap(type, value));
    }

    static Polynomial atom(Expr e) {
        return new Polynomial(e.type(), List.of(new Term(List.of(e), 1)), 0);
    }

    /** {@code coefficient} times the product of {@code atoms}, which are sorted. */
    static Polynomial product(DType type, List<Expr> atoms, long coefficient) {
        return atoms.isEmpty()
                ? constant(type, coefficient)
                : new Polynomial(type, List.of(new Term(List.copyOf(atoms), coefficient)), 0);
    }

    /** {@code e}, sums and products resolved, everything else an atom. */
    static Polynomial of(Expr e) {
        if (e instanceof Expr.IntConst(long value, DType type)) {
            return constant(type, value);
        }
        if (e instanceof Expr.Unary(UnaryOp op, Expr operand) && op == UnaryOp.NEG) {
            return of(operand).times(-1);
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)) {
            if (op == BinaryOp.ADD) {
                return of(left).plus(of(right));
            }
            if (op == BinaryOp.SUB) {
                return of(left).minus(of(right));
            }
            if (op == BinaryOp.MUL) {
                return of(left).times(of(right)).orElseGet(() -> atom(e));
            }
        }
        return atom(e);
    }

    boolean isConstant() {
        return terms.isEmpty();
    }

    boolean isZero() {
        return terms.isEmpty() && constant == 0;
    }

    /** The atom that this is, alone and with coefficient 1. */
    Optional<Expr> asAtom() {
        boolean single = terms.size() == 1 && constant == 0;
        return single
                        && terms.getFirst().coefficient == 1
                        && terms.getFirst().atoms.size() == 1
                ? Optional.of(terms.getFirst().atoms.getFirst())
                : Optional.empty();
    }

    Polynomial withoutConstant() {
        return constant == 0 ? this : new Polynomial(type, terms, 0);
    }

    Polynomial plus(long value) {
        return new Polynomial(type, terms, Arithmetic.wrap(type, constant + value));
    }

    Polynomial plus(Polynomial other) {
        List<Term> sum = new ArrayList<>(terms.size() + other.terms.size());
        int i = 0;
        int j = 0;
        while (i < terms.size() || j < other.terms.size()) {
            int order = i == terms.size()
                    ? 1
                    : j == other.terms.size() ? -1 : ORDER.compare(terms.get(i), other.terms.get(j));
            if (order < 0) {
                sum.add(terms.get(i++));
            } else if (order > 0) {
                sum.add(other.terms.get(j++));
            } else {
                Term a = terms.get(i++);
                long coefficient = Arithmetic.wrap(type, a.coefficient + other.terms.get(j++).coefficient);
                if (coefficient != 0) {
                    sum.add(new Term(a.atoms, coefficient));
                }
            }
        }
        return new Polynomial(type, List.copyOf(sum), Arithmetic.wrap(type, constant + other.constant));
    }

    Polynomial minus(Polynomial other) {
        return plus(other.times(-1));
    }

    Polynomial times(long factor) {
        if (factor == 1) {
            return this;
        }
        List<Term> scaled = new ArrayList<>(terms.size());
        for (Term t : terms) {
            long coefficient = Arithmetic.wrap(type, t.coefficient * factor);
            if (coefficient != 0) {
                scaled.add(new Term(t.atoms, coefficient));
            }
        }
        return new Polynomial(type, List.copyOf(scaled), Arithmetic.wrap(type, constant * factor));
    }

    /** The product; empty when it would have too many terms. */
    Optional<Polynomial> times(Polynomial other) {
        if (other.isConstant()) {
            return Optional.of(times(other.constant));
        }
        if (isConstant()) {
            return Optional.of(other.times(constant));
        }
        if ((terms.size() + 1) * (other.terms.size() + 1) > MAX_PRODUCT_TERMS) {
            return Optional.empty();
        }
        Polynomial product = times(other.constant);
        for (Term t : other.terms) {
            List<Term> row = new ArrayList<>();
            for (Term s : terms) {
                List<Expr> atoms = new ArrayList<>(s.atoms);
                atoms.addAll(t.atoms);
                atoms.sort(ExprOrder.INSTANCE);
                row.add(new Term(List.copyOf(atoms), Arithmetic.wrap(type, s.coefficient * t.coefficient)));
            }
            if (constant != 0) {
                row.add(new Term(t.atoms, Arithmetic.wrap(type, constant * t.coefficient)));
            }
            row.removeIf(term -> term.coefficient == 0);
            row.sort(ORDER);
            product = product.plus(new Polynomial(type, merged(type, row), 0));
        }
        return Optional.of(product);
    }

    private static List<Term> merged(DType type, List<Term> sorted) {
        Polynomial sum = new Polynomial(type, List.of(), 0);
        for (Term t : sorted) {
            sum = sum.plus(new Polynomial(type, List.of(t), 0));
        }
        return sum.terms;
    }

    /** The terms for which {@code keep} holds, and the constant {@code newConstant}. */
    Polynomial filter(java.util.function.Predicate<Term> keep, long newConstant) {
        return new Polynomial(type, terms.stream().filter(keep).toList(), newConstant);
    }

    /** Every coefficient and the constant divided by a number that divides them. */
    Polynomial dividedBy(long divisor) {
        return new Polynomial(
                type,
                terms.stream()
                        .map(t -> new Term(t.atoms, t.coefficient / divisor))
                        .toList(),
                constant / divisor);
    }

    /** A polynomial that is negative exactly where this is: the common factor of the coefficients divided out. */
    Polynomial tightened() {
        long gcd = coefficientGcd();
        return gcd <= 1 ? this : new Polynomial(type, terms, Math.floorDiv(constant, gcd) * gcd).dividedBy(gcd);
    }

    /** The greatest common divisor of the coefficients, without the constant; 0 for a constant. */
    long coefficientGcd() {
        long gcd = 0;
        for (Term t : terms) {
            gcd = gcd(gcd, t.coefficient);
        }
        return gcd;
    }

    /** The greatest number known to divide the value, {@code divisorOf} giving it for atoms; 0 for zero. */
    long divisor(ToLongFunction<Expr> divisorOf) {
        long gcd = Math.abs(constant);
        for (Term t : terms) {
            gcd = gcd(gcd, termDivisor(t, divisorOf));
        }
        return gcd;
    }

    /** What is known to divide a term. */
    static long termDivisor(Term t, ToLongFunction<Expr> divisorOf) {
        long product = Math.abs(t.coefficient);
        for (Expr atom : t.atoms) {
            long divisor = Math.max(1, divisorOf.applyAsLong(atom));
            if (Math.multiplyHigh(product, divisor) != 0 || product * divisor < 0) {
                return Math.abs(t.coefficient);
            }
            product *= divisor;
        }
        return product;
    }

    static long gcd(long a, long b) {
        long x = Math.abs(a);
        long y = Math.abs(b);
        while (y != 0) {
            long rest = x % y;
            x = y;
            y = rest;
        }
        return x;
    }

    /**
     * The sum as an expression: large strides first, then by name, the constant last; a leading minus is avoided where
     * another term can lead.
     */
    Expr toExpr() {
        List<Term> ordered = new ArrayList<>(terms);
        ordered.sort(Comparator.comparing((Term t) -> t.coefficient < 0)
                .thenComparing(t -> -t.atoms.size())
                .thenComparing(t -> -Math.abs(t.coefficient))
                .thenComparing(ORDER));
        Optional<Expr> sum = Optional.empty();
        boolean constantLeads = constant > 0 && !ordered.isEmpty() && ordered.getFirst().coefficient < 0;
        if (constantLeads || terms.isEmpty()) {
            sum = Optional.of(new Expr.IntConst(constant, type));
        }
        for (Term t : ordered) {
            sum = Optional.of(sum.isEmpty() ? product(t, t.coefficient) : append(sum.get(), t));
        }
        Expr result = sum.orElseThrow();
        if (constant == 0 || constantLeads || terms.isEmpty()) {
            return result;
        }
        boolean subtract = constant < 0 && constant != Arithmetic.wrap(type, -constant);
        return new Expr.Binary(
                subtract ? BinaryOp.SUB : BinaryOp.ADD,
                result,
                new Expr.IntConst(subtract ? -constant : constant, type));
    }

    private Expr append(Expr sum, Term t) {
        boolean subtract = t.coefficient < 0 && t.coefficient != Arithmetic.wrap(type, -t.coefficient);
        return subtract
                ? new Expr.Binary(BinaryOp.SUB, sum, product(t, -t.coefficient))
                : new Expr.Binary(BinaryOp.ADD, sum, product(t, t.coefficient));
    }

    private Expr product(Term t, long coefficient) {
        Expr product = t.atoms.getFirst();
        for (Expr atom : t.atoms.subList(1, t.atoms.size())) {
            product = new Expr.Binary(BinaryOp.MUL, product, atom);
        }
        if (coefficient == 1) {
            return product;
        }
        return coefficient == -1
                ? new Expr.Unary(UnaryOp.NEG, product)
                : new Expr.Binary(BinaryOp.MUL, product, new Expr.IntConst(coefficient, type));
    }
}
