package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Distribution;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An operand of a warp's product: tiles of shared memory, one for each iteration of {@code loops}, and the registers that
 * they are brought to.
 *
 * @param declared as the product has it
 * @param tile where a tile begins
 * @param alongDepth whether a row of the tile in memory goes along the depth
 * @param instruction that loads a tile; empty where each lane brings its elements one by one
 * @param split whether what rounding takes off an element is kept as well
 */
record TensorOperand(
        Intrinsic.Operand declared,
        Stmt.Window tile,
        List<Loop> loops,
        boolean alongDepth,
        Optional<Intrinsic> instruction,
        boolean split) {
    private Distribution distribution() {
        return declared.distribution().orElseThrow();
    }

    private Buffer fragment() {
        return registers(".fragment", declared.type());
    }

    private Buffer rest() {
        return registers(".rest", declared.type());
    }

    /** Elements as memory has them, before they are rounded. */
    private Buffer loaded() {
        return registers(".loaded", tile.buffer().type());
    }

    private Buffer registers(String suffix, DType type) {
        long tiles = loops.stream()
                .mapToLong(l -> IndexMath.constant(l.extent()).orElseThrow())
                .reduce(1, Math::multiplyExact);
        return Buffer.rowMajor(
                tile.buffer().name() + suffix,
                type,
                List.of(Expr.index(tiles * distribution().values())),
                Scope.FRAGMENT);
    }

    /** Elements of four bytes are rounded in registers; a halfword's instruction says nothing of what the bits mean. */
    private boolean isRounded() {
        return declared.type() == DType.TF32 && (split || instruction.isPresent());
    }

    Stmt.Window window() {
        return window(fragment());
    }

    Stmt.Window restWindow() {
        return window(rest());
    }

    /** Where the registers of a tile begin. */
    private Stmt.Window window(Buffer buffer) {
        Expr number = Expr.index(0);
        for (Loop loop : loops) {
            number = IndexMath.add(IndexMath.mul(number, loop.extent()), loop.variable());
        }
        return new Stmt.Window(
                buffer, List.of(IndexMath.mul(number, Expr.index(distribution().values()))));
    }

    /** The registers, around {@code body}. */
    Stmt allocate(Stmt body) {
        Stmt all = split ? new Stmt.Allocate(rest(), body) : body;
        return new Stmt.Allocate(fragment(), all);
    }

    Stmt load(Loop threads) {
        if (!isRounded()) {
            return LoopNest.wrap(loops, loaded(fragment(), threads));
        }
        Stmt each = Stmt.seq(loaded(loaded(), threads), rounded());
        return new Stmt.Allocate(loaded(), LoopNest.wrap(loops, each));
    }

    private Stmt loaded(Buffer to, Loop threads) {
        return instruction
                .<Stmt>map(load -> new Stmt.Invoke(load, List.of(window(to), tile)))
                .orElseGet(() -> elements(to, threads));
    }

    private Loop values() {
        return new Loop(
                Expr.Var.index(tile.buffer().name() + ".fragment.value"),
                Expr.index(distribution().values()),
                Loop.Binding.UNROLL,
                Loop.Carrier.SPATIAL,
                Optional.empty(),
                Origin.NONE);
    }

    private static Stmt.Store store(Buffer to, Expr at, Expr value) {
        return new Stmt.Store(to, List.of(at), value, Origin.NONE);
    }

    /** Each lane brings its elements one by one. */
    private Stmt elements(Buffer to, Loop threads) {
        Loop values = values();
        Expr side = distribution().rowOf(threads.variable(), values.variable());
        Expr depth = distribution().columnOf(threads.variable(), values.variable());
        List<Expr> at = new ArrayList<>(tile.indices());
        int last = at.size() - 1;
        at.set(last, IndexMath.add(at.get(last), alongDepth ? depth : side));
        at.set(last - 1, IndexMath.add(at.get(last - 1), alongDepth ? side : depth));
        Expr element = new Expr.Load(tile.buffer(), at);
        Expr stored = element.type() == to.type() ? element : new Expr.Cast(to.type(), element);
        Expr register = IndexMath.add(window(to).indices().getFirst(), values.variable());
        return new Stmt.For(values, store(to, register, stored));
    }

    /** {@code fragment = round(loaded)}, and {@code rest = round(loaded - fragment)}. */
    private Stmt rounded() {
        Loop values = values();
        Expr at = IndexMath.add(window().indices().getFirst(), values.variable());
        Expr whole = new Expr.Load(loaded(), List.of(at));
        List<Stmt> stores = new ArrayList<>();
        stores.add(store(fragment(), at, new Expr.Cast(declared.type(), whole)));
        if (split) {
            Expr kept = new Expr.Cast(whole.type(), new Expr.Load(fragment(), List.of(at)));
            Expr difference = new Expr.Binary(BinaryOp.SUB, whole, kept);
            stores.add(store(rest(), at, new Expr.Cast(declared.type(), difference)));
        }
        return new Stmt.For(values, Stmt.seq(stores));
    }
}
