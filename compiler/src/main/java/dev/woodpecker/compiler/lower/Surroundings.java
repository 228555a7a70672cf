package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is known at a place in a kernel. Facts are about <em>plain</em> expressions: scalar, variables of {@code Let}
 * replaced by their values, and what is loaded from memory by a variable named after the text of the load, so that what a
 * check says of a loaded index is known where that index is used.
 *
 * @param loops those around, outermost first
 */
record Surroundings(
        Bounds bounds,
        List<Loop> loops,
        Map<String, Expr> lets,
        Set<Expr> conditions,
        List<Implication> implications,
        Map<String, Integer> writes) {
    /** The lane of a vector operation. */
    static final Expr.Var LANE = Expr.Var.index("lane of the vector");

    private static final String LOADED = "loaded: ";

    static final Surroundings NOTHING =
            new Surroundings(Bounds.none(), List.of(), Map.of(), Set.of(), List.of(), Map.of());

    /** What a check under a condition tells: where the condition holds again, so does the consequence. */
    private record Implication(List<Expr> conditions, Expr consequence) {}

    Surroundings inside(Loop loop) {
        Loop plain = loop.withExtent(plain(loop.extent()));
        List<Loop> deeper = new ArrayList<>(loops);
        deeper.add(plain);
        Surroundings inside = new Surroundings(bounds.inside(plain), deeper, lets, conditions, implications, writes);
        return IndexMath.isConstant(plain.extent(), 1) ? inside.where(loop.variable(), Expr.index(0)) : inside;
    }

    Surroundings where(Expr.Var variable, Expr value) {
        Map<String, Expr> more = new HashMap<>(lets);
        more.put(variable.name(), asOfNow(value));
        return new Surroundings(bounds, loops, more, conditions, implications, writes);
    }

    /** Where a condition of one lane holds. */
    Surroundings assuming(Expr condition) {
        return assumingPlain(plain(condition));
    }

    Surroundings assumingNot(Expr condition) {
        return assumingPlain(Simplifier.simplify(new Expr.Unary(UnaryOp.NOT, plain(condition)), bounds));
    }

    private Surroundings assumingPlain(Expr condition) {
        Set<Expr> all = new HashSet<>(conditions);
        Bounds more = bounds;
        for (Expr conjunct : conjuncts(condition)) {
            more = narrowed(more.assuming(conjunct), conjunct);
            all.add(conjunct);
        }
        Surroundings there = new Surroundings(more, loops, lets, all, implications, writes);
        for (Implication known : implications) {
            if (known.conditions.stream().allMatch(there::holds) && !there.holds(known.consequence)) {
                there = there.assumingPlain(known.consequence);
            }
        }
        return there;
    }

    private boolean holds(Expr condition) {
        return conditions.containsAll(conjuncts(condition)) || Simplifier.proves(bounds, condition);
    }

    /** After a check that stands under conditions, each inside of the one before. */
    Surroundings implying(List<Expr> under, Expr consequence) {
        Surroundings there = this;
        List<Expr> all = new ArrayList<>();
        for (Expr condition : under) {
            all.addAll(conjuncts(there.plain(condition)));
            there = there.assuming(condition);
        }
        List<Implication> more = new ArrayList<>(implications);
        more.add(new Implication(all, there.plain(consequence)));
        return new Surroundings(bounds, loops, lets, conditions, more, writes);
    }

    /** What holds where {@code condition} does: {@code a < min(b, c)} says two things. */
    private static List<Expr> conjuncts(Expr condition) {
        if (!(condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))) {
            return List.of(condition);
        }
        if (op == BinaryOp.AND) {
            return both(left, right);
        }
        boolean less = op == BinaryOp.LT || op == BinaryOp.LE;
        boolean greater = op == BinaryOp.GT || op == BinaryOp.GE;
        if (right instanceof Expr.Binary(BinaryOp choice, Expr a, Expr b)
                && (less && choice == BinaryOp.MIN || greater && choice == BinaryOp.MAX)) {
            return both(new Expr.Binary(op, left, a), new Expr.Binary(op, left, b));
        }
        if (left instanceof Expr.Binary(BinaryOp choice, Expr a, Expr b)
                && (less && choice == BinaryOp.MAX || greater && choice == BinaryOp.MIN)) {
            return both(new Expr.Binary(op, a, right), new Expr.Binary(op, b, right));
        }
        return List.of(condition);
    }

    private static List<Expr> both(Expr a, Expr b) {
        List<Expr> all = new ArrayList<>(conjuncts(a));
        all.addAll(conjuncts(b));
        return all;
    }

    /** A loaded value may be anything, so that bounds do not compute with it; a comparison with a constant limits it. */
    private static Bounds narrowed(Bounds bounds, Expr condition) {
        if (condition instanceof Expr.Binary(BinaryOp op, Expr.Var v, Expr.IntConst(long limit, DType _))
                && isLoaded(v)) {
            Interval known = bounds.of(v);
            return switch (op) {
                case LT -> bounds.with(v, known.intersect(new Interval(Long.MIN_VALUE, limit - 1)));
                case LE -> bounds.with(v, known.intersect(new Interval(Long.MIN_VALUE, limit)));
                case GE -> bounds.with(v, known.intersect(new Interval(limit, Long.MAX_VALUE)));
                case GT -> bounds.with(v, known.intersect(new Interval(limit + 1, Long.MAX_VALUE)));
                case EQ -> bounds.with(v, Interval.point(limit));
                case ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, NE -> bounds;
            };
        }
        return bounds;
    }

    /** Whether a variable of a plain expression stands for what is loaded. */
    static boolean isLoaded(Expr.Var v) {
        return v.name().startsWith(LOADED);
    }

    /** For operations on vectors of this many lanes. */
    Surroundings withLanes(int lanes) {
        return new Surroundings(
                bounds.with(LANE, new Interval(0, lanes - 1)), loops, lets, conditions, implications, writes);
    }

    /** {@code e} in lane {@link #LANE}, without what facts are not about, in normal form. */
    Expr plain(Expr e) {
        return plain(e, LANE);
    }

    Expr plain(Expr e, Expr lane) {
        return Simplifier.simplify(abstracted(inLane(asOfNow(e), lane), false), bounds);
    }

    /** As {@link #plain(Expr, Expr)}, but that of a choice its sides are kept, only its condition may be unknown. */
    Expr plainChoices(Expr e, Expr lane) {
        return Simplifier.simplify(abstracted(inLane(asOfNow(e), lane), true), bounds);
    }

    /** After a statement, or anywhere in a loop around it: what it writes is not what it was. */
    Surroundings writing(Stmt s) {
        Map<String, Integer> more = new HashMap<>(writes);
        s.anyMatch(child -> {
            written(child).forEach(buffer -> more.merge(buffer.name(), 1, Integer::sum));
            return false;
        });
        return new Surroundings(bounds, loops, lets, conditions, implications, more);
    }

    private static List<Buffer> written(Stmt s) {
        return switch (s) {
            case Stmt.Store store -> List.of(store.buffer());
            case Stmt.AsyncCopy copy -> List.of(copy.to());
            case Stmt.TileCopy copy -> List.of(copy.to());
            case Stmt.Invoke invoke ->
                invoke.operands().stream().map(Stmt.Window::buffer).toList();
            case Stmt.Allocate allocate -> List.of(allocate.buffer());
            case Stmt.Seq _,
                    Stmt.For _,
                    Stmt.If _,
                    Stmt.Let _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _ -> List.of();
        };
    }

    /** What is loaded by a name of its own since the last write. */
    private Expr asOfNow(Expr e) {
        return writes.isEmpty()
                ? e
                : e.rewrite(n ->
                        n instanceof Expr.Load(Buffer buffer, List<Expr> indices) && writes.containsKey(buffer.name())
                                ? new Expr.Load(buffer.named(buffer.name() + "'" + writes.get(buffer.name())), indices)
                                : n);
    }

    String path() {
        return String.join(" > ", loops.stream().map(Loop::name).toList());
    }

    private Expr inLane(Expr e, Expr lane) {
        return switch (e) {
            case Expr.Var v
            when lets.containsKey(v.name()) ->
                inLane(lets.getOrDefault(v.name(), v), v.lanes() == 1 ? Expr.index(0) : lane);
            case Expr.Ramp(Expr base, long stride, int _) ->
                IndexMath.add(inLane(base, lane), IndexMath.mul(lane, Expr.index(stride)));
            case Expr.Broadcast(Expr value, int _) -> inLane(value, Expr.index(0));
            case Expr.Extract(Expr vector, Expr which) -> inLane(vector, inLane(which, Expr.index(0)));
            default -> e.mapOperands(operand -> inLane(operand, lane));
        };
    }

    private static Expr abstracted(Expr e, boolean intoChoices) {
        boolean loads = e.anyMatch(n -> n instanceof Expr.Load);
        if (!loads) {
            return e;
        }
        boolean isTransparent = e instanceof Expr.Unary
                || e instanceof Expr.Binary b && isTransparent(b.op())
                || intoChoices && e instanceof Expr.Select;
        return isTransparent
                ? e.mapOperands(operand -> abstracted(operand, intoChoices))
                : new Expr.Var(LOADED + IrText.of(e), e.type());
    }

    /** Whether facts about operands say something about the result. */
    private static boolean isTransparent(BinaryOp op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, LT, LE, GT, GE, EQ, NE -> true;
            case XOR, SHL, SHR, DOT4 -> false;
        };
    }
}
