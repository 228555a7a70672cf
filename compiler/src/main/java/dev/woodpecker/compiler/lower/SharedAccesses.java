package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a stretch of a kernel does to shared buffers, by their names.
 *
 * @param started asynchronous copies to them start
 * @param arrived waits let asynchronous copies to them be seen by the thread that made them
 */
record SharedAccesses(Set<String> read, Set<String> written, Set<String> started, Set<String> arrived) {
    SharedAccesses {
        read = Set.copyOf(read);
        written = Set.copyOf(written);
        started = Set.copyOf(started);
        arrived = Set.copyOf(arrived);
    }

    static SharedAccesses none() {
        return new SharedAccesses(Set.of(), Set.of(), Set.of(), Set.of());
    }

    /** All in {@code stmt}; a wait may be for copies to any of {@code asynchronous}. */
    static SharedAccesses in(Stmt stmt, Set<String> asynchronous) {
        SharedAccesses found = own(stmt, asynchronous);
        for (Stmt child : stmt.children()) {
            found = found.and(in(child, asynchronous));
        }
        return found;
    }

    private static SharedAccesses own(Stmt stmt, Set<String> asynchronous) {
        Set<String> read = new HashSet<>();
        Set<String> written = new HashSet<>();
        Set<String> started = new HashSet<>();
        stmt.expressions()
                .forEach(e -> e.anyMatch(n -> n instanceof Expr.Load l
                        && l.buffer().scope() == Scope.SHARED
                        && !read.add(l.buffer().name())
                        && false));
        switch (stmt) {
            case Stmt.Store s
            when s.buffer().scope() == Scope.SHARED -> written.add(s.buffer().name());
            case Stmt.AsyncCopy copy -> started.add(copy.to().name());
            case Stmt.Invoke(Intrinsic intrinsic, List<Stmt.Window> operands) -> {
                for (int i = 0; i < operands.size(); i++) {
                    Intrinsic.Access access = intrinsic.operands().get(i).access();
                    if (operands.get(i).buffer().scope() == Scope.SHARED) {
                        String name = operands.get(i).buffer().name();
                        (access == Intrinsic.Access.READ ? read : written).add(name);
                        (access == Intrinsic.Access.WRITE ? written : read).add(name);
                    }
                }
            }
            case Stmt _ -> {}
        }
        return new SharedAccesses(read, written, started, stmt instanceof Stmt.Wait ? asynchronous : Set.of());
    }

    /** Where one statement, without those inside it, accesses shared buffers; copies that start are not looked at. */
    static Map<Buffer, List<List<Expr>>> places(Stmt stmt) {
        Map<Buffer, List<List<Expr>>> places = new HashMap<>();
        stmt.expressions()
                .forEach(e -> e.anyMatch(n -> n instanceof Expr.Load(Buffer buffer, List<Expr> indices)
                        && add(places, buffer, indices)
                        && false));
        switch (stmt) {
            case Stmt.Store store -> add(places, store.buffer(), store.indices());
            case Stmt.Invoke invoke -> invoke.operands().forEach(w -> add(places, w.buffer(), w.indices()));
            case Stmt _ -> {}
        }
        return places;
    }

    private static boolean add(Map<Buffer, List<List<Expr>>> places, Buffer buffer, List<Expr> indices) {
        return buffer.scope() == Scope.SHARED
                && places.computeIfAbsent(buffer, _ -> new ArrayList<>()).add(indices);
    }

    /** All but those to these buffers that threads write themselves. */
    SharedAccesses without(Set<String> buffers) {
        Set<String> others = new HashSet<>(written);
        others.removeAll(buffers);
        return new SharedAccesses(read, others, started, arrived);
    }

    SharedAccesses and(SharedAccesses other) {
        return new SharedAccesses(
                union(read, other.read),
                union(written, other.written),
                union(started, other.started),
                union(arrived, other.arrived));
    }

    private static Set<String> union(Set<String> a, Set<String> b) {
        Set<String> both = new HashSet<>(a);
        both.addAll(b);
        return both;
    }

    /** Whether these need a barrier after {@code earlier}. */
    boolean conflictsWith(SharedAccesses earlier) {
        return comesAfter(earlier) || meets(union(written, started), union(earlier.written, earlier.arrived));
    }

    /** Whether one of both reads what the other writes; a loop's iterations write apart by themselves. */
    boolean comesAfter(SharedAccesses earlier) {
        return meets(read, union(earlier.written, earlier.arrived)) || meets(union(written, started), earlier.read);
    }

    private static boolean meets(Set<String> a, Set<String> b) {
        return a.stream().anyMatch(b::contains);
    }
}
