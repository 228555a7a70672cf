package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Computes a stage inside a loop of its reader: in each iteration just the part that is read there, into memory of the
 * given scope. The stage's own loops start afresh over that part; steps on them come after this one. In {@code SHARED} scope
 * the part is what all threads of a block read together.
 *
 * <pre>
 * for i in 0..8:                    for i in 0..8:
 *   t[i] = x[i] * x[i]        ->      for t.i in 0..1:
 * for i in 0..8:                        t[i + t.i] = ...
 *   y[i] = t[i] + 1                   y[i] = t[i] + 1
 * </pre>
 */
public record ComputeAt(String stage, String loop, Scope scope) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> producer = nest.program().stage(stage);
        Optional<Stmt.For> target = nest.find(loop);
        if (producer.isEmpty()) {
            return reject("there is no stage '" + stage + "'");
        }
        if (target.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        if (nest.program().outputs().contains(stage)) {
            return reject("'" + stage + "' is an output; only an intermediate stage can move into a loop");
        }
        if (!LoopNest.computes(target.get(), stage).isEmpty()) {
            return reject("'" + loop + "' is a loop of '" + stage + "' itself");
        }
        for (Stage reader : Stages.readers(nest.program(), stage)) {
            if (LoopNest.computes(nest.tree(), reader.name()).size()
                    != LoopNest.computes(target.get(), reader.name()).size()) {
                return reject("'" + reader.name() + "' reads '" + stage + "' outside the loop '" + loop + "', too");
            }
        }
        if (scope != Scope.SHARED && scope != Scope.REGISTER) {
            return reject("a stage inside a loop lives in SHARED or REGISTER scope, not " + scope);
        }
        Optional<Region> region = region(nest, target.get());
        if (region.isEmpty()) {
            return reject("the part of '" + stage + "' that is read in '" + loop + "' has no constant size");
        }
        return Step.applied(move(nest, producer.get(), target.get(), region.get()));
    }

    /** What the statements inside {@code target} read of the stage. */
    private Optional<Region> region(LoopNest nest, Stmt.For target) {
        List<List<Expr>> accesses = new ArrayList<>();
        List<Stmt.Compute> computes = new ArrayList<>();
        nest.program().stages().forEach(s -> computes.addAll(LoopNest.computes(target, s.name())));
        for (Stmt.Compute c : computes) {
            if (c.part() == Stmt.Part.INIT || c.part() == Stmt.Part.RESCALE) {
                c.over()
                        .forEach(e -> e.anyMatch(n ->
                                n instanceof Expr.Read r && r.tensor().equals(stage) && !accesses.add(r.indices())));
                continue;
            }
            Stage reader = nest.stage(c.stage());
            Map<String, Expr> bound = LoopNest.bind(reader.axes(), c.at());
            if (!c.over().isEmpty()) {
                bound.putAll(LoopNest.bind(reader.reduction().orElseThrow().axes(), c.over()));
            }
            Stages.reads(reader, stage)
                    .forEach(read -> accesses.add(read.indices().stream()
                            .map(i -> LoopNest.substitute(i, bound))
                            .toList()));
        }
        if (accesses.isEmpty()) {
            return Optional.empty();
        }
        List<Loop> around = new ArrayList<>(LoopNest.path(nest.tree(), target).orElseThrow());
        around.add(target.loop());
        List<Loop> inside = Region.loops(target.body());
        around.addAll(inside);
        Set<String> inner = Region.inner(inside, around, scope);
        List<Expr> shape = Stages.shape(nest.program(), stage);
        Optional<Region> region = Region.covering(accesses, Region.inside(around), inner, shape);
        return Stages.isTotal(nest.program(), nest.stage(stage)) ? region : region.map(r -> r.within(shape));
    }

    private LoopNest move(LoopNest nest, Stage producer, Stmt.For target, Region region) {
        Set<String> taken = new HashSet<>(nest.loopNames());
        taken.addAll(producer.axes().stream().map(Axis::name).toList());
        List<Axis> local = new ArrayList<>();
        for (int i = 0; i < producer.axes().size(); i++) {
            local.add(new Axis(
                    producer.axes().get(i).variable(),
                    Expr.index(region.spans().get(i).extent())));
        }
        Stage part = new Stage(
                producer.name(), producer.type(), local, producer.reduction(), producer.element(), producer.origin());
        Stmt.Compute before = LoopNest.computes(nest.tree(), producer.name()).getFirst();
        Stmt fresh = keepPeels(LoopNest.nest(part, taken), nest, before);
        Stmt loops = fresh.rewrite(s -> s instanceof Stmt.Compute c ? offset(c, nest, producer, region) : s, e -> e);
        Stmt tree = Stages.removeNest(nest.tree(), producer.name());
        LoopNest without = nest.withTree(tree);
        Stmt.For kept = without.find(target.loop().name()).orElseThrow();
        LoopNest moved = without.replace(kept.loop().name(), new Stmt.For(kept.loop(), Stmt.seq(loops, kept.body())));
        Buffer buffer = nest.buffers().get(producer.name());
        return buffer == null ? moved : moved.withBuffer(buffer.withScope(scope));
    }

    /** A reduction loop whose last iteration is peeled off, because a split was ragged, stays so in the fresh loops. */
    private static Stmt keepPeels(Stmt fresh, LoopNest nest, Stmt.Compute before) {
        Stmt.Compute after = LoopNest.computes(fresh, before.stage()).getFirst();
        Map<String, String> renamed = new HashMap<>();
        rename(before.at(), after.at(), renamed);
        rename(before.over(), after.over(), renamed);
        Map<String, Loop.Peel> peels = new HashMap<>();
        for (Loop loop : LoopNest.path(nest.tree(), before).orElseThrow()) {
            if (renamed.containsKey(loop.name())
                    && loop.peel().isPresent()
                    && loop.peel().get() instanceof Loop.Peel.Tail(String inner, long remainder)
                    && renamed.containsKey(inner)
                    && sameExtent(nest, inner, fresh, renamed.get(inner))) {
                peels.put(renamed.get(loop.name()), new Loop.Peel.Tail(renamed.get(inner), remainder));
            }
        }
        return fresh.rewrite(
                s -> s instanceof Stmt.For(Loop loop, Stmt body) && peels.containsKey(loop.name())
                        ? new Stmt.For(loop.withPeel(Optional.of(peels.get(loop.name()))), body)
                        : s,
                e -> e);
    }

    private static void rename(List<Expr> before, List<Expr> after, Map<String, String> renamed) {
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i) instanceof Expr.Var old && after.get(i) instanceof Expr.Var now) {
                renamed.put(old.name(), now.name());
            }
        }
    }

    private static boolean sameExtent(LoopNest nest, String before, Stmt fresh, String after) {
        Optional<Expr> old = nest.find(before).map(f -> f.loop().extent());
        return old.isPresent()
                && old.equals(LoopNest.find(fresh, after).map(f -> f.loop().extent()));
    }

    private static Stmt offset(Stmt.Compute c, LoopNest nest, Stage producer, Region region) {
        List<Expr> at = new ArrayList<>();
        Expr guard = c.guard();
        boolean total = Stages.isTotal(nest.program(), producer);
        for (int i = 0; i < c.at().size(); i++) {
            Region.Span span = region.spans().get(i);
            Expr index = IndexMath.add(span.base(), c.at().get(i));
            at.add(index);
            boolean whole = IndexMath.isConstant(span.base(), 0)
                    && producer.axes().get(i).extent().equals(Expr.index(span.extent()));
            if (!total && !whole) {
                guard = IndexMath.and(
                        guard, IndexMath.within(index, producer.axes().get(i).extent()));
            }
        }
        return new Stmt.Compute(c.stage(), c.part(), at, c.over(), c.slot(), guard, c.keep());
    }
}
