package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.WarpgroupProducts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Proves what every kernel must keep to, for all inputs: accesses lie in their buffers (an index that is loaded from memory
 * must be covered by a check), no two workers write one element, barriers are reached by all threads of a block, and
 * memory and threads are within the target's limits. What it cannot prove is a finding too.
 *
 * <p>It works from the placing of stages on, and best after barriers are inserted and before indices are flattened: of
 * logical indices each axis is proved by itself, of flat ones the conditions that guard single axes say little.
 */
public final class Verifier {
    private final String phase;
    private final boolean isCuda;
    private final List<Finding> findings = new ArrayList<>();
    /** Variables of the loops around with a barrier in them: within a block they have one value between two barriers. */
    private final Set<Expr.Var> inStep = new HashSet<>();

    private Verifier(String phase, boolean isCuda) {
        this.phase = phase;
        this.isCuda = isCuda;
    }

    /** What is wrong with the kernel; empty when it is sound. */
    public static List<Finding> verify(LoweredKernel kernel) {
        List<Finding> findings = new ArrayList<>();
        for (LoweredKernel.Phase phase : kernel.phases()) {
            findings.addAll(verify(phase.symbol(), phase.body(), kernel.target()));
            if (kernel.target().isCuda()) {
                findings.addAll(LaunchLimits.of(phase, kernel.target()));
            }
        }
        return findings;
    }

    /** What is wrong with the body of a phase, after any pass from the placing of stages on. */
    public static List<Finding> verify(String phase, Stmt body, Target target) {
        Verifier verifier = new Verifier(phase, target.isCuda());
        verifier.visit(body, Surroundings.NOTHING);
        return verifier.findings;
    }

