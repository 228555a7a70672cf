package dev.woodpecker.tuner.cost;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** Finds the statements of a phase with what they do and touch. */
final class Leaves {
    private final List<Leaf> found = new ArrayList<>();
    private final List<Leaf.Level> levels = new ArrayList<>();
    private final List<String> variables = new ArrayList<>();
    private final Map<String, Expr> lets = new HashMap<>();
    private int loops;
    private int conditions;

    private Leaves() {}

    static List<Leaf> of(Stmt phase) {
        Leaves leaves = new Leaves();
        leaves.walk(phase);
        return leaves.found;
    }

    private void walk(Stmt stmt) {
        switch (stmt) {
            case Stmt.For(Loop loop, Stmt body) -> {
                long extent = Math.max(1, IndexValue.of(loop.extent(), Map.of(), lets));
                levels.add(new Leaf.Level(loops++, extent, loop.binding(), loop.carrier() == Loop.Carrier.REDUCTION));
                variables.add(loop.name());
                walk(body);
                levels.removeLast();
                variables.removeLast();
            }
            case Stmt.If(Expr _, Stmt then, Optional<Stmt> otherwise) -> {
                conditions++;
                walk(then);
                otherwise.ifPresent(this::walk);
                conditions--;
            }
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> {
                lets.put(variable.name(), value);
                walk(body);
            }
            case Stmt.Store(Buffer buffer, List<Expr> indices, Expr value, var _) -> add(buffer, indices, value);
            case Stmt other -> other.children().forEach(this::walk);
        }
    }

    private void add(Buffer buffer, List<Expr> indices, Expr value) {
        List<Leaf.Access> accesses = new ArrayList<>();
        accesses.add(access(buffer, indices, true));
        int[] counts = new int[5];
        count(value, counts, accesses);
        Leaf.Operations operations = new Leaf.Operations(
                Math.min(counts[0], counts[1]),
                Math.abs(counts[0] - counts[1]) + counts[2],
                counts[3],
                counts[4],
                divisions(indices));
        found.add(new Leaf(levels, operations, accesses, conditions > 0));
    }

    /** Counts additions, multiplications, other simple operations, divisions and calls, and finds the loads. */
    private void count(Expr e, int[] counts, List<Leaf.Access> accesses) {
        switch (e) {
            case Expr.Load(Buffer buffer, List<Expr> indices) -> {
                accesses.add(access(buffer, indices, false));
                return;
            }
            case Expr.Binary(BinaryOp op, Expr left, Expr _)
            when left.type().isFloat() -> {
                switch (op) {
                    case ADD, SUB -> counts[0]++;
                    case MUL -> counts[1]++;
                    case DIV, REM -> counts[3]++;
                    case MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> counts[2]++;
                }
            }
            case Expr.Call _ -> counts[4]++;
            case Expr.Select _ -> counts[2]++;
            case Expr other -> {}
        }
        e.operands().forEach(operand -> count(operand, counts, accesses));
    }

    private static int divisions(List<Expr> indices) {
        int[] count = new int[1];
        indices.forEach(index -> index.anyMatch(e -> {
            count[0] += e instanceof Expr.Binary b && (b.op() == BinaryOp.DIV || b.op() == BinaryOp.REM) ? 1 : 0;
            return false;
        }));
        return count[0];
    }

    private Leaf.Access access(Buffer buffer, List<Expr> indices, boolean store) {
        boolean register = buffer.scope() == Scope.REGISTER || buffer.scope() == Scope.FRAGMENT;
        long[] strides = new long[levels.size()];
        // Registers keep the indices of their tile: row-major is as good as any order for telling them apart.
        long dimension = 1;
        for (Expr index : indices.reversed()) {
            long start = IndexValue.of(index, Map.of(), lets);
            for (int i = 0; i < strides.length; i++) {
                strides[i] += dimension * stride(index, start, i);
            }
            dimension *= 64;
        }
        return new Leaf.Access(
                buffer, store, register, LongStream.of(strides).boxed().toList());
    }

    /** From the first iteration to the second; where these are the same, to the last, for loops that were fused. */
    private long stride(Expr index, long start, int level) {
        long extent = levels.get(level).extent();
        if (extent == 1) {
            return 0;
        }
        String variable = variables.get(level);
        long step = IndexValue.of(index, Map.of(variable, 1L), lets) - start;
        return step != 0 ? step : (IndexValue.of(index, Map.of(variable, extent - 1), lets) - start) / (extent - 1);
    }
}
