package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Splits {@code REGISTER} buffers into variables. Requires: vector loops and unrolled loops are gone. Ensures: a register
 * buffer has rank 0, a scalar variable; or rank 1 and a power of two of elements, a vector variable, of which accesses
 * take all ({@code Ramp(0, 1, L)}) or one constant lane; or it is an array in memory, which accesses reach by one offset.
 *
 * <pre>
 * allocate acc[2, 16]; acc[1, ramp(0, 1, 16)] = 0    -- becomes
 * allocate acc_1[16];  acc_1[ramp(0, 1, 16)] = 0
 * </pre>
 */
public final class ScalarizeRegisters {
    private ScalarizeRegisters() {}

    public static Stmt apply(Stmt body) {
        return body.rewrite(
                s -> s instanceof Stmt.Allocate a && a.buffer().scope() == Scope.REGISTER ? scalarized(a) : s, e -> e);
    }

    /** How the accesses to one buffer look. */
    private static final class Accesses {
        private final Buffer buffer;
        private boolean isSplit = true;
        private OptionalLong vectorAxis = OptionalLong.empty();
        private int lanes = 1;

        private static final Comparator<List<Long>> BY_POSITION = (a, b) -> {
            for (int i = 0; i < a.size(); i++) {
                int order = Long.compare(a.get(i), b.get(i));
                if (order != 0) {
                    return order;
                }
            }
            return 0;
        };

        Accesses(Buffer buffer) {
            this.buffer = buffer;
        }

        void see(Buffer accessed, List<Expr> indices) {
            if (!accessed.name().equals(buffer.name())) {
                return;
            }
            for (int axis = 0; axis < indices.size(); axis++) {
                Expr index = indices.get(axis);
                if (index instanceof Expr.Ramp(Expr base, long stride, int count)) {
                    boolean fits = stride == 1
                            && IndexMath.constant(base).isPresent()
                            && IndexMath.constant(base).getAsLong() % count == 0
                            && (vectorAxis.isEmpty() || (vectorAxis.getAsLong() == axis && lanes == count));
                    isSplit &= fits;
                    vectorAxis = OptionalLong.of(axis);
                    lanes = count;
                } else {
                    isSplit &= IndexMath.constant(index).isPresent();
                }
            }
        }

        /** The position of the variable that an access belongs to, the vector axis in units of vectors. */
        List<Long> position(List<Expr> indices) {
            List<Long> position = new ArrayList<>();
            for (int axis = 0; axis < indices.size(); axis++) {
                Expr index = indices.get(axis);
                long first = IndexMath.constant(index instanceof Expr.Ramp r ? r.base() : index)
                        .orElseThrow();
                position.add(isVectorAxis(axis) ? first / lanes : first);
            }
            return position;
        }

        boolean isVectorAxis(int axis) {
            return vectorAxis.isPresent() && vectorAxis.getAsLong() == axis;
        }

        /** The index within the variable: none for a scalar, a ramp or a lane for a vector. */
        List<Expr> within(List<Expr> indices) {
            if (vectorAxis.isEmpty()) {
                return List.of();
            }
            Expr index = indices.get((int) vectorAxis.getAsLong());
            return index instanceof Expr.Ramp
                    ? List.of(Vectorize.allLanes(lanes))
                    : List.of(Expr.index(IndexMath.constant(index).orElseThrow() % lanes));
        }

        Buffer variable(List<Long> position) {
            StringBuilder name = new StringBuilder(buffer.name());
            for (int axis = 0; axis < position.size(); axis++) {
                // An axis that one vector spans needs no number.
                boolean single = isVectorAxis(axis)
                        && IndexMath.constant(buffer.shape().get(axis)).equals(OptionalLong.of(lanes));
                if (!single) {
                    name.append('_').append(position.get(axis));
                }
            }
            List<Expr> shape = vectorAxis.isEmpty() ? List.of() : List.of(Expr.index(lanes));
            return new Buffer(
                    name.toString(),
                    buffer.type(),
                    shape,
                    LayoutMap.rowMajor(shape.size()),
                    Scope.REGISTER,
                    buffer.alignmentBytes());
        }
    }

