package dev.woodpecker.compiler.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A statement. {@link Compute} is what schedules move about: the place where a stage's element is computed; it becomes
 * stores when stages are placed. {@link AsyncCopy} makes its data visible only after a {@link Wait} that covers the group
 * it was committed in, and a barrier where another thread reads it.
 */
public sealed interface Stmt {
    /** One after another. */
    record Seq(List<Stmt> statements) implements Stmt {
        public Seq {
            statements = List.copyOf(statements);
        }
    }

    record For(Loop loop, Stmt body) implements Stmt {}

    record If(Expr condition, Stmt then, Optional<Stmt> otherwise) implements Stmt {}

    record Let(Expr.Var variable, Expr value, Stmt body) implements Stmt {}

    /** The buffer lives while {@code body} runs; its first content is undefined. */
    record Allocate(Buffer buffer, Stmt body) implements Stmt {}

    record Store(Buffer buffer, List<Expr> indices, Expr value, Origin origin) implements Stmt {
        public Store {
            indices = List.copyOf(indices);
        }
    }

    /**
     * The element of a stage at {@code at} (one expression an axis), for a reduction at the point {@code over} of its
     * axes. It is computed where {@code guard} holds and stored where {@code keep} holds too: beyond {@code keep} lies
     * padding, which may be read and computed with. Before {@code Decompose} a reduction is {@link Part#WHOLE}: init at the
     * first point, update at each, finish after the last. Of a decomposed reduction {@code slot} says which of the
     * accumulators that live at the same time is meant.
     */
    record Compute(String stage, Part part, List<Expr> at, List<Expr> over, List<Expr> slot, Expr guard, Expr keep)
            implements Stmt {
        public Compute {
            at = List.copyOf(at);
            over = List.copyOf(over);
            slot = List.copyOf(slot);
        }

        public Compute(String stage, Part part, List<Expr> at, List<Expr> over, Expr guard, Expr keep) {
            this(stage, part, at, over, List.of(), guard, keep);
        }
    }

    /** What a {@link Compute} does of a stage. */
    enum Part {
        WHOLE,
        /** The accumulator gets the neutral element. */
        INIT,
        /** The accumulator takes one more point. */
        UPDATE,
        /** The accumulator is multiplied by {@code over}, which is a factor here and no point. */
        RESCALE,
        /** The element is computed from the accumulator and stored. */
        FINISH
    }

    /** Ends the kernel with {@code code} where {@code condition} does not hold. */
    record Check(Expr condition, int code, String message) implements Stmt {}

    /** All threads of a block wait for each other; shared memory written before is seen after. */
    record Barrier() implements Stmt {}

    /** {@code elements} consecutive elements from global to shared memory; zeros where {@code guard} does not hold. */
    record AsyncCopy(Buffer to, List<Expr> toIndices, Buffer from, List<Expr> fromIndices, int elements, Expr guard)
            implements Stmt {
        public AsyncCopy {
            toIndices = List.copyOf(toIndices);
            fromIndices = List.copyOf(fromIndices);
        }
    }

    /** Closes the group of copies started since the last commit. */
    record Commit() implements Stmt {}

    /** Waits until at most {@code pending} committed groups are still under way. */
    record Wait(int pending) implements Stmt {}

    /**
     * What a thread does to one barrier of a ring in shared memory (PTX ISA, "mbarrier"): its phase is over when so many
     * threads have arrived as its initialisation says, and so many bytes as they expect.
     *
     * @param value arrivals of a phase, bytes, or the parity of a phase, as {@code action} says
     */
    record Ring(Action action, Buffer barriers, Expr slot, Expr value) implements Stmt {
        public enum Action {
            /** {@code value} threads arrive in each phase. */
            INIT,
            /** The thread arrives; {@code value} is zero. */
            ARRIVE,
            /** The thread arrives; copies of {@code value} bytes have to, too. */
            EXPECT,
            /** Until the phase of parity {@code value} is over; the one before the first is of parity 1. */
            WAIT
        }
    }

