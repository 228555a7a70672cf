package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Optional;

/**
 * Replaces logical indices by one offset in elements through the buffer's layout, simplified under the ranges of the
 * loops. Requires: stages are placed. Ensures: every access to memory ({@code GLOBAL, WORKSPACE, SHARED}) has one index, its
 * physical offset; {@code REGISTER} and {@code FRAGMENT} buffers keep their logical indices, which name variables.
 */
public final class FlattenIndices {
    private FlattenIndices() {}

    public static Stmt apply(Stmt body) {
        return Simplifier.simplify(flatten(body, Bounds.none()));
    }

    private static Stmt flatten(Stmt s, Bounds bounds) {
        return switch (s) {
            case Stmt.For(Loop loop, Stmt _) ->
                s.map(child -> flatten(child, bounds.inside(loop)), e -> flatten(e, bounds));
            case Stmt.Let(Expr.Var variable, Expr value, Stmt _) ->
                s.map(child -> flatten(child, bounds.where(variable, value)), e -> flatten(e, bounds));
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) -> {
                Expr newCondition = flatten(condition, bounds);
                Stmt newThen = flatten(then, bounds.assuming(condition));
                Optional<Stmt> newOtherwise = otherwise.map(o -> flatten(o, bounds.assumingNot(condition)));
                yield new Stmt.If(newCondition, newThen, newOtherwise);
            }
            case Stmt.Store store -> {
                Stmt.Store mapped = (Stmt.Store) store.map(child -> child, e -> flatten(e, bounds));
                yield isMemory(mapped.buffer())
                        ? new Stmt.Store(
                                mapped.buffer(),
                                List.of(offset(mapped.buffer(), mapped.indices(), bounds)),
                                mapped.value(),
                                mapped.origin())
                        : mapped;
            }
            case Stmt.AsyncCopy copy -> {
                Stmt.AsyncCopy mapped = (Stmt.AsyncCopy) copy.map(child -> child, e -> flatten(e, bounds));
                yield new Stmt.AsyncCopy(
                        mapped.to(),
                        List.of(offset(mapped.to(), mapped.toIndices(), bounds)),
                        mapped.from(),
                        List.of(offset(mapped.from(), mapped.fromIndices(), bounds)),
                        mapped.elements(),
                        mapped.guard());
            }
            case Stmt.TileCopy copy -> {
                Stmt.TileCopy mapped = (Stmt.TileCopy) copy.map(child -> child, e -> flatten(e, bounds));
                yield new Stmt.TileCopy(
                        mapped.to(),
                        List.of(offset(mapped.to(), mapped.toIndices(), bounds)),
                        mapped.from(),
                        mapped.fromIndices(),
                        mapped.box(),
                        mapped.barriers(),
                        mapped.slot());
            }
            case Stmt.Invoke(var intrinsic, List<Stmt.Window> operands) ->
                new Stmt.Invoke(
                        intrinsic,
                        operands.stream().map(w -> flatten(w, bounds)).toList());
            case Stmt.Seq _, Stmt.Allocate _, Stmt.Check _, Stmt.Ring _ ->
                s.map(child -> flatten(child, bounds), e -> flatten(e, bounds));
            case Stmt.Compute _, Stmt.Barrier _, Stmt.Commit _, Stmt.Wait _ -> s;
        };
    }

    private static Stmt.Window flatten(Stmt.Window window, Bounds bounds) {
        List<Expr> indices = Expr.mapAll(window.indices(), e -> flatten(e, bounds));
        return isMemory(window.buffer())
                ? new Stmt.Window(window.buffer(), List.of(offset(window.buffer(), indices, bounds)))
                : new Stmt.Window(window.buffer(), indices);
    }

    private static Expr flatten(Expr e, Bounds bounds) {
        if (e instanceof Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse)) {
            Expr newCondition = flatten(condition, bounds);
            Expr newTrue = flatten(whenTrue, bounds.assuming(condition));
            Expr newFalse = flatten(whenFalse, bounds.assumingNot(condition));
            return newCondition == condition && newTrue == whenTrue && newFalse == whenFalse
                    ? e
                    : new Expr.Select(newCondition, newTrue, newFalse);
        }
        Expr mapped = e.mapOperands(operand -> flatten(operand, bounds));
        return mapped instanceof Expr.Load(Buffer buffer, List<Expr> indices) && isMemory(buffer)
                ? new Expr.Load(buffer, List.of(offset(buffer, indices, bounds)))
                : mapped;
    }

    static boolean isMemory(Buffer buffer) {
        return switch (buffer.scope()) {
            case GLOBAL, WORKSPACE, SHARED -> true;
            case REGISTER, FRAGMENT -> false;
        };
    }

    /** The offset in elements of the element of {@code buffer} at a logical index. */
    static Expr offset(Buffer buffer, List<Expr> indices, Bounds bounds) {
        return buffer.offset(indices, bounds);
    }
}
