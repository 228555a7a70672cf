package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Region;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Turns loops over tiles into instructions of a warp. Requires: stages are placed and indices simplified; {@code TENSOR}
 * loops are those that the step {@code Tensorize} has checked, inside a {@code THREAD_X} loop over the lanes. Ensures: no
 * {@code TENSOR} loop is left. Their accumulators are fragments; a nest of three loops, over rows, columns and depth, loads
 * its operands and multiplies them; a nest of two, which sets or uses accumulators element by element, becomes a loop over
 * a lane's values, whose row and column the distribution tells.
 */
public final class TensorizeLoops {
    /** Rows that {@code ldmatrix} reads start at multiples of this. */
    private static final int ROW_ALIGNMENT_BYTES = 16;

    private final Target target;
    private final Map<String, Accumulator> accumulators = new HashMap<>();

    private TensorizeLoops(Target target) {
        this.target = target;
    }

    public static Stmt apply(Stmt phase, Target target) {
        if (Region.loops(phase).stream().noneMatch(l -> l.binding() == Loop.Binding.TENSOR)) {
            return phase;
        }
        return Simplifier.simplify(new TensorizeLoops(target).tensorized(phase, Optional.empty()));
    }

    /**
     * The accumulators of a stage, {@code buffer} after and {@code name} before: axes {@code row} and {@code column} are
     * those of the tile, all others count tiles.
     */
    private record Accumulator(Buffer before, Buffer buffer, TensorTile tile, int row, int column) {
        /** Where the values of the tile of an access begin in a lane. */
        Expr start(List<Expr> indices) {
            Expr number = Expr.index(0);
            for (int axis = 0; axis < indices.size(); axis++) {
                if (axis != row && axis != column) {
                    Expr extent = before.shape().get(axis);
                    number = IndexMath.add(IndexMath.mul(number, extent), indices.get(axis));
                }
            }
            return IndexMath.mul(number, Expr.index(tile.accumulator().values()));
        }
    }

    private Stmt tensorized(Stmt s, Optional<Loop> lanes) {
        return switch (s) {
            case Stmt.For f when f.loop().binding() == Loop.Binding.TENSOR -> nest(f, lanes);
            case Stmt.For f
            when f.loop().binding() == Loop.Binding.THREAD_X ->
                f.map(child -> tensorized(child, lanes.isPresent() ? lanes : Optional.of(f.loop())), e -> e);
            case Stmt.Allocate(Buffer buffer, Stmt body) -> {
                Optional<Accumulator> accumulator = accumulator(buffer, body);
                accumulator.ifPresent(a -> accumulators.put(buffer.name(), a));
                Stmt inside = tensorized(body, lanes);
                yield new Stmt.Allocate(accumulator.map(Accumulator::buffer).orElse(buffer), inside);
            }
            case Stmt other -> other.map(child -> tensorized(child, lanes), e -> e);
        };
    }

    // ---- Finding what is accumulated

    /** The loops of a nest, outermost first. */
    private static List<Loop> tileLoops(Stmt s) {
        List<Loop> loops = new ArrayList<>();
        Stmt inner = s;
        while (inner instanceof Stmt.For(Loop loop, Stmt body) && loop.binding() == Loop.Binding.TENSOR) {
            loops.add(loop);
            inner = body;
        }
        return loops;
    }

    private static Stmt inside(Stmt s, int loops) {
        Stmt inner = s;
        for (int i = 0; i < loops; i++) {
            inner = ((Stmt.For) inner).body();
        }
        return inner;
    }

    private Optional<Accumulator> accumulator(Buffer buffer, Stmt body) {
        if (tileLoops(body).size() == 3) {
            return Optional.of(update(body))
                    .filter(u -> u.store().buffer().name().equals(buffer.name()))
                    .map(u -> accumulator(buffer, u, tileLoops(body)));
        }
        return body.children().stream()
                .flatMap(child -> accumulator(buffer, child).stream())
                .findFirst();
    }

    private Accumulator accumulator(Buffer buffer, Update update, List<Loop> loops) {
        long[] extents = loops.stream().mapToLong(l -> constant(l.extent())).toArray();
        TensorTile tile = Intrinsics.tile(
                        extents[0], extents[1], extents[2], update.left().type(), buffer.type())
                .orElseThrow(() -> new LoweringException("buffer " + buffer.name()
                        + ": no instruction multiplies tiles of " + extents[0] + "x" + extents[1] + "x" + extents[2]
                        + " " + update.left().type().text()));
        requireTarget(tile);
        int row = update.store().indices().indexOf(loops.get(0).variable());
        int column = update.store().indices().indexOf(loops.get(1).variable());
        if (row < 0 || column < 0) {
            throw new LoweringException(
                    "accumulators " + buffer.name() + " are not indexed by the loops of their tile");
        }
        long values = tile.accumulator().values();
        for (int axis = 0; axis < buffer.rank(); axis++) {
            values *=
                    axis == row || axis == column ? 1 : constant(buffer.shape().get(axis));
        }
        Buffer fragment = Buffer.rowMajor(buffer.name(), buffer.type(), List.of(Expr.index(values)), Scope.FRAGMENT);
        return new Accumulator(buffer, fragment, tile, row, column);
    }

