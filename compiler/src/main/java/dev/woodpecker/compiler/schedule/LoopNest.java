package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What schedules rewrite: the stages, where each tensor lives, and the tree of loops in which stages are computed. Every
 * loop has its own name. The tree's top level is a sequence of nests, one after another.
 */
public record LoopNest(TensorProgram program, Numerics numerics, Map<String, Buffer> buffers, Stmt tree) {
    public LoopNest {
        buffers = Collections.unmodifiableMap(new LinkedHashMap<>(buffers));
    }

    /**
     * The loops as the program reads: a nest for each stage in order, its axes then its reduction's. Loops have the names
     * of their axes; where several stages have one, the last keeps it and the others put their stage's before it.
     */
    public static LoopNest of(TensorProgram program, Numerics numerics) {
        Map<String, Buffer> buffers = new LinkedHashMap<>();
        program.inputs()
                .forEach(i -> buffers.put(i.name(), Buffer.rowMajor(i.name(), i.type(), i.shape(), Scope.GLOBAL)));
        for (Stage s : program.stages()) {
            Scope scope = program.outputs().contains(s.name()) ? Scope.GLOBAL : Scope.WORKSPACE;
            buffers.put(s.name(), Buffer.rowMajor(s.name(), s.type(), s.shape(), scope));
        }
        Set<String> taken = new HashSet<>();
        List<Stmt> nests = new ArrayList<>();
        for (Stage s : program.stages().reversed()) {
            nests.addFirst(nest(s, taken));
        }
        return new LoopNest(program, numerics, buffers, Stmt.seq(nests));
    }

    /** The loops of one stage, named so that they clash with none of {@code taken}, which they join. */
    static Stmt nest(Stage stage, Set<String> taken) {
        List<Loop> loops = new ArrayList<>();
        List<Expr> at = fresh(stage, stage.axes(), Loop.Carrier.SPATIAL, taken, loops);
        List<Axis> reduced = stage.reduction().map(Stage.Reduction::axes).orElse(List.of());
        List<Expr> over = fresh(stage, reduced, Loop.Carrier.REDUCTION, taken, loops);
        Stmt leaf = new Stmt.Compute(stage.name(), Stmt.Part.WHOLE, at, over, Expr.TRUE, Expr.TRUE);
        return wrap(loops, leaf);
    }

    private static List<Expr> fresh(
            Stage stage, List<Axis> axes, Loop.Carrier carrier, Set<String> taken, List<Loop> loops) {
        List<Expr> variables = new ArrayList<>();
        for (Axis axis : axes) {
            Axis named = new Axis(freshName(axis.name(), stage.name(), taken), axis.extent());
            variables.add(named.variable());
            loops.add(Loop.serial(named, carrier, stage.origin()));
        }
        return variables;
    }

    private static String freshName(String name, String stage, Set<String> taken) {
        String candidate = name;
        for (int i = 1; isTaken(candidate, taken); i++) {
            candidate = i == 1 ? stage + "." + name : stage + "." + name + i;
        }
        taken.add(candidate);
        return candidate;
    }

    /** Whether there is such a loop, or one that was split off it or fused with it: it would be split and fused again. */
    private static boolean isTaken(String candidate, Set<String> taken) {
        return taken.contains(candidate)
                || taken.stream()
                        .anyMatch(name -> name.startsWith(candidate + ".o")
                                || name.startsWith(candidate + ".i")
                                || name.startsWith(candidate + "_"));
    }

    /** {@code body} inside {@code loops}, the first outermost. */
    public static Stmt wrap(List<Loop> loops, Stmt body) {
        Stmt wrapped = body;
        for (Loop loop : loops.reversed()) {
            wrapped = new Stmt.For(loop, wrapped);
        }
        return wrapped;
    }

    public LoopNest withTree(Stmt newTree) {
        return new LoopNest(program, numerics, buffers, newTree);
    }

    public LoopNest withProgram(TensorProgram newProgram) {
        return new LoopNest(newProgram, numerics, buffers, tree);
    }

    public LoopNest withBuffer(Buffer buffer) {
        Map<String, Buffer> changed = new LinkedHashMap<>(buffers);
        changed.put(buffer.name(), buffer);
        return new LoopNest(program, numerics, changed, tree);
    }