    private void visit(Stmt s, Surroundings here) {
        switch (s) {
            case Stmt.Seq(List<Stmt> statements) -> {
                Surroundings now = here;
                for (Stmt child : statements) {
                    visit(child, now);
                    now = after(child, now).writing(child);
                }
            }
            case Stmt.For(Loop loop, Stmt body) -> {
                reads(loop.extent(), here, loop.origin());
                boolean together = !loop.binding().isThread() && body.anyMatch(Stmt.Barrier.class::isInstance);
                if (together) {
                    inStep.add(loop.variable());
                }
                visit(body, here.writing(body).inside(loop));
                if (together) {
                    inStep.remove(loop.variable());
                }
            }
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) -> {
                reads(condition, here, Origin.NONE);
                if (isCuda && !isUniform(condition, here) && s.anyMatch(Stmt.Barrier.class::isInstance)) {
                    add(
                            Finding.Kind.BARRIER,
                            here,
                            "",
                            Origin.NONE,
                            "a barrier stands under the condition " + IrText.of(condition)
                                    + ", which is not the same for all threads of a block");
                }
                Expr plain = here.plain(condition);
                if (!plain.equals(Expr.FALSE)) {
                    visit(then, here.assuming(condition));
                }
                if (!plain.equals(Expr.TRUE)) {
                    otherwise.ifPresent(o -> visit(o, here.assumingNot(condition)));
                }
            }
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> {
                reads(value, here, Origin.NONE);
                visit(body, here.where(variable, value));
            }
            case Stmt.Allocate(Buffer _, Stmt body) -> visit(body, here);
            case Stmt.Store store -> store(store, here);
            case Stmt.Check(Expr condition, int _, String _) -> reads(condition, here, Origin.NONE);
            case Stmt.AsyncCopy copy -> copy(copy, here);
            case Stmt.Barrier _ -> barrier(here);
            case Stmt.Invoke invoke -> invoke(invoke, here);
            case Stmt.Ring ring -> {
                ring.expressions().forEach(e -> reads(e, here, Origin.NONE));
                access(ring.barriers(), List.of(ring.slot()), Surroundings.LANE, here, Origin.NONE);
            }
            case Stmt.TileCopy copy -> box(copy, here);
            case Stmt.Commit _, Stmt.Wait _ -> {}
            case Stmt.Compute c ->
                throw new IllegalArgumentException(
                        "stage " + c.stage() + " is not placed yet; the verifier runs after PlaceStages");
        }
    }

    /** What follows a check knows that it held, or that it held if it was asked. */
    private static Surroundings after(Stmt s, Surroundings before) {
        return after(s, List.of(), before);
    }

    private static Surroundings after(Stmt s, List<Expr> under, Surroundings now) {
        return switch (s) {
            case Stmt.Check(Expr condition, int _, String _) ->
                under.isEmpty() ? now.assuming(condition) : now.implying(under, condition);
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> _) -> {
                List<Expr> all = new ArrayList<>(under);
                all.add(condition);
                Surroundings after = now;
                for (Stmt child : then instanceof Stmt.Seq(List<Stmt> several) ? several : List.of(then)) {
                    after = after(child, all, after);
                }
                yield after;
            }
            default -> now;
        };
    }

    private void store(Stmt.Store store, Surroundings around) {
        int lanes = Math.max(
                store.value().lanes(),
                store.indices().stream().mapToInt(Expr::lanes).max().orElse(1));
        Surroundings here = lanes == 1 ? around : around.withLanes(lanes);
        store.indices().forEach(index -> reads(index, here, store.origin()));
        reads(store.value(), here, store.origin());
        access(store.buffer(), store.indices(), Surroundings.LANE, here, store.origin());
        writers(store, here);
    }

    /** The first and the last element of each window, where its indices are logical. */
    private void invoke(Stmt.Invoke invoke, Surroundings here) {
        for (int i = 0; i < invoke.operands().size(); i++) {
            Stmt.Window window = invoke.operands().get(i);
            access(window.buffer(), window.indices(), Expr.index(0), here, Origin.NONE);
            List<Integer> shape = invoke.intrinsic().operands().get(i).shape();
            int outer = window.indices().size() - shape.size();
            if (window.buffer().scope() != Scope.FRAGMENT && outer >= 0) {
                List<Expr> last = new ArrayList<>(window.indices());
                for (int axis = 0; axis < shape.size(); axis++) {
                    last.set(outer + axis, IndexMath.add(last.get(outer + axis), Expr.index(shape.get(axis) - 1)));
                }
                access(window.buffer(), last, Expr.index(0), here, Origin.NONE);
            }
        }
    }

    /** The first and the last element of a copy, and that no other thread copies there. */
    private void copy(Stmt.AsyncCopy copy, Surroundings here) {
        reads(copy.guard(), here, Origin.NONE);
        LongStream.of(0, copy.elements() - 1).distinct().forEach(element -> {
            Expr at = Expr.index(element);
            access(copy.to(), from(copy.toIndices(), at), at, here, Origin.NONE);
            access(copy.from(), from(copy.fromIndices(), at), at, here.assuming(copy.guard()), Origin.NONE);
        });
        Expr zero = Expr.zero(copy.to().type());
        writers(
                new Stmt.Store(copy.to(), from(copy.toIndices(), Surroundings.LANE), zero, Origin.NONE),
                here.withLanes(copy.elements()));
    }

    /**
     * The first and the last element that a box has in shared memory, where its rows are of one piece; that it starts where
     * rows are not yet twisted, and one thread copies it. Beyond the tensor it may begin and end: there are zeros.
     */
    private void box(Stmt.TileCopy copy, Surroundings here) {
        copy.expressions().forEach(e -> reads(e, here, Origin.NONE));
        access(copy.barriers(), List.of(copy.slot()), Surroundings.LANE, here, Origin.NONE);
        List<Expr> last = new ArrayList<>(copy.toIndices());
        int row = copy.box().getLast();
        if (last.size() == 1) {
            last.set(0, IndexMath.add(last.getFirst(), Expr.index(copy.elements() - 1L)));
            rowsStart(copy, here);
        } else {
            last.set(last.size() - 2, IndexMath.add(last.get(last.size() - 2), Expr.index(copy.elements() / row - 1L)));
            last.set(last.size() - 1, IndexMath.add(last.getLast(), Expr.index(row - 1L)));
        }
        access(copy.to(), copy.toIndices(), Surroundings.LANE, here, Origin.NONE);
        access(copy.to(), last, Surroundings.LANE, here, Origin.NONE);
        Expr zero = Expr.zero(copy.to().type());
        writers(new Stmt.Store(copy.to(), copy.toIndices(), zero, Origin.NONE), here);
    }

    /** Pieces change places by eight rows: a box starts at the first of them. */
    private void rowsStart(Stmt.TileCopy copy, Surroundings here) {
        long period = (long) WarpgroupProducts.PERIOD_BYTES / copy.to().type().bytes();
        Expr start = here.plain(copy.toIndices().getFirst());
        Expr aligned = new Expr.Binary(BinaryOp.EQ, IndexMath.rem(start, period), Expr.index(0));
        if (!Simplifier.proves(here.bounds(), aligned)) {
            add(
                    Finding.Kind.BOUNDS,
                    here,
                    copy.to().name(),
                    Origin.NONE,
                    "a box to " + IrText.of(start) + " is not shown to start at a multiple of " + period + " elements");
        }
    }

    /** Consecutive elements: the last index counts on. */
    private static List<Expr> from(List<Expr> indices, Expr element) {
        List<Expr> all = new ArrayList<>(indices);
        all.set(all.size() - 1, IndexMath.add(indices.getLast(), element));
        return all;
    }

    /** Checks every load in {@code e}. A side of a choice is read only where the choice falls on it. */
    private void reads(Expr e, Surroundings here, Origin origin) {
        reads(e, Surroundings.LANE, here, origin);
    }

    private void reads(Expr e, Expr lane, Surroundings around, Origin origin) {
        Surroundings here = e.lanes() == 1 || !lane.equals(Surroundings.LANE) ? around : around.withLanes(e.lanes());
        switch (e) {
            case Expr.Load(Buffer buffer, List<Expr> indices) -> {
                indices.forEach(index -> reads(index, lane, here, origin));
                access(buffer, indices, lane, here, origin);
            }
            case Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) -> {
                reads(condition, lane, here, origin);
                Expr plain = here.plain(condition, lane);
                if (!plain.equals(Expr.FALSE)) {
                    reads(whenTrue, lane, here.assuming(plain), origin);
                }
                if (!plain.equals(Expr.TRUE)) {
                    reads(whenFalse, lane, here.assumingNot(plain), origin);
                }
            }
            case Expr.Broadcast(Expr value, int _) -> reads(value, Expr.index(0), here, origin);
            case Expr.Extract(Expr vector, Expr which) -> {
                reads(which, Expr.index(0), here, origin);
                reads(vector, here.plain(which, Expr.index(0)), here, origin);
            }
            default -> e.operands().forEach(operand -> reads(operand, lane, here, origin));
        }
    }

    private void access(Buffer buffer, List<Expr> indices, Expr lane, Surroundings here, Origin origin) {
        boolean isFlat = indices.size() != buffer.rank();
        for (int axis = 0; axis < indices.size(); axis++) {
            Expr index = here.plain(indices.get(axis), lane);
            Expr extent = isFlat ? elements(buffer) : padded(buffer, axis);
            Expr plainExtent = here.plain(extent);
            boolean proven = IndexProof.isWithin(index, plainExtent, here.bounds())
                    || IndexProof.isWithin(here.plainChoices(indices.get(axis), lane), plainExtent, here.bounds());
            if (!proven) {
                boolean loaded = index.anyMatch(n -> n instanceof Expr.Var v && Surroundings.isLoaded(v));
                add(
                        Finding.Kind.BOUNDS,
                        here,
                        buffer.name(),
                        origin,
                        "index " + IrText.of(indices.get(axis)) + " is not shown to lie in 0.." + IrText.of(extent)
                                + (loaded
                                        ? "; an index that is loaded needs a check"
                                        : "; it takes values in " + interval(index, here)));
            }
        }
    }

    private static String interval(Expr index, Surroundings here) {
        var range = here.bounds().of(index);
        return range.isBounded() ? range.min() + ".." + range.max() : "no known range";
    }

    /** The extent with what a blocked layout adds to it. */
    private static Expr padded(Buffer buffer, int axis) {
        long block = buffer.layout().blockOf(axis);
        Expr extent = buffer.shape().get(axis);
        return block == 1 ? extent : IndexMath.mul(IndexMath.ceilDiv(extent, block), Expr.index(block));
    }

    private static Expr elements(Buffer buffer) {
        Expr elements = Expr.index(1);
        for (LayoutMap.Dimension d : buffer.layout().dimensions()) {
            Expr size = d.size(buffer.shape().get(d.axis()));
            elements = IndexMath.mul(elements, size);
        }
        return elements;
    }

    /** Workers that share the buffer must not write one element. */
    private void writers(Stmt.Store store, Surroundings here) {
        Set<Expr.Var> workers = new HashSet<>();
        for (Loop loop : here.loops()) {
            boolean shares = switch (store.buffer().scope()) {
                case GLOBAL, WORKSPACE ->
                    loop.binding().isThread() || loop.binding().isBlock() || loop.binding() == Loop.Binding.PARALLEL;
                case SHARED -> loop.binding().isThread();
                case REGISTER, FRAGMENT -> false;
            };
            if (shares && !isPinned(loop, here)) {
                // A loop over the same direction inside is the same thread again.
                workers.removeIf(other -> here.loops().stream()
                        .anyMatch(l -> l.variable().equals(other) && l.binding() == loop.binding()));
                workers.add(loop.variable());
            }
        }
        boolean oneBlock = here.loops().stream()
                .filter(loop -> workers.contains(loop.variable()))
                .allMatch(loop -> loop.binding().isThread());
        Set<Expr.Var> fixed = oneBlock ? inStep : Set.of();
        if (!workers.isEmpty() && !DistinctElements.proves(offset(store, here), workers, fixed, here.bounds())) {
            add(
                    Finding.Kind.WRITERS,
                    here,
                    store.buffer().name(),
                    store.origin(),
                    "different iterations of "
                            + String.join(
                                    ", ",
                                    workers.stream()
                                            .map(Expr.Var::name)
                                            .sorted()
                                            .toList())
                            + " are not shown to write different elements: "
                            + IrText.of(store).strip());
        }
    }

    /** One number for the element that is written: its place in row-major order, where the layout is not applied yet. */
    private static Expr offset(Stmt.Store store, Surroundings here) {
        List<Expr> indices = store.indices();
        if (indices.size() == 1) {
            return here.plain(indices.getFirst());
        }
        Expr offset = Expr.index(0);
        for (int axis = 0; axis < indices.size(); axis++) {
            offset = IndexMath.add(IndexMath.mul(offset, padded(store.buffer(), axis)), indices.get(axis));
        }
        return here.plain(offset);
    }

    /** Whether a condition around leaves one iteration only. */
    private static boolean isPinned(Loop loop, Surroundings here) {
        var range = here.bounds().of(loop.variable());
        return range.min() == range.max();
    }

    private void barrier(Surroundings here) {
        for (Loop loop : here.loops()) {
            if (!loop.binding().isThread() && !isUniform(loop.extent(), here)) {
                add(
                        Finding.Kind.BARRIER,
                        here,
                        "",
                        loop.origin(),
                        "a barrier stands in loop " + loop.name()
                                + ", which runs differently often for the threads of a block");
            }
        }
    }

    /** Whether an expression has one value for all threads of a block. */
    private static boolean isUniform(Expr e, Surroundings here) {
        return !e.anyMatch(n -> switch (n) {
            case Expr.Var v ->
                here.lets().containsKey(v.name())
                        ? !isUniform(here.lets().getOrDefault(v.name(), Expr.index(0)), here)
                        : here.loops().stream()
                                .anyMatch(loop -> loop.binding().isThread()
                                        && loop.variable().equals(v));
            case Expr.Load load ->
                load.buffer().scope() == Scope.REGISTER || load.buffer().scope() == Scope.FRAGMENT;
            default -> false;
        });
    }

    private void add(Finding.Kind kind, Surroundings here, String buffer, Origin origin, String message) {
        findings.add(new Finding(kind, phase, here.path(), buffer, origin, message));
    }
}
