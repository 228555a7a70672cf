package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.UnaryOp;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Region;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Turns the places where stages are computed into stores. Requires: reductions are decomposed, loops peeled. Ensures: no
 * {@link Stmt.Compute}, {@link Expr.Read} or {@link Expr.Accumulator} is left; accumulators and stages inside loops have
 * buffers that are as large as the part in use; each data-dependent index is checked before it is used.
 */
public final class PlaceStages {
    /** Accumulators up to this size are variables of the thread, larger ones memory of the worker. */
    private static final long REGISTER_BYTES = 16 << 10;

    private final LoopNest nest;
    private final List<String> checks;
    /** Threads have registers of their own; elsewhere the memory of a worker is as near. */
    private final boolean bindsThreads;

    private PlaceStages(LoopNest nest, List<String> checks) {
        this.nest = nest;
        this.checks = checks;
        this.bindsThreads = nest.tree()
                .anyMatch(s -> s instanceof Stmt.For(Loop loop, Stmt _)
                        && loop.binding().isThread());
    }

    /**
     * The top-level nests with stores; a message for each check is added to {@code checks}, whose codes count from 1.
     * Buffers that several nests share must not be local to one.
     */
    public static List<Stmt> apply(LoopNest nest, List<String> checks) {
        PlaceStages pass = new PlaceStages(nest, checks);
        Scoped nothing = new Scoped(Map.of(), Map.of(), List.of());
        return Phases.of(nest.tree()).stream().map(s -> pass.place(s, nothing)).toList();
    }

    /** Where accumulators and partial tensors are found inside a statement, and the loops around it. */
    private record Scoped(Map<String, Placed> accumulators, Map<String, Placed> parts, List<Loop> loops) {
        Scoped inside(Loop loop) {
            List<Loop> deeper = new ArrayList<>(loops);
            deeper.add(loop);
            return new Scoped(accumulators, parts, deeper);
        }

        /** The accumulators of a stage whose init is around; it must be. */
        Placed accumulator(String stage) {
            Placed placed = accumulators.get(stage);
            if (placed == null) {
                throw new IllegalStateException("the reduction of " + stage + " has no init around it");
            }
            return placed;
        }
    }

    /** A buffer, and for the part of a tensor what to subtract from a logical index. */
    private record Placed(Buffer buffer, List<Expr> indices) {}

