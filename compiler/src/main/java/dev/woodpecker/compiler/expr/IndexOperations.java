package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Expr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The methods of the kernel language's {@code Index}, on lists of expressions; errors say which axes are allowed. */
final class IndexOperations {
    private final Folding fold;

    IndexOperations(Folding fold) {
        this.fold = fold;
    }

    static Expr get(List<Expr> index, long axis) {
        return index.get(within(axis, index.size()));
    }

    static List<Expr> pick(List<Expr> index, long[] axes) {
        return Arrays.stream(axes).mapToObj(axis -> get(index, axis)).toList();
    }

    static List<Expr> drop(List<Expr> index, long[] axes) {
        boolean[] dropped = marked(axes, index.size());
        List<Expr> kept = new ArrayList<>();
        for (int axis = 0; axis < index.size(); axis++) {
            if (!dropped[axis]) {
                kept.add(index.get(axis));
            }
        }
        return kept;
    }

    static List<Expr> weave(List<Expr> index, List<Expr> inserted, long[] axes) {
        if (axes.length != inserted.size()) {
            throw new IllegalArgumentException(
                    "weave: " + inserted.size() + " values for " + axes.length + " axes " + Arrays.toString(axes));
        }
        Expr[] woven = new Expr[index.size() + axes.length];
        boolean[] taken = marked(axes, woven.length);
        for (int j = 0; j < axes.length; j++) {
            woven[(int) axes[j]] = inserted.get(j);
        }
        int next = 0;
        for (int axis = 0; axis < woven.length; axis++) {
            if (!taken[axis]) {
                woven[axis] = index.get(next++);
            }
        }
        return List.of(woven);
    }

    static List<Expr> with(List<Expr> index, long axis, Expr value) {
        List<Expr> changed = new ArrayList<>(index);
        changed.set(within(axis, index.size()), value);
        return changed;
    }

    static List<Expr> concat(List<Expr> a, List<Expr> b) {
        List<Expr> joined = new ArrayList<>(a);
        joined.addAll(b);
        return joined;
    }

    static List<Expr> first(List<Expr> index, long count) {
        return index.subList(0, upTo(count, index.size()));
    }

    static List<Expr> from(List<Expr> index, long axis) {
        return index.subList(upTo(axis, index.size()), index.size());
    }

    Expr product(List<Expr> index) {
        Expr product = Expr.index(1);
        for (Expr value : index) {
            product = fold.mul(product, value);
        }
        return product;
    }

    /** NumPy's rule: aligned at the last axis, extents equal or one of them 1. */
    static List<Expr> broadcast(List<Expr> a, List<Expr> b) {
        int rank = Math.max(a.size(), b.size());
        List<Expr> result = new ArrayList<>();
        for (int axis = 0; axis < rank; axis++) {
            Expr x = aligned(a, axis, rank);
            Expr y = aligned(b, axis, rank);
            if (!x.equals(y) && !isOne(x) && !isOne(y)) {
                throw new IllegalArgumentException("shapes " + text(a) + " and " + text(b) + " do not broadcast: axis "
                        + axis + " of the result is " + text(x) + " in one and " + text(y)
                        + " in the other; they must be equal, or one of them 1");
            }
            result.add(isOne(x) ? y : x);
        }
        return result;
    }

    /** For a position in a broadcast result, the position in an operand of {@code shape}. */
    static List<Expr> within(List<Expr> index, List<Expr> shape) {
        int skipped = index.size() - shape.size();
        if (skipped < 0) {
            throw new IllegalArgumentException("within: shape " + text(shape) + " has a higher rank than index "
                    + text(index) + " of the broadcast result");
        }
        List<Expr> result = new ArrayList<>();
        for (int axis = 0; axis < shape.size(); axis++) {
            result.add(isOne(shape.get(axis)) ? Expr.index(0) : index.get(skipped + axis));
        }
        return result;
    }

    /** Extents as {@code [1, 64, n]}. */
    static String text(List<Expr> values) {
        return "["
                + String.join(", ", values.stream().map(IndexOperations::text).toList()) + "]";
    }

    static String text(Expr value) {
        return switch (value) {
            case Expr.IntConst c -> Long.toString(c.value());
            case Expr.Param p -> p.name();
            case Expr.Var v -> v.name();
            default -> "(...)";
        };
    }

    private static Expr aligned(List<Expr> shape, int axis, int rank) {
        int own = axis - (rank - shape.size());
        return own < 0 ? Expr.index(1) : shape.get(own);
    }

    private static boolean isOne(Expr e) {
        return e instanceof Expr.IntConst c && c.value() == 1;
    }

    private static boolean[] marked(long[] axes, int rank) {
        boolean[] marked = new boolean[rank];
        for (long axis : axes) {
            int position = within(axis, rank);
            if (marked[position]) {
                throw new IllegalArgumentException("axis " + axis + " is given twice in " + Arrays.toString(axes));
            }
            marked[position] = true;
        }
        return marked;
    }

    private static int within(long axis, int rank) {
        if (axis < 0 || axis >= rank) {
            throw new IllegalArgumentException("axis " + axis + " is outside rank " + rank + ": allowed "
                    + (rank == 0 ? "none" : "0 to " + (rank - 1)));
        }
        return (int) axis;
    }

    private static int upTo(long count, int rank) {
        if (count < 0 || count > rank) {
            throw new IllegalArgumentException(count + " is outside rank " + rank + ": allowed 0 to " + rank);
        }
        return (int) count;
    }
}
