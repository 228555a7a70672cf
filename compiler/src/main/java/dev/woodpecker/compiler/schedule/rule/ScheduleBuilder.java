package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Fuse;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Outcome;
import dev.woodpecker.compiler.schedule.Reorder;
import dev.woodpecker.compiler.schedule.Split;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Tail;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Collects steps while applying them, so that a rule can look at the nest that it has made so far, and asks where there is
 * a choice. Not thread-safe.
 */
final class ScheduleBuilder {
    /** Enough for workers to share out evenly. */
    static final long PARALLEL_ITERATIONS = 16;

    private final List<Step> steps = new ArrayList<>();
    private final List<Decision> decisions = new ArrayList<>();
    private final Set<String> constants;
    private final Chooser chooser;
    private LoopNest nest;

    /** A step that a rule needs does not fit what was chosen before. */
    static final class Misfit extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final String reason;

        Misfit(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }

        String reason() {
            return reason;
        }
    }

    /**
     * @param constants inputs whose layout is the schedule's to choose
     */
    ScheduleBuilder(LoopNest nest, Set<String> constants, Chooser chooser) {
        this.nest = nest;
        this.constants = constants;
        this.chooser = chooser;
    }

    /** What is chosen of {@code domain}; nobody is asked where there is only one way. */
    long choose(String name, List<Long> domain, long preferred) {
        if (domain.size() == 1) {
            return domain.getFirst();
        }
        ChoicePoint point = new ChoicePoint(name, domain, preferred);
        long value = chooser.choose(point);
        decisions.add(new Decision(point, value));
        return value;
    }

    /** The same where what is preferred may be none of {@code domain}: then it is the first. */
    long chooseOrFirst(String name, List<Long> domain, long preferred) {
        return choose(name, domain, domain.contains(preferred) ? preferred : domain.getFirst());
    }

    List<Decision> decisions() {
        return List.copyOf(decisions);
    }

    /** Whether the tensor is brought into the layout that the schedule says before the kernel runs. */
    boolean isConstant(String tensor) {
        return constants.contains(tensor);
    }

    LoopNest nest() {
        return nest;
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    Buffer buffer(String tensor) {
        return nest.buffer(tensor);
    }

    /** Applies a step that the rule knows to fit. */
    void add(Step step) {
        switch (step.apply(nest, Map.of())) {
            case Outcome.Applied(LoopNest next) -> {
                nest = next;
                steps.add(step);
            }
            case Outcome.Rejection r -> throw new Misfit(step + ": " + r.reason());
        }
    }

    /** Applies a step if it fits. */
    boolean attempt(Step step) {
        if (step.apply(nest, Map.of()) instanceof Outcome.Applied(LoopNest next)) {
            nest = next;
            steps.add(step);
            return true;
        }
        return false;
    }

    /** Splits a loop; the names of the outer and the inner one. */
    Halves split(String loop, long factor, Tail tail) {
        add(new Split(loop, Factor.of(factor), tail));
        return new Halves(loop + ".o", loop + ".i");
    }

    record Halves(String outer, String inner) {}

    /** Fuses loops, the first outermost, that are perfectly nested in this order; the name of the one that remains. */
    String fuse(List<String> loops) {
        String fused = loops.getFirst();
        for (String next : loops.subList(1, loops.size())) {
            Fuse step = new Fuse(fused, next);
            add(step);
            fused = step.fusedName();
        }
        return fused;
    }

    /** Puts the loops in this order, if they are not. */
    void order(List<String> loops) {
        if (!inOrder(loops)) {
            add(new Reorder(loops));
        }
    }

    /**
     * Puts the loops in this order as far as it can be: around other stages that are computed inside, loops stay where
     * they are.
     */
    void orderInside(String stage, List<String> loops) {
        if (inOrder(loops) || attempt(new Reorder(loops))) {
            return;
        }
        List<String> path = path(stage).stream().map(Loop::name).toList();
        for (int start = 1; start < path.size(); start++) {
            List<String> inner = path.subList(start, path.size());
            List<String> movable = loops.stream().filter(inner::contains).toList();
            if (movable.size() < 2 || inOrder(movable) || attempt(new Reorder(movable))) {
                return;
            }
        }
    }

    private boolean inOrder(List<String> loops) {
        List<String> current = nest.loopNames();
        for (int i = 1; i < loops.size(); i++) {
            if (current.indexOf(loops.get(i - 1)) > current.indexOf(loops.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** The loops around the place where a stage is computed, outermost first. */
    List<Loop> path(String stage) {
        Stmt.Compute leaf = LoopNest.computes(nest.tree(), stage).getFirst();
        return LoopNest.path(nest.tree(), leaf).orElseThrow();
    }

    Loop loop(String name) {
        return nest.find(name)
                .orElseThrow(() -> new IllegalStateException("no loop " + name))
                .loop();
    }

    /** The loop of each axis of a stage, in axis order, while none is split yet. */
    List<String> axisLoops(String stage) {
        return names(LoopNest.computes(nest.tree(), stage).getFirst().at());
    }

    /** The loop of each reduction axis of a stage, in axis order, while none is split yet. */
    List<String> reductionLoops(String stage) {
        return names(LoopNest.computes(nest.tree(), stage).getFirst().over());
    }

    /** A stage inside a loop computes {@code base + variable}: the variable is the last one. */
    private static List<String> names(List<Expr> indices) {
        List<String> names = new ArrayList<>();
        for (Expr index : indices) {
            Expr last = index instanceof Expr.Binary b ? b.right() : index;
            names.add(last instanceof Expr.Var v ? v.name() : "");
        }
        return names;
    }

    /** Shares out {@code outer} as one loop, with as many of {@code further} as it takes until there are enough iterations. */
    void shareOut(List<String> outer, List<String> further) {
        List<String> shared = new ArrayList<>(outer);
        long iterations = 1;
        for (String loop : outer) {
            iterations *= iterations(loop);
        }
        for (String loop : further) {
            if (iterations >= PARALLEL_ITERATIONS || loop(loop).peel().isPresent()) {
                break;
            }
            shared.add(loop);
            iterations *= iterations(loop);
        }
        add(new Bind(fuse(shared), Loop.Binding.PARALLEL));
    }

    /** Of a loop whose extent is not known, enough. */
    long iterations(String loop) {
        return IndexMath.constant(loop(loop).extent()).orElse(PARALLEL_ITERATIONS);
    }

    /** All loops of the lists, one after the other. */
    @SafeVarargs
    static List<String> joined(List<String>... loops) {
        List<String> all = new ArrayList<>();
        for (List<String> some : loops) {
            all.addAll(some);
        }
        return List.copyOf(all);
    }

    /** Whether the loops around the stage are all its own; stages that move into them come before it. */
    boolean isRoot(String stage) {
        List<Loop> path = path(stage);
        return path.isEmpty()
                || lastComputed(nest.find(path.getFirst().name()).orElseThrow()).equals(Optional.of(stage));
    }

    private static Optional<String> lastComputed(Stmt stmt) {
        return stmt instanceof Stmt.Compute c
                ? Optional.of(c.stage())
                : stmt.children().reversed().stream()
                        .flatMap(child -> lastComputed(child).stream())
                        .findFirst();
    }

    /** Whether nothing else is computed in the stage's loops, and these are all its own. */
    boolean isAlone(String stage) {
        List<Loop> path = path(stage);
        return isRoot(stage)
                && (path.isEmpty()
                        || computesIn(nest.find(path.getFirst().name()).orElseThrow()) == 1);
    }

    private static int computesIn(Stmt stmt) {
        int own = stmt instanceof Stmt.Compute ? 1 : 0;
        return own
                + stmt.children().stream().mapToInt(ScheduleBuilder::computesIn).sum();
    }

    Stage stage(String name) {
        return nest.stage(name);
    }
}
