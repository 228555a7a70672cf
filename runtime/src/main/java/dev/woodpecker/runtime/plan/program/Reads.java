package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The reads of tensors in programs. An expression that occurs at two places is visited, and rewritten, once. */
public final class Reads {
    private Reads() {}

    /** The reads of a stage, each once. */
    public static List<Expr.Read> of(Stage stage) {
        List<Expr.Read> found = new ArrayList<>();
        Set<Expr> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        stage.reduction().ifPresent(reduction -> collect(reduction.body(), found, seen));
        collect(stage.element(), found, seen);
        return found;
    }

    /** The reads of one tensor in a program, each with the stage that it is in. */
    public static List<At> of(TensorProgram program, String tensor) {
        List<At> found = new ArrayList<>();
        for (Stage stage : program.stages()) {
            of(stage).stream()
                    .filter(read -> read.tensor().equals(tensor))
                    .forEach(read -> found.add(new At(stage, read)));
        }
        return found;
    }

    /** A read and the stage that it is in. */
    public record At(Stage stage, Expr.Read read) {}

    private static void collect(Expr e, List<Expr.Read> found, Set<Expr> seen) {
        if (!seen.add(e)) {
            return;
        }
        if (e instanceof Expr.Read read) {
            found.add(read);
        }
        e.operands().forEach(operand -> collect(operand, found, seen));
    }

    /** Bottom-up rewriting that keeps shared nodes shared. */
    static Expr rewrite(Expr e, UnaryOperator<Expr> f) {
        return rewrite(e, f, new IdentityHashMap<>());
    }

    private static Expr rewrite(Expr e, UnaryOperator<Expr> f, IdentityHashMap<Expr, Expr> done) {
        Expr known = done.get(e);
        if (known == null) {
            known = f.apply(e.mapOperands(operand -> rewrite(operand, f, done)));
            done.put(e, known);
        }
        return known;
    }

    /** The stage with {@code f} applied to its expressions, bottom-up. */
    static Stage rewrite(Stage stage, UnaryOperator<Expr> f) {
        return new Stage(
                stage.name(),
                stage.type(),
                stage.axes(),
                stage.reduction().map(r -> new Stage.Reduction(r.op(), r.type(), r.axes(), rewrite(r.body(), f))),
                rewrite(stage.element(), f),
                stage.origin());
    }

    /** The number of nodes of an expression as a tree, at most {@code limit}. */
    static long size(Expr e, long limit) {
        long size = 1;
        for (Expr operand : e.operands()) {
            if (size >= limit) {
                return limit;
            }
            size += size(operand, limit - size);
        }
        return size;
    }
}
