package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.Value.Scalar;
import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Reads of tensors, arrays and tables. A read that some index is sure to take out of bounds is an error. */
final class Accesses {
    private final Problems problems;
    private final AxisBounds bounds;
    private final Folding fold;
    private final Elements elements;
    /** How many conditions and possibly empty domains stand around what is evaluated: within them nothing is sure to be read. */
    private int unsure;

    Accesses(Problems problems, AxisBounds bounds, Folding fold, Elements elements) {
        this.problems = problems;
        this.bounds = bounds;
        this.fold = fold;
        this.elements = elements;
    }

    /** Evaluates what is needed only where {@code condition} holds. */
    <T> T where(Expr condition, Supplier<T> evaluation) {
        return bounds.assuming(condition, () -> unsure(evaluation));
    }

    /** Evaluates what is needed only where {@code condition} does not hold. */
    <T> T whereNot(Expr condition, Supplier<T> evaluation) {
        return bounds.assumingNot(condition, () -> unsure(evaluation));
    }

    private <T> T unsure(Supplier<T> evaluation) {
        unsure++;
        try {
            return evaluation.get();
        } finally {
            unsure--;
        }
    }

    /** Evaluates what is needed at every index of {@code axes}. */
    <T> T within(List<Axis> axes, Supplier<T> evaluation) {
        boolean mayBeEmpty =
                axes.stream().anyMatch(axis -> bounds.of(axis.extent()).min() < 1);
        return mayBeEmpty ? unsure(evaluation) : evaluation.get();
    }

    /** The extents; of an absent input there are none. */
    List<Expr> shape(Value tensor) {
        return switch (tensor) {
            case Value.Tensor t -> t.shape();
            case Value.Absent _ -> List.of();
            case Value.Choice choice -> shape(choice.tensors().getFirst());
            case Scalar _, Value.Ints _, Value.Reals _, Value.Tensors _ -> throw notTensor(Origin.NONE);
        };
    }

    /** The kind of a tensor's elements. */
    Kind kind(Value tensor, Origin origin) {
        return switch (tensor) {
            case Value.Tensor t -> t.kind();
            case Value.Absent absent -> absent.neutral().kind();
            case Value.Choice choice -> kind(choice.tensors().getFirst(), origin);
            case Scalar _, Value.Ints _, Value.Reals _, Value.Tensors _ -> throw notTensor(origin);
        };
    }

    Scalar at(Value tensor, List<Expr> indices, Origin origin) {
        return switch (tensor) {
            case Value.Absent absent -> absent.neutral();
            case Value.Choice choice -> chosen(choice, t -> at(t, indices, origin), origin);
            case Value.Tensor t -> {
                requireRank(t, indices, origin);
                requireInside(t, indices, origin);
                yield elements.loaded(
                        t.kind(),
                        new Expr.Read(t.name(), t.type(), indices, Optional.empty(), origin),
                        t.stored(),
                        t.weak());
            }
            case Scalar _, Value.Ints _, Value.Reals _, Value.Tensors _ -> throw notTensor(origin);
        };
    }

    Scalar atOr(Scalar outside, Value tensor, List<Expr> indices, Origin origin) {
        return switch (tensor) {
            case Value.Absent absent -> absent.neutral();
            case Value.Choice choice -> chosen(choice, t -> atOr(outside, t, indices, origin), origin);
            case Value.Tensor t -> {
                requireRank(t, indices, origin);
                yield atOr(outside, t, indices, origin);
            }
            case Scalar _, Value.Ints _, Value.Reals _, Value.Tensors _ -> throw notTensor(origin);
        };
    }

