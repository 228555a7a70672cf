package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.Stmt.Ring.Action;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.target.Rings;
import dev.woodpecker.compiler.target.WarpgroupProducts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Parts the threads of a block into those that copy and those that compute. Requires: stages are placed, tiles are
 * instructions, and loops are those that the step {@code Specialize} has checked. Ensures: no loop is marked as specialised;
 * who copies and who computes wait for each other by two barriers for each buffer of a ring, whose phase is {@code k / stages}
 * in iteration {@code k}: a buffer that is full, and one that is empty, from the beginning on.
 *
 * <pre>
 * for group in 0..2 thread.y:       for group in 0..3 thread.y:
 *   acc = 0                           init full[..], 1; init empty[..], 8; barrier
 *   for k in 0..5 specialize 4:       if group < 2:
 *     alloc x[..] shared                acc = 0
 *     x[..] = ...             ->        for k in 0..5: wait full[k % 4], k / 4 % 2
 *     use x[..]                           use x[k % 4, ..]; arrive empty[k % 4]
 *   y = acc                             y = acc
 *                                     else, one thread:
 *                                       for k in 0..5: wait empty[k % 4], (k / 4 + 1) % 2
 *                                         expect full[k % 4], bytes; copy x[k % 4, ..], which arrives there
 * </pre>
 */
public final class SpecializeLoops {
    private static final int WARP = 32;
    private static final int REGISTER_BYTES = 4;

    /** With as many, one block fills a multiprocessor; with fewer, registers moved about would keep others away. */
    private static final long MANY_REGISTERS = 96;

    private final Loop loop;
    private final int stages;
    private final long iterations;
    private final Expr.Var lane;

    /** The loop in which the block goes through its tiles, where it has several. */
    private final Optional<Loop> turns;

    private final RingBuffers buffers;
    private final Buffer full;
    private final Buffer empty;

    private SpecializeLoops(Stmt.For target, int stages, Expr.Var lane, Optional<Loop> turns) {
        this.turns = turns;
        this.loop = target.loop().withPeel(Optional.empty());
        this.stages = stages;
        this.lane = lane;
        this.iterations = IndexMath.constant(loop.extent())
                .orElseThrow(() -> new LoweringException("loop " + loop.name() + " has no constant extent"));
        this.buffers = new RingBuffers(loop, target.body(), stages, before());
        this.full = barriers("full");
        this.empty = barriers("empty");
    }

    /** The iterations of the tiles before: buffers and phases go on from there. */
    private Expr before() {
        return turns.<Expr>map(turn -> IndexMath.mul(turn.variable(), Expr.index(iterations)))
                .orElse(Expr.index(0));
    }

    private Buffer barriers(String name) {
        return Buffer.rowMajor(loop.name() + "." + name, DType.U64, List.of(Expr.index(stages)), Scope.SHARED);
    }

    public static Stmt apply(Stmt phase) {
        return specialized(phase).map(s -> Simplifier.simplify(around(phase))).orElse(phase);
    }

    private static Optional<Stmt.For> specialized(Stmt s) {
        if (s instanceof Stmt.For f && f.loop().peel().orElse(new Loop.Peel.Ends()) instanceof Loop.Peel.Specialized) {
            return Optional.of(f);
        }
        return s.children().stream()
                .flatMap(child -> specialized(child).stream())
                .findFirst();
    }

    private static Stmt around(Stmt s) {
        return switch (s) {
            case Stmt.For f when f.loop().binding().isThread() && specialized(f).isPresent() -> roles(f);
            case Stmt other -> other.map(SpecializeLoops::around, e -> e);
        };
    }

    /** The loops over groups, if there are several, and over the lanes of each. */
    private static Stmt roles(Stmt.For outer) {
        boolean several = outer.loop().binding() == Loop.Binding.THREAD_Y;
        Loop groups = several
                ? outer.loop()
                : new Loop(
                        Expr.Var.index("group"),
                        Expr.index(1),
                        Loop.Binding.THREAD_Y,
                        Loop.Carrier.SPATIAL,
                        Optional.empty(),
                        Origin.NONE);
        if (!((several ? outer.body() : outer) instanceof Stmt.For(Loop lanes, Stmt body))
                || lanes.binding() != Loop.Binding.THREAD_X) {
            throw new LoweringException(
                    "in the groups of threads " + groups.name() + " stand no loops over their lanes");
        }
        Stmt.For target = specialized(body).orElseThrow();
        int stages = ((Loop.Peel.Specialized) target.loop().peel().orElseThrow()).stages();
        List<Loop> turns = LoopNest.path(body, target).orElseThrow();
        if (turns.size() > 1) {
            throw new LoweringException("around the loop " + target.loop().name() + " is more than one over tiles");
        }
        return new SpecializeLoops(
                        target, stages, lanes.variable(), turns.stream().findFirst())
                .parted(groups, lanes, body, target);
    }

