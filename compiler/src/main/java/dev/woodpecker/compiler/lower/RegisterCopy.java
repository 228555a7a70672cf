package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A copy to shared memory in two: what a thread brings waits in registers of its own, so that the loads can start long
 * before the place in shared memory is free. Where no instruction copies asynchronously: before Ampere, and elements that are
 * too small for it or that come with a value beyond the tensor that is not zero.
 *
 * <pre>
 * for i in 0..4 unroll:         load:  for i: x.ahead[i] = x[..]
 *   for t thread.x:        ->
 *     x.tile[..] = x[..]        store: for i: x.tile[..] = x.ahead[i]
 * </pre>
 */
record RegisterCopy(Buffer registers, Stmt load, Stmt store) {
    static RegisterCopy of(Stmt copy) {
        List<Loop> loops = new ArrayList<>();
        Stmt.Store element = element(copy, copy, loops);
        Expr at = Expr.index(0);
        long count = 1;
        for (Loop loop : loops) {
            at = IndexMath.add(IndexMath.mul(at, loop.extent()), loop.variable());
            count *= IndexMath.constant(loop.extent()).orElseThrow(() -> notSplit(copy));
        }
        Buffer to = element.buffer();
        Buffer registers = Buffer.rowMajor(to.name() + ".ahead", to.type(), List.of(Expr.index(count)), Scope.REGISTER);
        List<Expr> place = List.of(at);
        Stmt load = withElement(copy, new Stmt.Store(registers, place, element.value(), element.origin()));
        Stmt store = withElement(
                copy, new Stmt.Store(to, element.indices(), new Expr.Load(registers, place), element.origin()));
        return new RegisterCopy(registers, load, store);
    }

    /** The one store, and the loops around it that each thread runs by itself, outermost first. */
    private static Stmt.Store element(Stmt s, Stmt copy, List<Loop> loops) {
        return switch (s) {
            case Stmt.For(Loop loop, Stmt body) -> {
                if (!loop.binding().isThread()) {
                    loops.add(loop);
                }
                yield element(body, copy, loops);
            }
            case Stmt.If(Expr _, Stmt then, Optional<Stmt> otherwise)
            when otherwise.isEmpty() -> element(then, copy, loops);
            case Stmt.Store store -> store;
            case Stmt.If _,
                    Stmt.Seq _,
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
                    Stmt.Invoke _ -> throw notSplit(copy);
        };
    }

    private static LoweringException notSplit(Stmt copy) {
        return new LoweringException("not one element after another that can wait in registers: "
                + IrText.of(copy).strip());
    }

    private static Stmt withElement(Stmt copy, Stmt.Store element) {
        return copy.rewrite(s -> s instanceof Stmt.Store ? element : s, e -> e);
    }

    Stmt allocate(Stmt body) {
        return new Stmt.Allocate(registers, body);
    }
}
