package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Puts a barrier between the threads' writes of shared memory and reads of it, and, where a loop comes back to the writes,
 * between the reads and the next iteration. Requires: a kernel for a GPU, stages placed, asynchronous copies already
 * followed by their waits. Ensures: no two threads access a shared element, one of them writing, without a barrier between.
 */
public final class InsertBarriers {
    private InsertBarriers() {}

    public static Stmt apply(Stmt tree) {
        return insert(tree);
    }

    private static Stmt insert(Stmt stmt) {
        return switch (stmt) {
            case Stmt.Seq(List<Stmt> statements) -> separate(statements.stream().map(InsertBarriers::insert).toList());
            case Stmt.For(Loop loop, Stmt body) -> {
                Stmt inner = insert(body);
                boolean repeats = !loop.binding().isThread() && !loop.binding().isBlock();
                Set<String> written = touched(inner, true);
                Set<String> read = touched(inner, false);
                boolean comesBack = repeats && !written.isEmpty() && written.stream().anyMatch(read::contains);
                yield new Stmt.For(loop, comesBack ? Stmt.seq(inner, new Stmt.Barrier()) : inner);
            }
            case Stmt.Allocate(Buffer buffer, Stmt body) -> new Stmt.Allocate(buffer, insert(body));
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> new Stmt.Let(variable, value, insert(body));
            case Stmt.If _, Stmt.Store _, Stmt.Compute _, Stmt.Check _, Stmt.Barrier _, Stmt.AsyncCopy _, Stmt.Commit _,
                    Stmt.Wait _, Stmt.Invoke _ -> stmt;
        };
    }

    private static Stmt separate(List<Stmt> statements) {
        List<Stmt> separated = new ArrayList<>();
        Set<String> written = new HashSet<>();
        Set<String> read = new HashSet<>();
        for (Stmt s : statements) {
            Set<String> nowWritten = touched(s, true);
            Set<String> nowRead = touched(s, false);
            boolean conflict = nowRead.stream().anyMatch(written::contains)
                    || nowWritten.stream().anyMatch(b -> written.contains(b) || read.contains(b));
            if (conflict) {
                separated.add(new Stmt.Barrier());
                written.clear();
                read.clear();
            }
            separated.add(s);
            written.addAll(nowWritten);
            read.addAll(nowRead);
        }
        return Stmt.seq(separated);
    }

    /** The shared buffers that are written, or read, in a statement. */
    private static Set<String> touched(Stmt stmt, boolean writes) {
        Set<String> names = new HashSet<>();
        collect(stmt, writes, names);
        return names;
    }

    private static void collect(Stmt stmt, boolean writes, Set<String> names) {
        switch (stmt) {
            case Stmt.Store s when writes && s.buffer().scope() == Scope.SHARED -> names.add(s.buffer().name());
            case Stmt.AsyncCopy c when writes -> names.add(c.to().name());
            case Stmt.Invoke(var intrinsic, List<Stmt.Window> operands) -> {
                for (int i = 0; i < operands.size(); i++) {
                    boolean reads = intrinsic.operands().get(i).access() == dev.woodpecker.compiler.ir.Intrinsic.Access.READ;
                    if (reads != writes && operands.get(i).buffer().scope() == Scope.SHARED) {
                        names.add(operands.get(i).buffer().name());
                    }
                }
            }
            case Stmt _ -> {}
        }
        if (!writes) {
            stmt.expressions().forEach(e -> e.anyMatch(n -> n instanceof Expr.Load l
                    && l.buffer().scope() == Scope.SHARED
                    && !names.add(l.buffer().name())
                    && false));
        }
        stmt.children().forEach(child -> collect(child, writes, names));
    }
}
