package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Interval;
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
    /** A part of an offset: {@code weight} times a value that takes {@code count} consecutive values. */
    private record Digit(Expr value, long weight, long count) {
        long span() {
            return weight * (count - 1);
        }
    }

    private final Bounds bounds;
    private final Map<Expr, Long> weights = new HashMap<>();

    private DistinctElements(Bounds bounds) {
        this.bounds = bounds;
    }

    /** Whether {@code offset}, an index, differs wherever one of the {@code workers} variables does. */
    static boolean proves(Expr offset, Set<Expr.Var> workers, Bounds bounds) {
        DistinctElements elements = new DistinctElements(bounds);
        return elements.collect(offset, 1) && elements.areDistinct(workers);
    }

    /** As {@link #proves(Expr, Set, Bounds)} for several indices, of which each determines its own digits. */
    static boolean proves(List<Expr> indices, Set<Expr.Var> workers, Bounds bounds) {
        Set<Expr.Var> left = new HashSet<>(workers);
        for (Expr index : indices) {
            Set<Expr.Var> here = new HashSet<>();
            for (Expr.Var worker : left) {
                if (index.anyMatch(worker::equals)) {
                    here.add(worker);
                }
            }
            // Digits of one variable that are spread over several indices are not put together again.
            if (!here.isEmpty() && proves(index, here, bounds)) {
                left.removeAll(here);
            }
        }
        return left.isEmpty();
    }

    /** Adds {@code factor * e} to the weights; false where {@code e} is no sum of products with constants. */
    private boolean collect(Expr e, long factor) {
        return switch (e) {
            case Expr.IntConst _, Expr.Param _ -> true;
            case Expr.Binary(BinaryOp op, Expr a, Expr b) when op == BinaryOp.ADD -> collect(a, factor) && collect(b, factor);
            case Expr.Binary(BinaryOp op, Expr a, Expr b) when op == BinaryOp.SUB -> collect(a, factor) && collect(b, -factor);
            case Expr.Binary(BinaryOp op, Expr a, Expr.IntConst(long c, DType _)) when op == BinaryOp.MUL -> collect(a, factor * c);
            case Expr.Binary(BinaryOp op, Expr.IntConst(long c, DType _), Expr b) when op == BinaryOp.MUL -> collect(b, factor * c);
            default -> {
                weights.merge(e, factor, Long::sum);
                yield true;
            }
        };
    }

    private boolean areDistinct(Set<Expr.Var> workers) {
        List<Digit> digits = new ArrayList<>();
        for (Map.Entry<Expr, Long> entry : weights.entrySet()) {
            Interval range = bounds.of(entry.getKey());
            long weight = Math.abs(entry.getValue());
            if (!range.isBounded() || range.max() - range.min() > 1L << 40 || weight > 1L << 40) {
                return false;
            }
            if (weight != 0 && range.min() != range.max()) {
                digits.add(new Digit(entry.getKey(), weight, range.max() - range.min() + 1));
            }
        }
        digits.sort(Comparator.comparingLong(Digit::weight));
        return determinesAll(digits, workers) && (isNumber(digits) || isNumber(merged(digits, workers)));
    }

    /** Whether each digit is worth more than all smaller ones together. */
    private static boolean isNumber(List<Digit> digits) {
        long below = 0;
        for (Digit digit : digits) {
            if (digit.weight <= below) {
                return false;
            }
            below += digit.span();
        }
        return true;
    }

    /** Digits without workers that overlap each other, as a window does, count as one. */
    private static List<Digit> merged(List<Digit> digits, Set<Expr.Var> workers) {
        List<Digit> merged = new ArrayList<>();
        for (Digit digit : digits) {
            Optional<Digit> last = merged.isEmpty() ? Optional.empty() : Optional.of(merged.getLast());
            boolean shared = last.isPresent() && !mentions(last.get(), workers) && !mentions(digit, workers) && last.get().weight == 1;
            if (shared) {
                merged.removeLast();
                merged.add(new Digit(digit.value, 1, last.get().count + digit.span()));
            } else {
                merged.add(digit);
            }
        }
        return merged;
    }

    private static boolean mentions(Digit digit, Set<Expr.Var> workers) {
        return workers.stream().anyMatch(worker -> digit.value.anyMatch(worker::equals));
    }

    /** Whether the digits together tell the value of every worker: as itself, or by quotients and remainders that chain up. */
    private boolean determinesAll(List<Digit> digits, Set<Expr.Var> workers) {
        return workers.stream().allMatch(worker -> {
            Interval range = bounds.of(worker);
            return range.min() == range.max() || determines(digits, worker, range.max() + 1);
        });
    }

    /** {@code worker % c1}, {@code worker / c1 % c2}, ..., {@code worker / (c1 * c2 * ...)} with nothing left out. */
    private static boolean determines(List<Digit> digits, Expr.Var worker, long extent) {
        long known = 1;
        boolean grew = true;
        while (known < extent && grew) {
            grew = false;
            for (Digit digit : digits) {
                Optional<long[]> part = partOf(digit.value, worker, extent);
                if (part.isPresent() && part.get()[0] <= known && part.get()[0] * part.get()[1] > known && known % part.get()[0] == 0) {
                    known = part.get()[0] * part.get()[1];
                    grew = true;
                }
            }
        }
        return known >= extent;
    }

    /** Divisor and number of values of {@code worker / divisor % values}. */
    private static Optional<long[]> partOf(Expr e, Expr.Var worker, long extent) {
        if (e.equals(worker)) {
            return Optional.of(new long[] {1, extent});
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr inner, Expr.IntConst(long c, DType _)) && c > 0) {
            if (op == BinaryOp.DIV && inner.equals(worker)) {
                return Optional.of(new long[] {c, Math.ceilDiv(extent, c)});
            }
            if (op == BinaryOp.REM) {
                return partOf(inner, worker, extent).map(part -> new long[] {part[0], Math.min(c, part[1])});
            }
        }
        return Optional.empty();
    }
}