    private Stmt place(Stmt stmt, Scoped scoped) {
        return switch (stmt) {
            case Stmt.For(Loop loop, Stmt body) -> new Stmt.For(loop, place(body, scoped.inside(loop)));
            case Stmt.Seq(List<Stmt> statements) -> placeSequence(statements, scoped);
            case Stmt.Compute c -> store(c, scoped);
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) ->
                new Stmt.If(condition, place(then, scoped), otherwise.map(s -> place(s, scoped)));
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) ->
                new Stmt.Let(variable, value, place(body, scoped));
            case Stmt.Allocate(Buffer buffer, Stmt body) -> new Stmt.Allocate(buffer, place(body, scoped));
            case Stmt.Store _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> stmt;
        };
    }

    private Stmt placeSequence(List<Stmt> statements, Scoped scoped) {
        Map<String, Placed> accumulators = new HashMap<>(scoped.accumulators);
        Map<String, Placed> parts = new HashMap<>(scoped.parts);
        List<Buffer> allocated = new ArrayList<>();
        for (Map.Entry<String, List<Stmt>> inits : initsByStage(statements).entrySet()) {
            if (scoped.accumulators.containsKey(inits.getKey())) {
                continue; // These are peeled copies of one init.
            }
            if (isRunning(inits.getKey())) {
                Placed placed = part(inits.getKey(), Stmt.seq(statements), scoped.loops);
                parts.put(inits.getKey(), placed);
                allocated.add(placed.buffer);
                continue;
            }
            Placed placed = accumulator(inits.getKey(), inits.getValue());
            accumulators.put(inits.getKey(), placed);
            allocated.add(placed.buffer);
        }
        for (Map.Entry<String, Stmt> part : partsIn(statements, scoped).entrySet()) {
            Placed placed = part(part.getKey(), part.getValue(), scoped.loops);
            parts.put(part.getKey(), placed);
            allocated.add(placed.buffer);
        }
        Scoped inner = new Scoped(accumulators, parts, scoped.loops);
        Stmt body = Stmt.seq(statements.stream().map(s -> place(s, inner)).toList());
        for (Buffer buffer : allocated.reversed()) {
            body = new Stmt.Allocate(buffer, body);
        }
        return body;
    }

    /** Whether a stage is read while it is reduced, so that its accumulators are the stage itself. */
    private boolean isRunning(String stage) {
        return LoopNest.computes(nest.tree(), stage).stream().noneMatch(c -> c.part() == Stmt.Part.FINISH);
    }

    /** The accumulator of a leaf, as a load. */
    private Expr.Load accumulated(Stmt.Compute c, Scoped scoped) {
        Placed running = scoped.parts.get(c.stage());
        return scoped.accumulators.containsKey(c.stage()) || running == null
                ? new Expr.Load(scoped.accumulator(c.stage()).buffer, c.slot())
                : new Expr.Load(running.buffer, minus(c.at(), running.indices));
    }

    private static Map<String, List<Stmt>> initsByStage(List<Stmt> statements) {
        Map<String, List<Stmt>> inits = new LinkedHashMap<>();
        for (Stmt s : statements) {
            Phases.initOf(s)
                    .ifPresent(stage ->
                            inits.computeIfAbsent(stage, _ -> new ArrayList<>()).add(s));
        }
        return inits;
    }

    private Placed accumulator(String stage, List<Stmt> inits) {
        Stage.Reduction reduction = nest.stage(stage).reduction().orElseThrow();
        List<Expr> shape = new ArrayList<>();
        inits.forEach(s -> coverSlots(s, List.of(), shape));
        long bytes = reduction.type().bytes();
        for (Expr extent : shape) {
            bytes *= IndexMath.constant(extent).orElse(REGISTER_BYTES);
        }
        boolean registers =
                bytes <= REGISTER_BYTES && (bindsThreads || inits.stream().noneMatch(PlaceStages::iterates));
        Scope scope = registers ? Scope.REGISTER : Scope.SHARED;
        return new Placed(Buffer.rowMajor(stage + ".acc", reduction.type(), shape, scope), List.of());
    }

    /** Whether a loop of the statement will be one in the code: its index then cannot name a register. */
    private static boolean iterates(Stmt stmt) {
        return stmt.anyMatch(s -> s instanceof Stmt.For(Loop loop, Stmt _)
                && loop.binding() == Loop.Binding.SERIAL
                && !IndexMath.isConstant(loop.extent(), 1));
    }

    /** Makes {@code shape} large enough for the slots of each init below. */
    private static void coverSlots(Stmt stmt, List<Loop> around, List<Expr> shape) {
        switch (stmt) {
            case Stmt.For(Loop loop, Stmt body) -> {
                List<Loop> deeper = new ArrayList<>(around);
                deeper.add(loop);
                coverSlots(body, deeper, shape);
            }
            case Stmt.Compute init -> {
                for (int i = 0; i < init.slot().size(); i++) {
                    Expr extent = slots(init.slot().get(i), around);
                    if (i == shape.size()) {
                        shape.add(extent);
                    } else if (isLarger(extent, shape.get(i))) {
                        shape.set(i, extent);
                    }
                }
            }
            default -> stmt.children().forEach(child -> coverSlots(child, around, shape));
        }
    }

    /** One more than the largest value of a slot's index: the extent of its loop, or the end of a peeled copy. */
    private static Expr slots(Expr index, List<Loop> around) {
        return around.stream()
                .filter(loop -> loop.variable().equals(index))
                .findFirst()
                .map(Loop::extent)
                .orElseGet(() -> Expr.index(Region.inside(around).of(index).max() + 1));
    }

    private static boolean isLarger(Expr extent, Expr than) {
        OptionalLong a = IndexMath.constant(extent);
        OptionalLong b = IndexMath.constant(than);
        return a.isPresent() && b.isPresent() && a.getAsLong() > b.getAsLong();
    }

    /** The stages that are computed by one of the statements and live no longer than this sequence. */
    private Map<String, Stmt> partsIn(List<Stmt> statements, Scoped scoped) {
        Map<String, Stmt> found = new LinkedHashMap<>();
        for (Stage stage : nest.program().stages()) {
            Buffer buffer = nest.buffers().get(stage.name());
            boolean local = buffer != null && (buffer.scope() == Scope.SHARED || buffer.scope() == Scope.REGISTER);
            if (!local || scoped.parts.containsKey(stage.name())) {
                continue;
            }
            List<Stmt> producers = statements.stream()
                    .filter(s -> !LoopNest.computes(s, stage.name()).isEmpty())
                    .toList();
            boolean readHere = statements.stream().anyMatch(s -> !producers.contains(s) && reads(s, stage.name()));
            if (readHere && !producers.isEmpty()) {
                found.put(stage.name(), Stmt.seq(producers));
            }
        }
        return found;
    }

    private boolean reads(Stmt stmt, String tensor) {
        return stmt.anyMatch(s -> s instanceof Stmt.Compute c && AssignScopes.reads(nest, c, tensor));
    }

    private Placed part(String stage, Stmt producer, List<Loop> around) {
        Buffer whole = nest.buffer(stage);
        List<List<Expr>> written = LoopNest.computes(producer, stage).stream()
                .map(Stmt.Compute::at)
                .toList();
        List<Loop> inside = Region.loops(producer);
        List<Loop> all = new ArrayList<>(around);
        all.addAll(inside);
        Set<String> inner = Region.inner(inside, around, whole.scope());
        Region region = Region.covering(written, Region.inside(all), inner, whole.shape())
                .orElseThrow(() -> new IllegalStateException("the part of " + stage + " in use has no constant size"));
        List<Expr> shape =
                region.spans().stream().<Expr>map(i -> Expr.index(i.extent())).toList();
        LayoutMap layout = whole.layout();
        Buffer buffer = new Buffer(stage, whole.type(), shape, layout, whole.scope(), whole.alignmentBytes());
        return new Placed(buffer, region.spans().stream().map(Region.Span::base).toList());
    }

    private Stmt store(Stmt.Compute c, Scoped scoped) {
        Stage stage = nest.stage(c.stage());
        Map<String, Expr> bound = LoopNest.bind(stage.axes(), c.at());
        return switch (c.part()) {
            case WHOLE, FINISH -> {
                Placed accumulator = scoped.accumulators.get(c.stage());
                Expr element = accumulator == null
                        ? stage.element()
                        : stage.element()
                                .rewrite(e -> e instanceof Expr.Accumulator
                                        ? new Expr.Load(accumulator.buffer, c.slot())
                                        : e);
                Expr condition = IndexMath.and(c.guard(), c.keep());
                Placed part = scoped.parts.get(c.stage());
                Buffer buffer = part == null ? nest.buffer(c.stage()) : part.buffer;
                List<Expr> at = part == null ? c.at() : minus(c.at(), part.indices);
                yield guarded(
                        condition, element, bound, scoped, value -> new Stmt.Store(buffer, at, value, stage.origin()));
            }
            case INIT -> {
                Stage.Reduction reduction = stage.reduction().orElseThrow();
                Expr.Load accumulator = accumulated(c, scoped);
                Expr identity = reduction.op().identity(reduction.type());
                yield new Stmt.Store(accumulator.buffer(), accumulator.indices(), identity, stage.origin());
            }
            case RESCALE -> {
                Expr.Load old = accumulated(c, scoped);
                yield guarded(
                        c.guard(),
                        c.over().getFirst(),
                        Map.of(),
                        scoped,
                        factor -> new Stmt.Store(
                                old.buffer(),
                                old.indices(),
                                new Expr.Binary(BinaryOp.MUL, old, factor),
                                stage.origin()));
            }
            case UPDATE -> {
                Stage.Reduction reduction = stage.reduction().orElseThrow();
                List<Axis> axes = reduction.axes();
                bound.putAll(LoopNest.bind(axes, c.over()));
                Expr.Load old = accumulated(c, scoped);
                yield guarded(
                        c.guard(),
                        reduction.body(),
                        bound,
                        scoped,
                        value -> new Stmt.Store(
                                old.buffer(),
                                old.indices(),
                                new Expr.Binary(reduction.op().combine(), old, value),
                                stage.origin()));
            }
        };
    }

    private Stmt guarded(
            Expr condition,
            Expr element,
            Map<String, Expr> bound,
            Scoped scoped,
            java.util.function.Function<Expr, Stmt> store) {
        List<Stmt> statements = new ArrayList<>();
        Expr value = load(LoopNest.substitute(element, bound), List.of(), scoped, statements);
        statements.add(store.apply(value));
        Stmt body = Stmt.seq(statements);
        return IndexMath.isConstant(condition, 1) ? body : new Stmt.If(condition, body, Optional.empty());
    }

    /**
     * The element with reads as loads; checks for data-dependent indices are added to {@code before}. The element is
     * needed only where {@code needed} hold: a read in the branch of a select may be out of bounds where the other
     * branch is taken. Each of the conditions may be read only where those before it hold.
     */
    private Expr load(Expr element, List<Expr> needed, Scoped scoped, List<Stmt> before) {
        return switch (element) {
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                Expr chosen = load(condition, needed, scoped, before);
                Expr other = new Expr.Unary(UnaryOp.NOT, chosen);
                yield new Expr.Select(
                        chosen,
                        load(whenTrue, both(needed, chosen), scoped, before),
                        load(whenFalse, both(needed, other), scoped, before));
            }
            case Expr.Read read -> {
                Expr mapped = read.mapOperands(operand -> load(operand, needed, scoped, before));
                yield load((Expr.Read) mapped, needed, scoped, before);
            }
            case Expr other -> other.mapOperands(operand -> load(operand, needed, scoped, before));
        };
    }

    private static List<Expr> both(List<Expr> conditions, Expr another) {
        List<Expr> all = new ArrayList<>(conditions);
        all.add(another);
        return all;
    }

    private Expr load(Expr.Read read, List<Expr> needed, Scoped scoped, List<Stmt> before) {
        Placed part = scoped.parts.get(read.tensor());
        Buffer buffer = part == null ? nest.buffer(read.tensor()) : part.buffer;
        List<Expr> indices = part == null ? read.indices() : minus(read.indices(), part.indices);
        Expr loaded = new Expr.Load(buffer, indices);
        List<Expr> shape = nest.buffer(read.tensor()).shape();
        if (read.outside().isEmpty()) {
            check(read, needed, shape, before);
            return loaded;
        }
        Expr inside = Expr.TRUE;
        for (int axis = 0; axis < shape.size(); axis++) {
            inside = IndexMath.and(inside, IndexMath.within(read.indices().get(axis), shape.get(axis)));
        }
        return new Expr.Select(inside, loaded, read.outside().get());
    }

    private void check(Expr.Read read, List<Expr> needed, List<Expr> shape, List<Stmt> before) {
        for (int axis = 0; axis < shape.size(); axis++) {
            Expr index = read.indices().get(axis);
            if (!index.anyMatch(n -> n instanceof Expr.Load)) {
                continue;
            }
            String message =
                    read.origin() + ": an index into axis " + axis + " of '" + read.tensor() + "' is out of bounds";
            if (!checks.contains(message)) {
                checks.add(message);
            }
            Stmt check = new Stmt.Check(IndexMath.within(index, shape.get(axis)), checks.indexOf(message) + 1, message);
            for (Expr condition : needed.reversed()) {
                check = new Stmt.If(condition, check, Optional.empty());
            }
            before.add(check);
        }
    }

    private static List<Expr> minus(List<Expr> indices, List<Expr> bases) {
        List<Expr> moved = new ArrayList<>();
        for (int i = 0; i < indices.size(); i++) {
            moved.add(IndexMath.sub(indices.get(i), bases.get(i)));
        }
        return moved;
    }
}