    /**
     * A box of a tensor in global memory to shared memory, which one thread starts and the hardware makes ("TMA"): {@code
     * box} elements along each axis from {@code fromIndices} on, zeros beyond the tensor's extents. It is there when the
     * phase of the barrier is over that its bytes are expected at.
     */
    record TileCopy(
            Buffer to,
            List<Expr> toIndices,
            Buffer from,
            List<Expr> fromIndices,
            List<Integer> box,
            Buffer barriers,
            Expr slot)
            implements Stmt {
        public TileCopy {
            toIndices = List.copyOf(toIndices);
            fromIndices = List.copyOf(fromIndices);
            box = List.copyOf(box);
        }

        public int elements() {
            return box.stream().reduce(1, Math::multiplyExact);
        }
    }

    /** One hardware instruction of the intrinsic table; operands are windows of buffers. */
    record Invoke(Intrinsic intrinsic, List<Window> operands) implements Stmt {
        public Invoke {
            operands = List.copyOf(operands);
        }
    }

    /** The part of a buffer that starts at {@code indices}; its size is the intrinsic's. */
    record Window(Buffer buffer, List<Expr> indices) {
        public Window {
            indices = List.copyOf(indices);
        }
    }

    /** Statements in sequence, nested sequences flattened; a single one is itself. */
    static Stmt seq(List<? extends Stmt> statements) {
        List<Stmt> flat = new ArrayList<>();
        for (Stmt s : statements) {
            if (s instanceof Seq(List<Stmt> inner)) {
                flat.addAll(inner);
            } else {
                flat.add(s);
            }
        }
        return flat.size() == 1 ? flat.getFirst() : new Seq(flat);
    }

    static Stmt seq(Stmt... statements) {
        return seq(List.of(statements));
    }

