package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Region;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import dev.woodpecker.compiler.target.WarpgroupProducts;
import java.util.ArrayList;
import java.util.Arrays;
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
    private final Numerics numerics;
    private final Map<String, TileFragment> fragments = new HashMap<>();
    /** The first product's, whose distribution all that is held by lanes shares. */
    private final TensorTile tile;

    private TensorizeLoops(Target target, Numerics numerics, TensorTile tile) {
        this.target = target;
        this.numerics = numerics;
        this.tile = tile;
    }

    public static Stmt apply(Stmt phase, Target target, Numerics numerics) {
        if (Region.loops(phase).stream().noneMatch(l -> l.binding() == Loop.Binding.TENSOR)) {
            return phase;
        }
        TensorTile tile = product(phase)
                .map(nest -> tile(update(nest), tileLoops(nest)))
                .orElseThrow(() -> new LoweringException("tiles are held by lanes, but no product makes one"));
        return Simplifier.simplify(new TensorizeLoops(target, numerics, tile).tensorized(phase, Optional.empty()));
    }

    private Stmt tensorized(Stmt s, Optional<Loop> lanes) {
        return switch (s) {
            case Stmt.For f when isRowReduction(f) -> rows(f, lanes);
            case Stmt.For f when f.loop().binding() == Loop.Binding.TENSOR || isAroundProduct(f) -> nest(f, lanes);
            case Stmt.For f
            when f.loop().binding() == Loop.Binding.THREAD_X ->
                f.map(child -> tensorized(child, lanes.isPresent() ? lanes : Optional.of(f.loop())), e -> e);
            case Stmt.Allocate(Buffer buffer, Stmt body) -> {
                Optional<TileFragment> held = accumulator(buffer, body).or(() -> held(buffer, body));
                held.ifPresent(f -> fragments.put(buffer.name(), f));
                Stmt inside = tensorized(body, lanes);
                yield new Stmt.Allocate(held.map(TileFragment::buffer).orElse(buffer), inside);
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

    /**
     * Whether unrolled loops, and nothing else, are around a product, whose operands are then loaded for all of them. Where
     * one is in registers already, points of the reduction are loaded in turn.
     */
    private boolean isAroundProduct(Stmt.For f) {
        if (f.loop().binding() != Loop.Binding.UNROLL || !(f.body() instanceof Stmt.For inner)) {
            return false;
        }
        boolean around = isAroundProduct(inner) || tileLoops(inner).size() == 3;
        return around
                && (f.loop().carrier() == Loop.Carrier.SPATIAL
                        || !product(inner)
                                .map(nest -> isHeld(update(nest).left()))
                                .orElse(false));
    }

    private boolean isHeld(Expr.Load operand) {
        return fragments.containsKey(operand.buffer().name());
    }

    /** The first nest of a product. */
    private static Optional<Stmt> product(Stmt s) {
        return tileLoops(s).size() == 3
                ? Optional.of(s)
                : s.children().stream()
                        .flatMap(child -> product(child).stream())
                        .findFirst();
    }

    /** Whether a nest takes the columns of tiles into what their rows have. */
    private static boolean isRowReduction(Stmt.For f) {
        if (f.loop().binding() == Loop.Binding.UNROLL && f.loop().carrier() == Loop.Carrier.REDUCTION) {
            return f.body() instanceof Stmt.For inner && isRowReduction(inner);
        }
        List<Loop> loops = tileLoops(f);
        return loops.size() == 2 && loops.getLast().carrier() == Loop.Carrier.REDUCTION;
    }

    private static Stmt inside(Stmt s, int loops) {
        Stmt inner = s;
        for (int i = 0; i < loops; i++) {
            inner = ((Stmt.For) inner).body();
        }
        return inner;
    }

    private Optional<TileFragment> accumulator(Buffer buffer, Stmt body) {
        if (tileLoops(body).size() == 3) {
            return Optional.of(update(body))
                    .filter(u -> u.store().buffer().name().equals(buffer.name()))
                    .map(u -> accumulator(buffer, u, tileLoops(body)));
        }
        return body.children().stream()
                .flatMap(child -> accumulator(buffer, child).stream())
                .findFirst();
    }

    private TileFragment accumulator(Buffer buffer, Update update, List<Loop> loops) {
        TensorTile product = tile(update, loops);
        requireTarget(product);
        int row = update.store().indices().indexOf(loops.get(0).variable());
        int column = update.store().indices().indexOf(loops.get(1).variable());
        if (row < 0 || column < 0) {
            throw new LoweringException(
                    "accumulators " + buffer.name() + " are not indexed by the loops of their tile");
        }
        return TileFragment.of(buffer, product, row, column);
    }

    /** What lanes hold of a buffer of registers that is computed from the results of products. */
    private Optional<TileFragment> held(Buffer buffer, Stmt body) {
        return buffer.scope() == Scope.REGISTER ? TileFragment.used(buffer, body, tile) : Optional.empty();
    }

    private static TensorTile tile(Update update, List<Loop> loops) {
        long[] extents = loops.stream().mapToLong(l -> constant(l.extent())).toArray();
        Buffer buffer = update.store().buffer();
        return Intrinsics.tile(
                        update.left().type(),
                        update.operation(),
                        update.swapped(),
                        Arrays.stream(extents).mapToObj(Math::toIntExact).toList())
                .filter(t -> t.accumulatorType() == buffer.type())
                .orElseThrow(() -> new LoweringException("buffer " + buffer.name()
                        + ": no instruction multiplies tiles of " + extents[0] + "x" + extents[1] + "x" + extents[2]
                        + " " + update.left().type().text()));
    }

    private void requireTarget(TensorTile tile) {
        int capability = target.capability();
        if (capability < tile.capability() || tile.readsShared() && capability != tile.capability()) {
            throw new LoweringException(target.name() + " has no " + tile.name() + "; it needs cuda:sm_"
                    + tile.capability() + (tile.readsShared() ? "a" : " or later"));
        }
    }

    private static long constant(Expr extent) {
        OptionalLong value = IndexMath.constant(extent);
        return value.orElseThrow(() -> new LoweringException("a tile has no constant extent " + extent));
    }

    /** {@code store.buffer[..] += left * right}; {@code swapped} where the program has {@code right} first. */
    private record Update(Stmt.Store store, BinaryOp operation, Expr.Load left, Expr.Load right, boolean swapped) {}

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
                    && (times == BinaryOp.MUL || times == BinaryOp.DOT4)
                    && factor(a) instanceof Expr.Load left
                    && factor(b) instanceof Expr.Load right) {
                Expr.Var row = loops.getFirst().variable();
                boolean inOrder = left.indices().stream().anyMatch(i -> i.anyMatch(row::equals));
                return inOrder
                        ? new Update(store, times, left, right, false)
                        : new Update(store, times, right, left, true);
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
        List<Loop> around = new ArrayList<>();
        Stmt.For nest = f;
        while (nest.loop().binding() == Loop.Binding.UNROLL) {
            around.add(nest.loop());
            nest = (Stmt.For) nest.body();
        }
        List<Loop> loops = tileLoops(nest);
        Loop threads = lanes.orElseThrow(() ->
                new LoweringException("the tile over " + loops.getFirst().name() + " is inside no loop over lanes"));
        return loops.size() == 3
                ? multiplied(nest, around, loops, threads)
                : new TileElements(fragments.values(), tile, threads).elements(loops, inside(nest, loops.size()));
    }

    private Stmt rows(Stmt.For f, Optional<Loop> lanes) {
        List<Loop> tiles = new ArrayList<>();
        Stmt.For nest = f;
        while (nest.loop().binding() == Loop.Binding.UNROLL) {
            tiles.add(nest.loop());
            nest = (Stmt.For) nest.body();
        }
        List<Loop> loops = tileLoops(nest);
        if (lanes.isEmpty() || !(inside(nest, loops.size()) instanceof Stmt.Store update)) {
            throw new LoweringException("the tile over " + loops.getFirst().name()
                    + " is inside no loop over lanes, or its columns are taken under a condition");
        }
        return new TileElements(fragments.values(), tile, lanes.get()).reduced(tiles, loops, update);
    }

    private TileFragment accumulatorOf(Buffer buffer) {
        TileFragment accumulator = fragments.get(buffer.name());
        if (accumulator == null) {
            throw new LoweringException(
                    "a tile accumulates in " + buffer.name() + ", which is not allocated around it");
        }
        return accumulator;
    }

    /**
     * Loads of both operands, each once, and their products. Where what tensor cores round off single precision may not be
     * lost, it is an operand of its own, and three products add up, the smallest first; that of both rests is below what
     * the sum keeps (Ootomo and Yokota 2022, "Recovering single precision accuracy from Tensor Cores").
     */
    private Stmt multiplied(Stmt.For f, List<Loop> around, List<Loop> loops, Loop threads) {
        Update update = update(f);
        TileFragment accumulator = accumulatorOf(update.store().buffer());
        TensorTile product = accumulator.tile();
        boolean split = product.elementType() == DType.TF32 && numerics != Numerics.TF32;
        TensorOperand right = operand(
                update.right(),
                product,
                product.right(),
                product.product().operand("right"),
                split,
                around,
                loops.get(1),
                loops.get(2));
        Stmt.Window sum = new Stmt.Window(
                accumulator.buffer(),
                List.of(accumulator.startIn(loops, update.store().indices())));
        if (isHeld(update.left())) {
            Stmt.Window left = heldOperand(update.left(), product, loops);
            Stmt multiply = new Stmt.Invoke(product.product(), List.of(sum, left, right.window()));
            return right.allocate(Stmt.seq(right.load(threads), LoopNest.wrap(around, multiply)));
        }
        TensorOperand left = operand(
                update.left(),
                product,
                product.left(),
                product.product().operand("left"),
                split,
                around,
                loops.get(0),
                loops.get(2));
        if (product.readsShared()) {
            Intrinsic ofShared = product.product(left.alongDepth(), right.alongDepth());
            Stmt each = new Stmt.Invoke(ofShared, List.of(sum, left.tile(), right.tile()));
            return Stmt.seq(
                    new Stmt.Invoke(WarpgroupProducts.FENCE, List.of()),
                    LoopNest.wrap(around, each),
                    new Stmt.Invoke(WarpgroupProducts.COMMIT, List.of()),
                    new Stmt.Invoke(WarpgroupProducts.WAIT, List.of()));
        }
        List<Stmt> products = new ArrayList<>();
        if (split) {
            products.add(new Stmt.Invoke(product.product(), List.of(sum, left.restWindow(), right.window())));
            products.add(new Stmt.Invoke(product.product(), List.of(sum, left.window(), right.restWindow())));
        }
        products.add(new Stmt.Invoke(product.product(), List.of(sum, left.window(), right.window())));
        Stmt body = Stmt.seq(left.load(threads), right.load(threads), LoopNest.wrap(around, Stmt.seq(products)));
        return left.allocate(right.allocate(body));
    }

    /** The results of a product, rounded, are the left operand of the next as they stand in the registers. */
    private Stmt.Window heldOperand(Expr.Load load, TensorTile product, List<Loop> loops) {
        TileFragment held = accumulatorOf(load.buffer());
        if (!product.takesAccumulators() || held.isOfRows()) {
            throw new LoweringException(
                    product.name() + " does not take " + load.buffer().name() + " as lanes hold it");
        }
        Expr start = held.start(load.indices(), Map.of(held.row(), loops.get(0), held.column(), loops.get(2)));
        return new Stmt.Window(held.buffer(), List.of(start));
    }

    /** An operand that is read by {@code load}: {@code side} goes along its side of the result. */
    private static TensorOperand operand(
            Expr.Load load,
            TensorTile tile,
            TensorTile.Loads loads,
            Intrinsic.Operand declared,
            boolean split,
            List<Loop> around,
            Loop side,
            Loop depth) {
        Buffer buffer = load.buffer();
        int last = buffer.rank() - 1;
        boolean alongDepth = last >= 1 && load.indices().get(last).anyMatch(depth.variable()::equals);
        Optional<Intrinsic> instruction = alongDepth ? loads.alongDepth() : loads.alongSide();
        long rowBytes = last < 1
                ? 0
                : buffer.layout()
                                .dimensions()
                                .getLast()
                                .size(constant(buffer.shape().get(last)))
                        * buffer.type().bytes();
        boolean readable = buffer.scope() == Scope.SHARED
                && last >= 1
                && (tile.readsShared()
                        ? buffer.layout().isTwisted()
                        : buffer.layout().hasRowsInOrder());
        if (!readable || instruction.isPresent() && rowBytes % ROW_ALIGNMENT_BYTES != 0) {
            throw new LoweringException(
                    "a tile of " + buffer.name() + " cannot be loaded: its rows must lie in shared memory,"
                            + " row-major, at multiples of " + ROW_ALIGNMENT_BYTES + " bytes");
        }
        List<Expr> start = new ArrayList<>();
        for (int axis = 0; axis <= last; axis++) {
            Expr index = load.indices().get(axis);
            Expr.Var ofLast = alongDepth ? depth.variable() : side.variable();
            Expr.Var ofRow = alongDepth ? side.variable() : depth.variable();
            Expr step = axis == last ? ofLast : axis == last - 1 ? ofRow : Expr.index(0);
            Expr base = Simplifier.simplify(IndexMath.sub(index, step), Bounds.none());
            if (base.anyMatch(e -> e.equals(side.variable()) || e.equals(depth.variable()))) {
                throw new LoweringException("a tile of " + buffer.name() + " does not go along its last two axes");
            }
            start.add(base);
        }
        List<Loop> own = around.stream()
                .filter(l -> start.stream().anyMatch(i -> i.anyMatch(l.variable()::equals)))
                .toList();
        return new TensorOperand(declared, new Stmt.Window(buffer, start), own, alongDepth, instruction, split);
    }
}