    private Scalar atOr(Scalar outside, Value.Tensor t, List<Expr> indices, Origin origin) {
        Expr inside = Expr.TRUE;
        for (int axis = 0; axis < indices.size(); axis++) {
            Expr index = indices.get(axis);
            inside = fold.binary(BinaryOp.AND, inside, fold.binary(BinaryOp.GE, index, Expr.index(0)));
            inside = fold.binary(
                    BinaryOp.AND,
                    inside,
                    fold.binary(BinaryOp.LT, index, t.shape().get(axis)));
        }
        Expr plain = new Expr.Read(t.name(), t.type(), indices, Optional.empty(), origin);
        Scalar read = elements.loaded(t.kind(), plain, t.stored(), t.weak());
        if (inside instanceof Expr.IntConst(long always, DType _)) {
            return always != 0 ? read : elements.select(Expr.FALSE, read, outside, origin);
        }
        Scalar both = elements.select(inside, read, outside, origin);
        Optional<Expr> inType = elements.exactly(outside, t.kind(), t.type());
        return inType.isEmpty() || both.stored() != read.stored()
                ? both
                : elements.loaded(
                        t.kind(), new Expr.Read(t.name(), t.type(), indices, inType, origin), t.stored(), t.weak());
    }

    /** An element of an array of known values; at an unknown position, of a table of them. */
    Value element(List<Scalar> values, Expr position, Origin origin) {
        OptionalLong known = fold.constant(position);
        if (known.isPresent()) {
            long i = known.getAsLong();
            if (i < 0 || i >= values.size()) {
                throw problems.at(origin, "position " + i + " is outside an array of " + values.size() + " values");
            }
            return values.get((int) i);
        }
        if (values.isEmpty()) {
            throw problems.at(origin, "an element is taken of an empty array");
        }
        double[] numbers = new double[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = switch (values.get(i).expr()) {
                case Expr.IntConst(long value, DType _) when Math.abs(value) <= 1L << 53 -> value;
                case Expr.FloatConst(double value, DType _) -> value;
                default ->
                    throw problems.at(
                            origin, "an array is indexed by an index, so its values must be constants below 2^53");
            };
        }
        Scalar first = values.getFirst();
        Table table = new Table("values", first.expr().type(), new int[] {numbers.length}, numbers);
        requireInside(position, Expr.index(numbers.length), "the array", 0, origin);
        return new Scalar(first.kind(), new Expr.TableEntry(table, List.of(position)), first.stored(), true);
    }

    Scalar tableEntry(Table table, List<Expr> at, Origin origin) {
        long offset = 0;
        boolean known = true;
        for (int axis = 0; axis < at.size(); axis++) {
            requireInside(at.get(axis), Expr.index(table.size(axis)), table.name(), axis, origin);
            OptionalLong index = fold.constant(at.get(axis));
            known &= index.isPresent();
            offset = offset * table.size(axis) + index.orElse(0);
        }
        if (known) {
            double value = table.valueAt((int) offset);
            return table.type().isFloat() ? elements.literal(value) : Scalar.index(Expr.index((long) value));
        }
        Expr entry = new Expr.TableEntry(table, at);
        return table.type().isFloat() ? elements.weakFloat(entry) : Scalar.index(fold.cast(DType.I64, entry));
    }

    Value choose(List<Value> tensors, Expr position, Origin origin) {
        OptionalLong known = fold.constant(position);
        if (known.isEmpty()) {
            return new Value.Choice(tensors, position);
        }
        if (known.getAsLong() < 0 || known.getAsLong() >= tensors.size()) {
            throw problems.at(origin, "tensor " + known.getAsLong() + " is wanted of " + tensors.size());
        }
        return tensors.get((int) known.getAsLong());
    }

    private interface Access {
        Scalar of(Value tensor);
    }

    private Scalar chosen(Value.Choice choice, Access access, Origin origin) {
        return unsure(() -> {
            Scalar value = access.of(choice.tensors().getLast());
            for (int i = choice.tensors().size() - 2; i >= 0; i--) {
                Expr isThis = fold.binary(BinaryOp.EQ, choice.position(), Expr.index(i));
                value = elements.select(isThis, access.of(choice.tensors().get(i)), value, origin);
            }
            return value;
        });
    }

