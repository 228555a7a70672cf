package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Rewriting of stages and of the nests they are computed in. */
public final class Stages {
    private Stages() {}

    /** The stage with {@code f} applied to each read, innermost first. */
    public static Stage mapReads(Stage stage, Function<Expr.Read, Expr> f) {
        Optional<Stage.Reduction> reduction =
                stage.reduction().map(r -> new Stage.Reduction(r.op(), r.type(), r.axes(), mapReads(r.body(), f)));
        return new Stage(
                stage.name(), stage.type(), stage.axes(), reduction, mapReads(stage.element(), f), stage.origin());
    }

    private static Expr mapReads(Expr expr, Function<Expr.Read, Expr> f) {
        return expr.rewrite(e -> e instanceof Expr.Read r ? f.apply(r) : e);
    }

    /** All reads of a tensor in a stage, with the indices as the stage has them. */
    public static List<Expr.Read> reads(Stage stage, String tensor) {
        return reads(stage).stream()
                .filter(read -> read.tensor().equals(tensor))
                .toList();
    }

    /** All reads in a stage, with the indices as the stage has them. */
    public static List<Expr.Read> reads(Stage stage) {
        List<Expr.Read> found = new ArrayList<>();
        mapReads(stage, read -> {
            found.add(read);
            return read;
        });
        return found;
    }

    /** What is under an expression's casts. */
    public static Expr withoutCasts(Expr e) {
        return e instanceof Expr.Cast(DType _, Expr operand) ? withoutCasts(operand) : e;
    }

    /** Of an axis of known extent; -1 of another. */
    public static long extent(Axis axis) {
        return IndexMath.constant(axis.extent()).orElse(-1);
    }

    /** Of a stage's reduction; 1 if it has none. */
    public static long points(Stage stage) {
        return stage.reduction().stream()
                .flatMap(reduction -> reduction.axes().stream())
                .mapToLong(Stages::extent)
                .reduce(1, (a, b) -> a * b);
    }

    public static List<Stage> readers(TensorProgram program, String tensor) {
        return program.stages().stream()
                .filter(s -> !reads(s, tensor).isEmpty())
                .toList();
    }

    /** The program with {@code added} just before {@code reader}, which is replaced by {@code changed}. */
    public static TensorProgram insertBefore(TensorProgram program, Stage added, Stage changed) {
        List<Stage> stages = new ArrayList<>();
        for (Stage s : program.stages()) {
            if (s.name().equals(changed.name())) {
                stages.add(added);
                stages.add(changed);
            } else {
                stages.add(s);
            }
        }
        return program.withStages(stages);
    }

    /** The tree without the computation of a stage and without the loops that this leaves empty. */
    public static Stmt removeNest(Stmt tree, String stage) {
        return remove(tree, stage).orElseGet(() -> new Stmt.Seq(List.of()));
    }

    private static Optional<Stmt> remove(Stmt stmt, String stage) {
        return switch (stmt) {
            case Stmt.Compute c when c.stage().equals(stage) -> Optional.empty();
            case Stmt.For(var loop, Stmt body) ->
                remove(body, stage).map(b -> b == body ? stmt : new Stmt.For(loop, b));
            case Stmt.Seq(List<Stmt> statements) -> {
                List<Stmt> kept = new ArrayList<>();
                statements.forEach(s -> remove(s, stage).ifPresent(kept::add));
                yield kept.isEmpty() ? Optional.empty() : Optional.of(Stmt.seq(kept));
            }
            case Stmt other -> Optional.of(other);
        };
    }

    /** The tree with {@code nest} just before the top-level nest in which {@code stage} is first computed. */
    public static Stmt insertNestBefore(Stmt tree, String stage, Stmt nest) {
        List<Stmt> top = tree instanceof Stmt.Seq(List<Stmt> statements) ? statements : List.of(tree);
        List<Stmt> changed = new ArrayList<>();
        boolean placed = false;
        for (Stmt s : top) {
            if (!placed && !LoopNest.computes(s, stage).isEmpty()) {
                changed.add(nest);
                placed = true;
            }
            changed.add(s);
        }
        return Stmt.seq(changed);
    }

    /** Whether the stage has a value beyond its extents too: all its reads say what lies outside. */
    public static boolean isTotal(Stage stage) {
        boolean[] total = {stage.reduction().isEmpty()};
        mapReads(stage, read -> {
            total[0] &= read.outside().isPresent() || isOfOnePlace(read);
            return read;
        });
        return total[0];
    }

    /** A scalar, as the zero point beyond a quantised tensor: the same for all elements. */
    private static boolean isOfOnePlace(Expr.Read read) {
        return read.indices().stream().allMatch(Expr.IntConst.class::isInstance);
    }

    /** As {@link #isTotal(Stage)}, where what is read may be a stage that has a value beyond its extents itself. */
    public static boolean isTotal(TensorProgram program, Stage stage) {
        boolean[] total = {stage.reduction().isEmpty()};
        mapReads(stage, read -> {
            total[0] &= read.outside().isPresent()
                    || isOfOnePlace(read)
                    || program.stage(read.tensor())
                            .filter(s -> isTotal(program, s))
                            .isPresent();
            return read;
        });
        return total[0];
    }

    /** The tree with the part that computes nothing but {@code stage} replaced. */
    public static Stmt replaceNest(Stmt tree, String stage, Stmt replacement) {
        if (LoopNest.computes(tree, stage).isEmpty()) {
            return tree;
        }
        boolean alone =
                !tree.anyMatch(s -> s instanceof Stmt.Compute c && !c.stage().equals(stage));
        return alone ? replacement : tree.map(s -> replaceNest(s, stage, replacement), e -> e);
    }

    /** A name that neither a tensor of the program nor an input has: {@code base}, {@code base2}, ... */
    public static String freshTensor(TensorProgram program, String base) {
        String name = base;
        for (int i = 2; program.stage(name).isPresent() || program.input(name).isPresent(); i++) {
            name = base + i;
        }
        return name;
    }

    /** The element type of a tensor of the program. */
    public static DType type(TensorProgram program, String tensor) {
        return program.input(tensor)
                .map(TensorProgram.Declaration::type)
                .orElseGet(() -> program.stage(tensor).orElseThrow().type());
    }

    /** The extents of a tensor of the program. */
    public static List<Expr> shape(TensorProgram program, String tensor) {
        return program.input(tensor)
                .map(TensorProgram.Declaration::shape)
                .orElseGet(() -> program.stage(tensor).orElseThrow().shape());
    }

    /** Axes over {@code shape} that are named after a tensor's role in a copy: {@code a0, a1, ...}. */
    public static List<Axis> axes(List<Expr> shape) {
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < shape.size(); i++) {
            axes.add(new Axis("a" + i, shape.get(i)));
        }
        return axes;
    }
}
