package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * A loop over lanes. Elements of register buffers that it uses are copied to a buffer of their own first and back
 * afterwards: a subscript that is no constant would force the whole buffer out of the registers.
 */
final class LaneCopies {
    private final Loop loop;
    private final int lanes;
    private final BiFunction<String, Expr, Buffer> newBuffer;
    private final Set<String> excluded;
    private final Map<Expr.Load, Buffer> copies = new LinkedHashMap<>();
    private final Set<Expr.Load> written = new HashSet<>();

    /**
     * Of the loop {@code loop}.
     *
     * @param newBuffer makes a buffer of one element a lane, by a name to start from and an expression of its type
     * @param excluded buffers that are accessed lane by lane as they are
     */
    LaneCopies(Loop loop, int lanes, BiFunction<String, Expr, Buffer> newBuffer, Set<String> excluded) {
        this.loop = loop;
        this.lanes = lanes;
        this.newBuffer = newBuffer;
        this.excluded = excluded;
    }

    /** {@code body}, which is {@code s} in one lane, for each lane in turn. */
    Stmt around(Stmt s, Stmt body) {
        Stmt copied = body.rewrite(
                child -> child instanceof Stmt.Store store && isCopied(target(store), s) ? toCopy(store) : child,
                e -> e.rewrite(n -> n instanceof Expr.Load load && isCopied(load, s)
                        ? new Expr.Load(copy(load), List.of(loop.variable()))
                        : n));
        List<Stmt> statements = new ArrayList<>();
        List<Stmt> after = new ArrayList<>();
        List<Expr> all = List.of(Vectorize.allLanes(lanes));
        copies.forEach((load, copy) -> {
            List<Expr> ramp = load.indices().stream().map(this::asRamp).toList();
            if (!isFirstWritten(copied, copy)) {
                statements.add(new Stmt.Store(copy, all, new Expr.Load(load.buffer(), ramp), Origin.NONE));
            }
            if (written.contains(load)) {
                after.add(new Stmt.Store(load.buffer(), ramp, new Expr.Load(copy, all), Origin.NONE));
            }
        });
        statements.add(new Stmt.For(loop.withBinding(Loop.Binding.SERIAL), copied));
        statements.addAll(after);
        Stmt result = Stmt.seq(statements);
        for (Buffer copy : List.copyOf(copies.values()).reversed()) {
            result = new Stmt.Allocate(copy, result);
        }
        return result;
    }

    /** Whether each lane writes its element in any case before it reads it. */
    private static boolean isFirstWritten(Stmt body, Buffer copy) {
        return switch (body) {
            case Stmt.Store store -> store.buffer().equals(copy) && !reads(store, copy);
            case Stmt.Seq(List<Stmt> statements) ->
                statements.stream()
                        .filter(s -> s.anyMatch(child -> isAccess(child, copy)))
                        .findFirst()
                        .map(s -> isFirstWritten(s, copy))
                        .orElse(false);
            case Stmt.Let let -> !reads(let, copy) && isFirstWritten(let.body(), copy);
            case Stmt.Allocate a -> isFirstWritten(a.body(), copy);
            case Stmt.For _,
                    Stmt.If _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Ring _,
                    Stmt.TileCopy _,
                    Stmt.Invoke _ -> false;
        };
    }

    private static boolean isAccess(Stmt s, Buffer buffer) {
        return reads(s, buffer)
                || (s instanceof Stmt.Store store && store.buffer().equals(buffer));
    }

    private static boolean reads(Stmt s, Buffer buffer) {
        return s.expressions().stream()
                .anyMatch(e ->
                        e.anyMatch(n -> n instanceof Expr.Load l && l.buffer().equals(buffer)));
    }

    private static Expr.Load target(Stmt.Store store) {
        return new Expr.Load(store.buffer(), store.indices());
    }

    private Stmt toCopy(Stmt.Store store) {
        written.add(target(store));
        return new Stmt.Store(copy(target(store)), List.of(loop.variable()), store.value(), store.origin());
    }

    private Buffer copy(Expr.Load load) {
        return copies.computeIfAbsent(load, l -> newBuffer.apply(l.buffer().name(), l));
    }

    /** Whether an access is to one register a lane, the same throughout {@code s}. */
    private boolean isCopied(Expr.Load load, Stmt s) {
        if (load.buffer().scope() != Scope.REGISTER
                || excluded.contains(load.buffer().name())) {
            return false;
        }
        LaneDependence dependence = dependence();
        long dependent =
                load.indices().stream().filter(i -> !dependence.isUniform(i)).count();
        boolean unitStride = load.indices().stream()
                .allMatch(i -> dependence.isUniform(i) || dependence.stride(i).equals(OptionalLong.of(1)));
        Set<String> defined = new HashSet<>();
        boolean allocated = s.anyMatch(child -> {
            if (child instanceof Stmt.For f) {
                defined.add(f.loop().name());
            } else if (child instanceof Stmt.Let let) {
                defined.add(let.variable().name());
            }
            return child instanceof Stmt.Allocate a
                    && a.buffer().name().equals(load.buffer().name());
        });
        boolean fixed = load.indices().stream()
                .noneMatch(i -> i.anyMatch(n -> n instanceof Expr.Var v && defined.contains(v.name())));
        return dependent == 1 && unitStride && fixed && !allocated;
    }

    private Expr asRamp(Expr index) {
        return dependence().isUniform(index)
                ? index
                : new Expr.Ramp(dependence().at(index, 0), 1, lanes);
    }

    private LaneDependence dependence() {
        return new LaneDependence(loop.variable(), lanes, Set.of());
    }
}
