package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Simplifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Shows that different workers write different elements. An offset is taken as a number whose digits are loop variables
 * (or their quotients and remainders by a constant), each digit worth more than all smaller ones together: two offsets
 * are then equal only if all digits are. Sufficient, not necessary.
 */
final class DistinctElements {
    /** A part of an offset: {@code weight} times a value that takes {@code count} consecutive values, from 0 if {@code fromZero}. */
    private record Digit(Expr value, long weight, long count, boolean fromZero) {
        long span() {
            return weight * (count - 1);
        }
    }

    /** The elements of the widest access. */
    private static final long MOST_LANES = 16;

    private final Bounds bounds;
    private final Set<Expr.Var> fixed;
    private final Map<Expr, Long> weights = new HashMap<>();

    private DistinctElements(Bounds bounds, Set<Expr.Var> fixed) {
        this.bounds = bounds;
        this.fixed = fixed;
    }

    /**
     * Whether {@code offset}, an index, differs wherever one of the {@code workers} variables does; the {@code fixed} ones
     * have one value for all workers.
     */
    static boolean proves(Expr offset, Set<Expr.Var> workers, Set<Expr.Var> fixed, Bounds bounds) {
        DistinctElements elements = new DistinctElements(bounds, fixed);
        return elements.collect(offset, 1) && elements.areDistinct(workers);
    }

    /** Adds {@code factor * e} to the weights; false where {@code e} is no sum of products with constants. */
    private boolean collect(Expr e, long factor) {
        return switch (e) {
            case Expr.IntConst _, Expr.Param _ -> true;
            case Expr.Binary(BinaryOp op, Expr a, Expr b)
            when op == BinaryOp.ADD -> collect(a, factor) && collect(b, factor);
            case Expr.Binary(BinaryOp op, Expr a, Expr b)
            when op == BinaryOp.SUB -> collect(a, factor) && collect(b, -factor);
            case Expr.Binary(BinaryOp op, Expr a, Expr.IntConst(long c, DType _))
            when op == BinaryOp.MUL -> collect(a, factor * c);
            case Expr.Binary(BinaryOp op, Expr.IntConst(long c, DType _), Expr b)
            when op == BinaryOp.MUL -> collect(b, factor * c);
            default -> {
                weights.merge(e, factor, Long::sum);
                yield true;
            }
        };
    }

    private boolean areDistinct(Set<Expr.Var> workers) {
        boolean bounded = weights.entrySet().stream().allMatch(e -> {
            Interval range = bounds.of(e.getKey());
            return range.isBounded() && range.max() - range.min() <= 1L << 40 && Math.abs(e.getValue()) <= 1L << 40;
        });
        if (!bounded) {
            return false;
        }
        List<Digit> digits = digits();
        // Those that a condition leaves one value tell it, and do not count.
        List<Digit> counting = digits.stream().filter(d -> d.count > 1).toList();
        return determinesAll(digits, workers) && (isNumber(counting) || isNumber(merged(counting, workers)));
    }

    /** The parts that are not the same everywhere, the least first. */
    private List<Digit> digits() {
        List<Digit> digits = new ArrayList<>();
        for (Map.Entry<Expr, Long> entry : weights.entrySet()) {
            Interval range = bounds.of(entry.getKey());
            long weight = Math.abs(entry.getValue());
            boolean isFixed = entry.getKey() instanceof Expr.Var v && fixed.contains(v);
            long greatest = Math.min(range.max(), bounds.greatest(entry.getKey()));
            if (weight != 0 && range.min() != range.max() && !isFixed) {
                digits.add(new Digit(
                        entry.getKey(),
                        weight,
                        Math.max(1, greatest - range.min() + 1),
                        range.min() == 0 && entry.getValue() > 0));
            }
        }
        digits.sort(Comparator.comparingLong(Digit::weight));
        return digits;
    }

    /** Whether each digit is worth more than all smaller ones together, by their ranges or by a condition around. */
    private boolean isNumber(List<Digit> digits) {
        long below = 0;
        for (int i = 0; i < digits.size(); i++) {
            Digit digit = digits.get(i);
            if (digit.weight <= below) {
                if (!areBelow(digits.subList(0, i), digit.weight)) {
                    return false;
                }
                below = digit.weight - 1;
            }
            below += digit.span();
        }
        return true;
    }

    /**
     * Whether these digits, each worth more than the ones before it, are together less than {@code weight}. The first ones
     * may be left out where the others count in units that are worth more than they.
     */
    private boolean areBelow(List<Digit> digits, long weight) {
        for (int first = 0; first < digits.size(); first++) {
            long unit = first == 0 ? 1 : digits.get(first).weight;
            List<Digit> counted = digits.subList(first, digits.size());
            boolean whole = weight % unit == 0 && counted.stream().allMatch(d -> d.weight % unit == 0);
            if (whole && areBelow(counted, weight / unit, unit)) {
                return digits.stream().allMatch(d -> d.fromZero);
            }
        }
        return false;
    }

    private boolean areBelow(List<Digit> digits, long limit, long unit) {
        Expr sum = Expr.index(0);
        for (Digit digit : digits) {
            sum = IndexMath.add(sum, IndexMath.mul(digit.value, Expr.index(digit.weight / unit)));
        }
        return Simplifier.proves(bounds, IndexMath.less(sum, Expr.index(limit)))
                || bounds.greatest(Simplifier.simplify(sum, bounds)) < limit;
    }