    private void requireTarget(TensorTile tile) {
        int capability =
                target.isCuda() ? Integer.parseInt(target.architecture().replaceAll("\\D", "")) : 0;
        if (capability < tile.capability()) {
            throw new LoweringException(
                    target.name() + " has no " + tile.name() + "; it needs cuda:sm_" + tile.capability() + " or later");
        }
    }

    private static long constant(Expr extent) {
        OptionalLong value = IndexMath.constant(extent);
        return value.orElseThrow(() -> new LoweringException("a tile has no constant extent " + extent));
    }

    /** {@code store.buffer[..] += left * right}. */
    private record Update(Stmt.Store store, Expr.Load left, Expr.Load right) {}

    private static Update update(Stmt nest) {
        List<Loop> loops = tileLoops(nest);
        Stmt inner = inside(nest, loops.size());
        // Where the condition does not hold, an operand is zero or the result is not stored: Tensorize has seen to it.
        Stmt body = inner instanceof Stmt.If(Expr _, Stmt then, Optional<Stmt> otherwise) && otherwise.isEmpty()
                ? then
                : inner;
        if (body instanceof Stmt.Store store
                && store.value() instanceof Expr.Binary(BinaryOp op, Expr x, Expr y)
                && op == BinaryOp.ADD) {
            Expr old = new Expr.Load(store.buffer(), store.indices());
            Expr product = x.equals(old) ? y : x;
            boolean accumulates = x.equals(old) || y.equals(old);
            if (accumulates
                    && product instanceof Expr.Binary(BinaryOp times, Expr a, Expr b)
                    && times == BinaryOp.MUL
                    && factor(a) instanceof Expr.Load left
                    && factor(b) instanceof Expr.Load right) {
                Expr.Var row = loops.getFirst().variable();
                boolean inOrder = left.indices().stream().anyMatch(i -> i.anyMatch(row::equals));
                return inOrder ? new Update(store, left, right) : new Update(store, right, left);
            }
        }
        throw new LoweringException(
                "the tile over " + loops.stream().map(Loop::name).toList() + " is no sum of products");
    }

    private static Expr factor(Expr e) {
        return e instanceof Expr.Cast(DType _, Expr operand) ? operand : e;
    }

    // ---- Rewriting

    private Stmt nest(Stmt.For f, Optional<Loop> lanes) {
        List<Loop> loops = tileLoops(f);
        Loop threads = lanes.orElseThrow(() ->
                new LoweringException("the tile over " + loops.getFirst().name() + " is inside no loop over lanes"));
        return loops.size() == 3 ? multiplied(f, loops) : elementwise(f, loops, threads);
    }

    private Accumulator accumulatorOf(Buffer buffer) {
        Accumulator accumulator = accumulators.get(buffer.name());
        if (accumulator == null) {
            throw new LoweringException(
                    "a tile accumulates in " + buffer.name() + ", which is not allocated around it");
        }
        return accumulator;
    }

    /** Loads of both operands and their product. */
    private Stmt multiplied(Stmt.For f, List<Loop> loops) {
        Update update = update(f);
        Accumulator accumulator = accumulatorOf(update.store().buffer());
        TensorTile tile = accumulator.tile();
        Stmt.Window leftTile = window(update.left(), loops.get(0), loops.get(2));
        Stmt.Window rightTile = window(update.right(), loops.get(1), loops.get(2));
        Stmt.Window left = fragment(
                leftTile.buffer(), tile.product().operand("left").distribution().orElseThrow());
        Stmt.Window right = fragment(
                rightTile.buffer(),
                tile.product().operand("right").distribution().orElseThrow());
        Stmt.Window sum = new Stmt.Window(
                accumulator.buffer(), List.of(accumulator.start(update.store().indices())));
        Stmt body = Stmt.seq(
                new Stmt.Invoke(tile.loadLeft(), List.of(left, leftTile)),
                new Stmt.Invoke(tile.loadRight(), List.of(right, rightTile)),
                new Stmt.Invoke(tile.product(), List.of(sum, left, right)));
        return new Stmt.Allocate(left.buffer(), new Stmt.Allocate(right.buffer(), body));
    }