    /** Where a tensor of the program lives; it must be one. */
    public Buffer buffer(String tensor) {
        Buffer buffer = buffers.get(tensor);
        if (buffer == null) {
            throw new IllegalStateException("no tensor " + tensor + " in " + program.name());
        }
        return buffer;
    }

    LoopNest withoutBuffer(String name) {
        Map<String, Buffer> changed = new LinkedHashMap<>(buffers);
        changed.remove(name);
        return new LoopNest(program, numerics, changed, tree);
    }

    /** The names of all loops, outermost first, in the order of the tree. */
    public List<String> loopNames() {
        List<String> names = new ArrayList<>();
        collect(tree, names);
        return names;
    }

    private static void collect(Stmt stmt, List<String> names) {
        if (stmt instanceof Stmt.For(Loop loop, Stmt _)) {
            names.add(loop.name());
        }
        stmt.children().forEach(child -> collect(child, names));
    }

    /** The loop of this name with its body. */
    public Optional<Stmt.For> find(String loopName) {
        return find(tree, loopName);
    }

    static Optional<Stmt.For> find(Stmt stmt, String loopName) {
        if (stmt instanceof Stmt.For f && f.loop().name().equals(loopName)) {
            return Optional.of(f);
        }
        for (Stmt child : stmt.children()) {
            Optional<Stmt.For> found = find(child, loopName);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** The tree with the loop of this name replaced; the loop must be there. */
    LoopNest replace(String loopName, Stmt replacement) {
        return withTree(replace(tree, loopName, replacement));
    }

    private static Stmt replace(Stmt stmt, String loopName, Stmt replacement) {
        if (stmt instanceof Stmt.For f && f.loop().name().equals(loopName)) {
            return replacement;
        }
        return stmt.map(child -> replace(child, loopName, replacement), e -> e);
    }

    /** The loops around the statement of which {@code leaf} is the identity, outermost first. */
    public static Optional<List<Loop>> path(Stmt tree, Stmt leaf) {
        if (tree == leaf) {
            return Optional.of(new ArrayList<>());
        }
        for (Stmt child : tree.children()) {
            Optional<List<Loop>> below = path(child, leaf);
            if (below.isPresent()) {
                if (tree instanceof Stmt.For(Loop loop, Stmt _)) {
                    below.get().addFirst(loop);
                }
                return below;
            }
        }
        return Optional.empty();
    }

    /** The places where a stage is computed, in the order of the tree. */
    public static List<Stmt.Compute> computes(Stmt tree, String stage) {
        List<Stmt.Compute> found = new ArrayList<>();
        collectComputes(tree, stage, found);
        return found;
    }

    private static void collectComputes(Stmt stmt, String stage, List<Stmt.Compute> found) {
        if (stmt instanceof Stmt.Compute c && c.stage().equals(stage)) {
            found.add(c);
        }
        stmt.children().forEach(child -> collectComputes(child, stage, found));
    }

    /** {@code stmt} with variables replaced by expressions wherever they occur. */
    public static Stmt substituteVariables(Stmt stmt, Map<String, Expr> values) {
        return stmt.rewrite(s -> s, e -> substitute(e, values));
    }

    /** {@code expr} with variables replaced by expressions. */
    public static Expr substitute(Expr expr, Map<String, Expr> values) {
        return expr.rewrite(e -> e instanceof Expr.Var v ? values.getOrDefault(v.name(), v) : e);
    }

    /** The program's stage of this name; it must be there. */
    public Stage stage(String name) {
        return program.stage(name).orElseThrow(() -> new IllegalStateException("no stage " + name));
    }

    /** The stage's element at {@code at}, with reads as in the program. */
    static Expr elementAt(Stage stage, List<Expr> at) {
        return substitute(stage.element(), bind(stage.axes(), at));
    }

    public static Map<String, Expr> bind(List<Axis> axes, List<Expr> values) {
        Map<String, Expr> bound = new HashMap<>();
        for (int i = 0; i < axes.size(); i++) {
            bound.put(axes.get(i).name(), values.get(i));
        }
        return bound;
    }
}