    /** The extents of the tensors one after another along {@code axis}. */
    List<Expr> concatShape(List<Value> tensors, long axis, Origin origin) {
        if (tensors.isEmpty()) {
            throw problems.at(origin, "concat needs at least one tensor");
        }
        List<Expr> shape = new ArrayList<>(shape(tensors.getFirst()));
        if (axis < 0 || axis >= shape.size()) {
            throw problems.at(origin, "concat along axis " + axis + " of tensors of rank " + shape.size());
        }
        for (Value tensor : tensors.subList(1, tensors.size())) {
            List<Expr> other = shape(tensor);
            for (int i = 0; i < shape.size(); i++) {
                if (other.size() != shape.size() || i != axis && !other.get(i).equals(shape.get(i))) {
                    throw problems.at(
                            origin,
                            "concat of shapes " + IndexOperations.text(shape(tensors.getFirst())) + " and "
                                    + IndexOperations.text(other) + " along axis " + axis
                                    + ": rank and all other axes must agree");
                }
            }
            shape.set((int) axis, fold.add(shape.get((int) axis), other.get((int) axis)));
        }
        return shape;
    }

    /** The element at {@code at}: of the first tensor whose end along {@code axis} lies beyond it. */
    Scalar concat(List<Value> tensors, int axis, List<Expr> at, Origin origin) {
        return tensors.size() == 1
                ? at(tensors.getFirst(), at, origin)
                : unsure(() -> concat(tensors, axis, at, Expr.index(0), origin));
    }

    private Scalar concat(List<Value> tensors, int axis, List<Expr> at, Expr start, Origin origin) {
        Value first = tensors.getFirst();
        List<Expr> inFirst = new ArrayList<>(at);
        inFirst.set(axis, fold.sub(at.get(axis), start));
        if (tensors.size() == 1) {
            return at(first, inFirst, origin);
        }
        Expr end = fold.add(start, shape(first).get(axis));
        Expr inside = fold.binary(BinaryOp.LT, at.get(axis), end);
        Scalar rest = whereNot(inside, () -> concat(tensors.subList(1, tensors.size()), axis, at, end, origin));
        return end.equals(start) ? rest : elements.select(inside, at(first, inFirst, origin), rest, origin);
    }

    private void requireRank(Value.Tensor t, List<Expr> indices, Origin origin) {
        if (indices.size() != t.shape().size()) {
            throw problems.at(
                    origin,
                    t.name() + " has rank " + t.shape().size() + ", shape " + IndexOperations.text(t.shape())
                            + ", and is read with " + indices.size() + (indices.size() == 1 ? " index" : " indices"));
        }
    }

    private void requireInside(Value.Tensor t, List<Expr> indices, Origin origin) {
        for (int axis = 0; axis < indices.size(); axis++) {
            requireInside(indices.get(axis), t.shape().get(axis), t.name(), axis, origin);
        }
    }

    private void requireInside(Expr index, Expr extent, String what, int axis, Origin origin) {
        Interval range = bounds.of(index);
        long size = bounds.of(extent).max();
        boolean outside = range.min() >= size || range.max() < 0;
        boolean partly = bounds.isAttained(index) && (range.min() < 0 || range.max() >= size);
        if (unsure == 0 && !bounds.isEmpty() && (outside || partly)) {
            String values = range.min() == range.max()
                    ? "is " + range.min()
                    : "takes values from " + range.min() + " to " + range.max();
            throw problems.at(
                    origin,
                    "the index of axis " + axis + " of " + what + " " + values + ", allowed "
                            + (size == 0 ? "none" : "0 to " + (size - 1)) + "; atOr gives a value beyond the border");
        }
    }

    private SpecializationException notTensor(Origin origin) {
        return problems.at(origin, "a tensor is expected here");
    }
}
