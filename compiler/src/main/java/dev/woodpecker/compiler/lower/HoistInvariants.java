package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Names the base of neighbouring accesses, once a loop body: {@code x[n * 96 + c], x[n * 96 + c + 16]} become
 * {@code x[at], x[at + 16]}. Requires: indices are flat and simplified. Ensures: the same accesses; only what several
 * accesses of a body share is named. Moving the parts of a base out of loops that do not change them is left to the C
 * compiler, which does it as well (measured on a convolution: the inner loop has no integer multiplication left).
 */
public final class HoistInvariants {
    private final Set<String> names = new HashSet<>();

    private HoistInvariants() {}

    public static Stmt apply(Stmt body) {
        HoistInvariants pass = new HoistInvariants();
        Temporaries.collectNames(body, pass.names);
        return pass.named(body, Map.of());
    }

    /** The base of an access: its buffer and the index without the constant that is added. */
    private record Base(String buffer, Expr index) {}

    private Stmt named(Stmt s, Map<Base, Expr.Var> bases) {
        return switch (s) {
            case Stmt.For(var loop, Stmt body) -> {
                Stmt newBody = block(body, Map.of());
                yield newBody == body ? s : new Stmt.For(loop, newBody);
            }
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) -> {
                // A base that is used on one side only is named there: it need not exist on the other.
                Stmt newThen = block(then, bases);
                Optional<Stmt> newOtherwise = otherwise.map(o -> block(o, bases));
                yield new Stmt.If(replaced(condition, bases), newThen, newOtherwise);
            }
            case Stmt.Let let when isIndexBase(let) -> s.map(child -> block(child, bases), e -> replaced(e, bases));
            case Stmt.Store store -> {
                Stmt.Store mapped = (Stmt.Store) store.map(child -> child, e -> replaced(e, bases));
                yield new Stmt.Store(
                        mapped.buffer(),
                        shifted(mapped.buffer(), mapped.indices(), bases),
                        mapped.value(),
                        mapped.origin());
            }
            case Stmt.Seq _,
                    Stmt.Let _,
                    Stmt.Allocate _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> s.map(child -> named(child, bases), e -> replaced(e, bases));
        };
    }

    /** Whether later indices may be made of this variable, so that their bases can be named only after it. */
    private static boolean isIndexBase(Stmt.Let let) {
        return let.variable().type().isInteger() && let.variable().lanes() == 1;
    }

    /** A body in which bases are named at the start. */
    private Stmt block(Stmt body, Map<Base, Expr.Var> outer) {
        if (body instanceof Stmt.Let let && isIndexBase(let)) {
            return named(body, outer);
        }
        Map<Base, Integer> uses = new LinkedHashMap<>();
        Set<String> defined = new HashSet<>();
        count(body, uses, defined);
        Map<Base, Expr.Var> bases = new HashMap<>(outer);
        List<Map.Entry<Base, Expr.Var>> fresh = new ArrayList<>();
        uses.forEach((base, count) -> {
            boolean known = base.index.anyMatch(n -> n instanceof Expr.Var v && defined.contains(v.name()));
            if (count > 1 && !known && !outer.containsKey(base)) {
                Expr.Var variable = Expr.Var.index(Vectorize.freshName(base.buffer + ".at", names));
                bases.put(base, variable);
                fresh.add(Map.entry(base, variable));
            }
        });
        Stmt result = named(body, bases);
        for (Map.Entry<Base, Expr.Var> entry : fresh.reversed()) {
            result = new Stmt.Let(entry.getValue(), entry.getKey().index, result);
        }
        return result;
    }

    /** Counts the bases of accesses that happen once a pass through {@code s}, not those in loops inside it. */
    private static void count(Stmt s, Map<Base, Integer> uses, Set<String> defined) {
        if (s instanceof Stmt.For || s instanceof Stmt.If) {
            return;
        }
        if (s instanceof Stmt.Let let) {
            defined.add(let.variable().name());
        }
        s.expressions().forEach(e -> count(e, uses));
        if (s instanceof Stmt.Store store) {
            base(store.buffer(), store.indices()).ifPresent(base -> uses.merge(base, 1, Integer::sum));
        }
        s.children().forEach(child -> count(child, uses, defined));
    }

    private static void count(Expr e, Map<Base, Integer> uses) {
        if (e instanceof Expr.Load load) {
            base(load.buffer(), load.indices()).ifPresent(base -> uses.merge(base, 1, Integer::sum));
        }
        e.operands().forEach(operand -> count(operand, uses));
    }

    private static Optional<Base> base(Buffer buffer, List<Expr> indices) {
        if (!FlattenIndices.isMemory(buffer) || indices.size() != 1) {
            return Optional.empty();
        }
        Expr first = indices.getFirst() instanceof Expr.Ramp r ? r.base() : indices.getFirst();
        Expr index = withoutConstant(first);
        // A single variable or product reads as well as a name; a load must stay where it is guarded.
        boolean worthwhile = index instanceof Expr.Binary b && (b.op() == BinaryOp.ADD || b.op() == BinaryOp.SUB);
        boolean loads = index.anyMatch(n -> n instanceof Expr.Load || n.lanes() > 1);
        return worthwhile && !loads ? Optional.of(new Base(buffer.name(), index)) : Optional.empty();
    }

    private static Expr withoutConstant(Expr index) {
        boolean shifted = index instanceof Expr.Binary b
                && (b.op() == BinaryOp.ADD || b.op() == BinaryOp.SUB)
                && b.right() instanceof Expr.IntConst;
        return shifted ? ((Expr.Binary) index).left() : index;
    }

    private static Expr replaced(Expr e, Map<Base, Expr.Var> bases) {
        if (bases.isEmpty()) {
            return e;
        }
        return e.rewrite(n -> {
            if (!(n instanceof Expr.Load load)) {
                return n;
            }
            List<Expr> indices = shifted(load.buffer(), load.indices(), bases);
            return indices == load.indices() ? load : new Expr.Load(load.buffer(), indices);
        });
    }

    private static List<Expr> shifted(Buffer buffer, List<Expr> indices, Map<Base, Expr.Var> bases) {
        Optional<Expr.Var> variable = base(buffer, indices).map(bases::get);
        if (variable.isEmpty()) {
            return indices;
        }
        Expr index = indices.getFirst();
        return List.of(
                index instanceof Expr.Ramp(Expr base, long stride, int lanes)
                        ? new Expr.Ramp(onBase(base, variable.get()), stride, lanes)
                        : onBase(index, variable.get()));
    }

    private static Expr onBase(Expr index, Expr.Var variable) {
        return withoutConstant(index) == index
                ? variable
                : new Expr.Binary(((Expr.Binary) index).op(), variable, ((Expr.Binary) index).right());
    }
}