    /** Registers for an operand that is loaded from {@code memory}. */
    private static Stmt.Window fragment(Buffer memory, Distribution distribution) {
        Buffer buffer = Buffer.rowMajor(
                memory.name() + ".fragment", memory.type(), List.of(Expr.index(distribution.values())), Scope.FRAGMENT);
        return new Stmt.Window(buffer, List.of(Expr.index(0)));
    }

    /** Where an operand's tile begins: rows go along {@code rows}, elements of a row along {@code depth}. */
    private static Stmt.Window window(Expr.Load load, Loop rows, Loop depth) {
        Buffer buffer = load.buffer();
        int last = buffer.rank() - 1;
        long rowBytes = last < 1
                ? 0
                : constant(buffer.shape().get(last)) * buffer.type().bytes();
        boolean readable = buffer.scope() == Scope.SHARED && buffer.layout().isRowMajor() && last >= 1;
        if (!readable || rowBytes % ROW_ALIGNMENT_BYTES != 0) {
            throw new LoweringException(
                    "a tile of " + buffer.name() + " cannot be loaded: its rows must lie in shared memory,"
                            + " row-major, at multiples of " + ROW_ALIGNMENT_BYTES + " bytes");
        }
        List<Expr> start = new ArrayList<>();
        for (int axis = 0; axis <= last; axis++) {
            Expr index = load.indices().get(axis);
            Expr step = axis == last ? depth.variable() : axis == last - 1 ? rows.variable() : Expr.index(0);
            Expr base = Simplifier.simplify(IndexMath.sub(index, step), Bounds.none());
            if (base.anyMatch(e -> e.equals(rows.variable()) || e.equals(depth.variable()))) {
                throw new LoweringException("a tile of " + buffer.name() + " does not go along its last two axes");
            }
            start.add(base);
        }
        return new Stmt.Window(buffer, start);
    }

    /** Each lane does what the nest does, for the elements that it holds. */
    private Stmt elementwise(Stmt.For f, List<Loop> loops, Loop threads) {
        Stmt body = inside(f, loops.size());
        Accumulator accumulator = accumulators.values().stream()
                .filter(a -> touches(body, a.before()))
                .findFirst()
                .orElseThrow(() -> new LoweringException(
                        "the tile over " + loops.stream().map(Loop::name).toList() + " has no accumulators"));
        Distribution distribution = accumulator.tile().accumulator();
        Expr.Var value = Expr.Var.index(accumulator.buffer().name() + ".value");
        Loop values = new Loop(
                value,
                Expr.index(distribution.values()),
                Loop.Binding.UNROLL,
                Loop.Carrier.SPATIAL,
                Optional.empty(),
                Origin.NONE);
        Stmt onFragment = body.rewrite(
                s -> s instanceof Stmt.Store store && isOf(store.buffer(), accumulator.before())
                        ? new Stmt.Store(
                                accumulator.buffer(),
                                at(accumulator, store.indices(), loops, value),
                                store.value(),
                                store.origin())
                        : s,
                e -> e.rewrite(n -> n instanceof Expr.Load load && isOf(load.buffer(), accumulator.before())
                        ? new Expr.Load(accumulator.buffer(), at(accumulator, load.indices(), loops, value))
                        : n));
        Map<String, Expr> element = Map.of(
                loops.get(0).name(), distribution.rowOf(threads.variable(), value),
                loops.get(1).name(), distribution.columnOf(threads.variable(), value));
        return new Stmt.For(values, LoopNest.substituteVariables(onFragment, element));
    }

    private static boolean isOf(Buffer accessed, Buffer accumulator) {
        return accessed.name().equals(accumulator.name());
    }

    private static boolean touches(Stmt body, Buffer accumulator) {
        return body.anyMatch(s -> s instanceof Stmt.Store store && isOf(store.buffer(), accumulator)
                || s.expressions().stream()
                        .anyMatch(e ->
                                e.anyMatch(n -> n instanceof Expr.Load load && isOf(load.buffer(), accumulator))));
    }

    private static List<Expr> at(Accumulator accumulator, List<Expr> indices, List<Loop> loops, Expr value) {
        boolean own = indices.get(accumulator.row()).equals(loops.get(0).variable())
                && indices.get(accumulator.column()).equals(loops.get(1).variable());
        if (!own) {
            throw new LoweringException("an element of " + accumulator.before().name()
                    + " is used by another lane than the" + " one that holds it");
        }
        return List.of(IndexMath.add(accumulator.start(indices), value));
    }
}