    private Stmt parted(Loop groups, Loop lanes, Stmt body, Stmt.For target) {
        int consumers = Math.toIntExact(IndexMath.constant(groups.extent()).orElseThrow());
        int warps = Math.toIntExact(IndexMath.constant(lanes.extent()).orElseThrow()) / WARP * consumers;
        Stmt consuming = body.rewrite(s -> s == target || s.equals(target) ? consumer() : s, e -> e);
        Expr computes = IndexMath.less(groups.variable(), Expr.index(consumers));
        boolean fills = registers(body) >= MANY_REGISTERS;
        Stmt parts = new Stmt.If(
                computes,
                preceded(Rings.takeRegisters(consumers).filter(_ -> fills), consuming),
                Optional.of(preceded(Rings.giveRegisters(consumers).filter(_ -> fills), onlyAt(lane, producer()))));
        Stmt all = Stmt.seq(
                new Stmt.If(
                        IndexMath.and(isZero(groups.variable()), isZero(lane)), initialised(warps), Optional.empty()),
                new Stmt.Barrier(),
                parts);
        Stmt allocated = buffers.allocate(new Stmt.Allocate(full, new Stmt.Allocate(empty, all)));
        return new Stmt.For(groups.withExtent(Expr.index(consumers + 1L)), new Stmt.For(lanes, allocated));
    }

    /** That a thread holds of tiles. */
    private static long registers(Stmt s) {
        long own = s instanceof Stmt.Allocate a && a.buffer().scope() == Scope.FRAGMENT
                ? Math.ceilDiv(PlanScratch.bytes(a.buffer()), REGISTER_BYTES)
                : 0;
        return own + s.children().stream().mapToLong(SpecializeLoops::registers).sum();
    }

    private static Stmt preceded(Optional<Intrinsic> first, Stmt s) {
        return first.map(i -> Stmt.seq(new Stmt.Invoke(i, List.of()), s)).orElse(s);
    }

    private static Expr isZero(Expr e) {
        return IndexMath.less(e, Expr.index(1));
    }

    private static Stmt onlyAt(Expr.Var lane, Stmt s) {
        return new Stmt.If(isZero(lane), s, Optional.empty());
    }

    private Stmt initialised(int warps) {
        Expr.Var stage = Expr.Var.index(loop.name() + ".stage");
        Loop each = new Loop(
                stage, Expr.index(stages), Loop.Binding.SERIAL, Loop.Carrier.SPATIAL, Optional.empty(), loop.origin());
        return new Stmt.For(
                each,
                Stmt.seq(
                        new Stmt.Ring(Action.INIT, full, stage, Expr.index(1)),
                        new Stmt.Ring(Action.INIT, empty, stage, Expr.index(warps))));
    }

    // ---- One thread copies

    private Stmt producer() {
        Expr k = loop.variable();
        long bytes = buffers.copies().stream().mapToLong(TileCopies::bytes).sum();
        TileCopies boxes = new TileCopies(full, slot(k));
        List<Stmt> each = new ArrayList<>(List.of(
                new Stmt.Ring(Action.WAIT, empty, slot(k), IndexMath.rem(IndexMath.add(phase(k), Expr.index(1)), 2)),
                new Stmt.Ring(Action.EXPECT, full, slot(k), Expr.index(bytes))));
        buffers.copies().forEach(copy -> each.add(buffers.in(k, boxes.of(copy))));
        Stmt all = new Stmt.For(loop, Stmt.seq(each));
        return turns.<Stmt>map(turn -> new Stmt.For(turn, all)).orElse(all);
    }

    private Expr slot(Expr iteration) {
        return IndexMath.rem(IndexMath.add(before(), iteration), stages);
    }

    private Expr phase(Expr iteration) {
        return IndexMath.div(IndexMath.add(before(), iteration), stages);
    }

    // ---- Groups of warps compute

    /**
     * Products of an iteration run into the next, and so what they read is given back one iteration later: by each warp,
     * which knows of its own part only that it is done. The last ones are given back where another tile follows.
     */
    private Stmt consumer() {
        boolean overlaps = buffers.uses().stream().anyMatch(use -> use.anyMatch(PipelineLoops::isWait));
        if (!overlaps) {
            List<Stmt> each = new ArrayList<>(using(loop.variable()));
            each.add(givenBack(loop.variable()));
            return new Stmt.For(loop, Stmt.seq(each));
        }
        List<Stmt> all = new ArrayList<>();
        using(Expr.index(0)).forEach(use -> all.add(PipelineLoops.waitingBy(use, List.of())));
        if (iterations > 1) {
            Expr.Var now = Expr.Var.index(loop.name() + ".now");
            List<Stmt> each = new ArrayList<>();
            List<Stmt> butOne = List.of(new Stmt.Invoke(WarpgroupProducts.WAIT_BUT_ONE, List.of()));
            using(now).forEach(use -> each.add(PipelineLoops.waitingBy(use, butOne)));
            each.add(givenBack(loop.variable()));
            Expr one = IndexMath.add(loop.variable(), Expr.index(1));
            all.add(new Stmt.For(loop.withExtent(Expr.index(iterations - 1)), new Stmt.Let(now, one, Stmt.seq(each))));
        }
        all.add(new Stmt.Invoke(WarpgroupProducts.WAIT, List.of()));
        turns.ifPresent(_ -> all.add(givenBack(Expr.index(iterations - 1))));
        return Stmt.seq(all);
    }

    private List<Stmt> using(Expr iteration) {
        List<Stmt> all = new ArrayList<>();
        all.add(new Stmt.Ring(Action.WAIT, full, slot(iteration), IndexMath.rem(phase(iteration), 2)));
        all.addAll(buffers.usesIn(iteration));
        return all;
    }

    private Stmt givenBack(Expr iteration) {
        return new Stmt.If(
                isZero(IndexMath.rem(lane, WARP)),
                new Stmt.Ring(Action.ARRIVE, empty, slot(iteration), Expr.index(0)),
                Optional.empty());
    }
}