    /** This node with {@code onStmt} applied to its direct statements and {@code onExpr} to its direct expressions. */
    default Stmt map(UnaryOperator<Stmt> onStmt, UnaryOperator<Expr> onExpr) {
        return switch (this) {
            case Seq(List<Stmt> statements) -> {
                List<Stmt> mapped = statements.stream().map(onStmt).toList();
                yield same(mapped, statements) ? this : seq(mapped);
            }
            case For(Loop loop, Stmt body) -> {
                Expr extent = onExpr.apply(loop.extent());
                Stmt newBody = onStmt.apply(body);
                Loop newLoop = extent == loop.extent() ? loop : loop.withExtent(extent);
                yield newLoop == loop && newBody == body ? this : new For(newLoop, newBody);
            }
            case If(Expr condition, Stmt then, Optional<Stmt> otherwise) -> {
                Expr newCondition = onExpr.apply(condition);
                Stmt newThen = onStmt.apply(then);
                Optional<Stmt> newOtherwise = otherwise.map(onStmt);
                boolean sameOtherwise = otherwise.isEmpty() || otherwise.get() == newOtherwise.orElseThrow();
                yield newCondition == condition && newThen == then && sameOtherwise
                        ? this
                        : new If(newCondition, newThen, newOtherwise);
            }
            case Let(Expr.Var variable, Expr value, Stmt body) -> {
                Expr newValue = onExpr.apply(value);
                Stmt newBody = onStmt.apply(body);
                yield newValue == value && newBody == body ? this : new Let(variable, newValue, newBody);
            }
            case Allocate(Buffer buffer, Stmt body) -> {
                Stmt newBody = onStmt.apply(body);
                yield newBody == body ? this : new Allocate(buffer, newBody);
            }
            case Store(Buffer buffer, List<Expr> indices, Expr value, Origin origin) -> {
                List<Expr> newIndices = Expr.mapAll(indices, onExpr);
                Expr newValue = onExpr.apply(value);
                yield newIndices == indices && newValue == value
                        ? this
                        : new Store(buffer, newIndices, newValue, origin);
            }
            case Compute c -> {
                List<Expr> at = Expr.mapAll(c.at, onExpr);
                List<Expr> over = Expr.mapAll(c.over, onExpr);
                List<Expr> slot = Expr.mapAll(c.slot, onExpr);
                Expr guard = onExpr.apply(c.guard);
                Expr keep = onExpr.apply(c.keep);
                boolean unchanged =
                        at == c.at && over == c.over && slot == c.slot && guard == c.guard && keep == c.keep;
                yield unchanged ? this : new Compute(c.stage, c.part, at, over, slot, guard, keep);
            }
            case Check(Expr condition, int code, String message) -> {
                Expr newCondition = onExpr.apply(condition);
                yield newCondition == condition ? this : new Check(newCondition, code, message);
            }
            case AsyncCopy c -> {
                List<Expr> to = Expr.mapAll(c.toIndices, onExpr);
                List<Expr> from = Expr.mapAll(c.fromIndices, onExpr);
                Expr guard = onExpr.apply(c.guard);
                yield to == c.toIndices && from == c.fromIndices && guard == c.guard
                        ? this
                        : new AsyncCopy(c.to, to, c.from, from, c.elements, guard);
            }
            case Invoke(Intrinsic intrinsic, List<Window> operands) -> {
                List<Window> mapped = operands.stream()
                        .map(w -> {
                            List<Expr> indices = Expr.mapAll(w.indices, onExpr);
                            return indices == w.indices ? w : new Window(w.buffer, indices);
                        })
                        .toList();
                yield same(mapped, operands) ? this : new Invoke(intrinsic, mapped);
            }
            case Ring(Ring.Action action, Buffer barriers, Expr slot, Expr value) -> {
                Expr newSlot = onExpr.apply(slot);
                Expr newValue = onExpr.apply(value);
                yield newSlot == slot && newValue == value ? this : new Ring(action, barriers, newSlot, newValue);
            }
            case TileCopy c -> {
                List<Expr> to = Expr.mapAll(c.toIndices, onExpr);
                List<Expr> from = Expr.mapAll(c.fromIndices, onExpr);
                Expr slot = onExpr.apply(c.slot);
                yield to == c.toIndices && from == c.fromIndices && slot == c.slot
                        ? this
                        : new TileCopy(c.to, to, c.from, from, c.box, c.barriers, slot);
            }
            case Barrier b -> b;
            case Commit c -> c;
            case Wait w -> w;
        };
    }

    /** Bottom-up rewriting of statements and, inside them, of whole expressions. */
    default Stmt rewrite(UnaryOperator<Stmt> onStmt, UnaryOperator<Expr> onExpr) {
        return onStmt.apply(map(s -> s.rewrite(onStmt, onExpr), onExpr));
    }

    /** The direct statements of this node. */
    default List<Stmt> children() {
        return switch (this) {
            case Seq(List<Stmt> statements) -> statements;
            case For(Loop _, Stmt body) -> List.of(body);
            case If(Expr _, Stmt then, Optional<Stmt> otherwise) ->
                otherwise.isPresent() ? List.of(then, otherwise.get()) : List.of(then);
            case Let(Expr.Var _, Expr _, Stmt body) -> List.of(body);
            case Allocate(Buffer _, Stmt body) -> List.of(body);
            case Store _, Compute _, Check _, Barrier _, AsyncCopy _, Commit _, Wait _, Ring _, TileCopy _, Invoke _ ->
                List.of();
        };
    }

    /** The direct expressions of this node. */
    default List<Expr> expressions() {
        List<Expr> found = new ArrayList<>();
        map(s -> s, e -> {
            found.add(e);
            return e;
        });
        return found;
    }

    /** Whether {@code test} holds for this node or one below it. */
    default boolean anyMatch(java.util.function.Predicate<Stmt> test) {
        return test.test(this) || children().stream().anyMatch(child -> child.anyMatch(test));
    }

    private static <T> boolean same(List<T> a, List<T> b) {
        for (int i = 0; i < a.size(); i++) {
            if (a.get(i) != b.get(i)) {
                return false;
            }
        }
        return true;
    }
}