    /** Digits without workers that overlap each other, as a window does, count as one. */
    private static List<Digit> merged(List<Digit> digits, Set<Expr.Var> workers) {
        List<Digit> merged = new ArrayList<>();
        for (Digit digit : digits) {
            Optional<Digit> last = merged.isEmpty() ? Optional.empty() : Optional.of(merged.getLast());
            boolean shared = last.isPresent()
                    && !mentions(last.get(), workers)
                    && !mentions(digit, workers)
                    && last.get().weight == 1;
            if (shared) {
                merged.removeLast();
                merged.add(new Digit(digit.value, 1, last.get().count + digit.span(), false));
            } else {
                merged.add(digit);
            }
        }
        return merged;
    }

    private static boolean mentions(Digit digit, Set<Expr.Var> workers) {
        return workers.stream().anyMatch(worker -> digit.value.anyMatch(worker::equals));
    }

    /**
     * Whether the digits together tell the value of every worker: each is a digit, or a digit of a number whose quotients and
     * remainders are digits and chain up.
     */
    private boolean determinesAll(List<Digit> digits, Set<Expr.Var> workers) {
        Set<Expr> determined = new HashSet<>();
        Set<Expr> numbers = new HashSet<>();
        for (Digit digit : digits) {
            Expr number = numberOf(digit.value);
            if (number.equals(digit.value)) {
                determined.add(number);
            } else {
                numbers.add(number);
            }
        }
        List<Digit> known = new ArrayList<>(digits);
        List<Expr> open = new ArrayList<>(numbers);
        // Sums first: what they are made of may be digits of the others.
        open.sort(Comparator.comparing((Expr number) -> number instanceof Expr.Var));
        for (Expr number : open) {
            if (isWhole(known, number)) {
                workers.stream()
                        .filter(worker -> number.equals(worker)
                                || number.anyMatch(worker::equals) && proves(number, Set.of(worker), fixed, bounds))
                        .forEach(determined::add);
                parts(number).forEach(part -> {
                    determined.add(part.value);
                    known.add(part);
                });
            }
        }
        workers.stream().filter(worker -> isWhole(known, worker)).forEach(determined::add);
        return workers.stream().allMatch(worker -> {
            Interval range = bounds.of(worker);
            return range.min() == range.max() || determined.contains(worker);
        });
    }

    private boolean isWhole(List<Digit> digits, Expr number) {
        Interval range = bounds.of(number);
        return range.min() >= 0 && range.isBounded() && isWhole(digits, number, range.max() + 1);
    }

    /** What a known sum consists of, if that makes a number too. */
    private List<Digit> parts(Expr number) {
        DistinctElements sum = new DistinctElements(bounds, fixed);
        if (number instanceof Expr.Var || !sum.collect(number, 1)) {
            return List.of();
        }
        List<Digit> digits = sum.digits();
        return isNumber(digits.stream().filter(d -> d.count > 1).toList()) ? digits : List.of();
    }

    /** {@code number % c1}, {@code number / c1 % c2}, ..., {@code number / (c1 * c2 * ...)} with nothing left out. */
    private boolean isWhole(List<Digit> digits, Expr number, long extent) {
        long known = 1;
        boolean grew = true;
        while (known < extent && grew) {
            grew = false;
            for (Digit digit : digits) {
                Optional<Part> part = partOf(digit.value, number, extent);
                if (part.isPresent()
                        && (known % part.get().divisor == 0 || known == 1 && isKnown(number, part.get().divisor))
                        && part.get().end() > known) {
                    known = part.get().end();
                    grew = true;
                }
            }
        }
        // A condition on the tile may leave nothing of what is above.
        return known >= extent || bounds.greatest(IndexMath.div(number, known)) == 0;
    }

    /** Whether a condition around leaves {@code number % divisor} but zero. */
    private boolean isKnown(Expr number, long divisor) {
        return Simplifier.proves(bounds, IndexMath.less(IndexMath.rem(number, divisor), Expr.index(1)));
    }

    /** {@code number / divisor % values}. */
    private record Part(long divisor, long values) {
        long end() {
            return divisor * values;
        }
    }

    private Optional<Part> partOf(Expr e, Expr number, long extent) {
        if (e.equals(number)) {
            return Optional.of(new Part(1, extent));
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr inner, Expr.IntConst(long c, DType _)) && c > 0) {
            if (op == BinaryOp.DIV && inner.equals(number)) {
                return Optional.of(new Part(c, Math.ceilDiv(extent, c)));
            }
            // (8 * a + b) / 9 is (32 * a + 4 * b + v) / 36 where v is less than 4.
            for (long common = 2; op == BinaryOp.DIV && common <= MOST_LANES; common *= 2) {
                Expr whole = Simplifier.simplify(IndexMath.div(number, common * c), bounds);
                if (whole.equals(e)) {
                    return Optional.of(new Part(common * c, Math.ceilDiv(extent, common * c)));
                }
            }
            if (op == BinaryOp.REM) {
                return partOf(inner, number, extent).map(part -> new Part(part.divisor, Math.min(c, part.values)));
            }
        }
        return Optional.empty();
    }

    /** What a quotient or remainder is one of. */
    private static Expr numberOf(Expr e) {
        return e instanceof Expr.Binary(BinaryOp op, Expr inner, Expr.IntConst _)
                        && (op == BinaryOp.DIV || op == BinaryOp.REM)
                ? numberOf(inner)
                : e;
    }
}