    private static Stmt scalarized(Stmt.Allocate a) {
        Accesses accesses = new Accesses(a.buffer());
        boolean invoked = a.body().anyMatch(s -> {
            s.expressions()
                    .forEach(e -> e.anyMatch(n -> {
                        if (n instanceof Expr.Load load) {
                            accesses.see(load.buffer(), load.indices());
                        }
                        return false;
                    }));
            if (s instanceof Stmt.Store store) {
                accesses.see(store.buffer(), store.indices());
            }
            return s instanceof Stmt.Invoke i
                    && i.operands().stream()
                            .anyMatch(w -> w.buffer().name().equals(a.buffer().name()));
        });
        boolean split = accesses.isSplit && !invoked;
        Map<List<Long>, Buffer> variables = new TreeMap<>(Accesses.BY_POSITION);
        Buffer array = flat(a.buffer());
        Access access = split
                ? (buffer, indices) -> {
                    Buffer variable = variables.computeIfAbsent(accesses.position(indices), accesses::variable);
                    return new Expr.Load(variable, accesses.within(indices));
                }
                : (buffer, indices) -> new Expr.Load(array, List.of(offset(buffer, indices)));
        Stmt body = replaced(a.body(), a.buffer().name(), access);
        if (!split) {
            return new Stmt.Allocate(array, body);
        }
        for (Buffer variable : new ArrayList<>(variables.values()).reversed()) {
            body = new Stmt.Allocate(variable, body);
        }
        return body;
    }

    private interface Access {
        Expr.Load at(Buffer buffer, List<Expr> indices);
    }

    private static Stmt replaced(Stmt body, String name, Access access) {
        return body.rewrite(
                s -> {
                    if (s instanceof Stmt.Store store && store.buffer().name().equals(name)) {
                        Expr.Load at = access.at(store.buffer(), store.indices());
                        return new Stmt.Store(at.buffer(), at.indices(), store.value(), store.origin());
                    }
                    return s;
                },
                e -> e.rewrite(
                        n -> n instanceof Expr.Load load && load.buffer().name().equals(name)
                                ? access.at(load.buffer(), load.indices())
                                : n));
    }

    /** The memory of an array as one axis. */
    private static Buffer flat(Buffer buffer) {
        Expr elements = Expr.index(1);
        for (LayoutMap.Dimension d : buffer.layout().dimensions()) {
            Expr size = d.size(buffer.shape().get(d.axis()));
            elements = IndexMath.mul(elements, size);
        }
        return new Buffer(
                buffer.name(),
                buffer.type(),
                List.of(elements),
                LayoutMap.rowMajor(1),
                buffer.scope(),
                buffer.alignmentBytes());
    }

    private static Expr offset(Buffer buffer, List<Expr> indices) {
        if (indices.isEmpty()) {
            return Expr.index(0);
        }
        int lanes = indices.stream().mapToInt(Expr::lanes).max().orElse(1);
        if (lanes == 1) {
            return Simplifier.simplify(FlattenIndices.offset(buffer, indices, Bounds.none()), Bounds.none());
        }
        // One axis varies with the lane; its stride in memory is that of the offsets of the first two lanes.
        Expr first = offset(buffer, lane(indices, 0));
        Expr second = offset(buffer, lane(indices, 1));
        OptionalLong stride = IndexMath.constant(Simplifier.simplify(IndexMath.sub(second, first), Bounds.none()));
        if (stride.isPresent()) {
            return new Expr.Ramp(first, stride.getAsLong(), lanes);
        }
        throw new LoweringException("register buffer " + buffer.name()
                + ": a vector access has no constant stride; vectorise another loop or keep the buffer in memory");
    }

    private static List<Expr> lane(List<Expr> indices, int lane) {
        return indices.stream()
                .map(i -> i instanceof Expr.Ramp(Expr base, long stride, int _)
                        ? IndexMath.add(base, Expr.index(stride * lane))
                        : i)
                .toList();
    }
}
