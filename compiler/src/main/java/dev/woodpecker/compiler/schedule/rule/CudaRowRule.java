package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.CacheWrite;
import dev.woodpecker.compiler.schedule.CombineLanes;
import dev.woodpecker.compiler.schedule.ComputeAt;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.JoinReduction;
import dev.woodpecker.compiler.schedule.SplitReduction;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Vectorize;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reductions along memory, with what is computed before and after them for the same row, as a softmax or a layer
 * normalisation: a warp for each row, or a block where rows are long. Lanes read neighbours, keep partial results, and
 * combine them by shuffles, always in the same order.
 *
 * <pre>
 * for rows block.x:
 *   for lanes thread.x: for k / lanes: partial = partial + x[row, k]
 *   total = all partial
 *   for lanes thread.x: for k / lanes: y[row, k] = x[row, k] / total
 * </pre>
 */
final class CudaRowRule {
    private static final long WARP = 32;

    /** Elements of a row that a thread takes at least: a warp's rows are up to 256 long. */
    private static final long POINTS = 8;

    private static final long MOST_THREADS = 512;
    private static final long FEWEST_POINTS = 16;

    /** A row of an intermediate result is kept in shared memory up to this size. */
    private static final long ROW_BYTES = 16 << 10;

    private static final int WIDEST_BYTES = 16;

    private final ScheduleBuilder builder;
    private final Set<String> done;

    private CudaRowRule(ScheduleBuilder builder, Set<String> done) {
        this.builder = builder;
        this.done = done;
    }

    /** Schedules what it serves, the last stages first; the names of all stages that need no schedule of their own. */
    static Set<String> schedule(ScheduleBuilder builder) {
        CudaRowRule rule = new CudaRowRule(builder, new HashSet<>());
        if (!builder.nest().numerics().mayReassociate()) {
            return rule.done;
        }
        List<String> stages =
                builder.nest().program().stages().stream().map(Stage::name).toList();
        for (String stage : stages.reversed()) {
            if (!rule.done.contains(stage)) {
                rule.schedule(stage);
            }
        }
        return rule.done;
    }

    private TensorProgram program() {
        return builder.nest().program();
    }

    private void schedule(String name) {
        Stage stage = builder.stage(name);
        if (serves(stage)) {
            List<String> before = names();
            builder.add(new CacheWrite(name, Scope.REGISTER));
            String reduction = names().stream()
                    .filter(s -> !before.contains(s))
                    .findFirst()
                    .orElseThrow();
            rows(name, List.of(reduction), stage.axes().size());
            return;
        }
        if (stage.reduction().isPresent() || !builder.isAlone(name)) {
            return;
        }
        Optional<Integer> rank = rank(stage);
        if (rank.isPresent()) {
            List<String> members = members(stage, rank.get());
            if (members.stream().anyMatch(m -> builder.stage(m).reduction().isPresent())) {
                rows(name, members, rank.get());
            }
        }
    }

    private List<String> names() {
        return program().stages().stream().map(Stage::name).toList();
    }

    /** Whether lanes of a warp have points of the reduction to share. */
    private boolean serves(Stage stage) {
        if (stage.reduction().isEmpty()
                || stage.axes().isEmpty()
                || !builder.isAlone(stage.name())
                || CudaContractionRule.serves(builder, stage.name())) {
            return false;
        }
        List<Axis> axes = stage.reduction().get().axes();
        boolean constant = !axes.isEmpty()
                && axes.stream().allMatch(a -> Stages.extent(a) > 0)
                && stage.axes().stream().allMatch(a -> Stages.extent(a) > 0);
        return constant
                && extent(axes) >= FEWEST_POINTS
                && RowReductions.runsAlongMemory(builder, stage, axes.getLast())
                && isContiguous(stage, axes);
    }

    /** Neighbours along the last axis alone are too few where it is short and the one before is not contiguous with it. */
    private static boolean isContiguous(Stage stage, List<Axis> axes) {
        return axes.size() == 1
                || Stages.extent(axes.getLast()) >= FEWEST_POINTS
                || !stage.reduction()
                        .orElseThrow()
                        .body()
                        .anyMatch(e -> e instanceof Expr.Read r
                                && r.indices().stream()
                                        .anyMatch(i -> !(i instanceof Expr.Var) && !(i instanceof Expr.IntConst)));
    }

    private static long extent(List<Axis> axes) {
        return axes.stream().mapToLong(Stages::extent).reduce(1, Math::multiplyExact);
    }

    /** How many axes of the stage say which row is meant: all reductions that it reads are indexed by exactly these. */
    private Optional<Integer> rank(Stage stage) {
        Set<Integer> ranks = new HashSet<>();
        for (Stage producer : program().stages()) {
            if (producer.reduction().isEmpty() || !serves(producer)) {
                continue;
            }
            for (Expr.Read read : Stages.reads(stage, producer.name())) {
                ranks.add(lastOf(stage, read) + 1);
            }
        }
        boolean isRow = ranks.size() == 1
                && ranks.stream().allMatch(r -> r > 0 && r < stage.axes().size());
        return isRow ? ranks.stream().findFirst() : Optional.empty();
    }

    /** The last axis that occurs in a read's indices, which must be axes in order; -1 where they are not. */
    private static int lastOf(Stage stage, Expr.Read read) {
        int last = -1;
        for (Expr index : read.indices()) {
            if (IndexMath.isConstant(index, 0)) {
                continue;
            }
            int axis = -1;
            for (int i = 0; i < stage.axes().size(); i++) {
                axis = index.equals(stage.axes().get(i).variable()) ? i : axis;
            }
            if (axis <= last) {
                return -1;
            }
            last = axis;
        }
        return last;
    }

    /** Stages that only this one and each other read, for the same row: the first are computed first. */
    private List<String> members(Stage last, int rank) {
        List<String> members = new ArrayList<>();
        long rows = extent(last.axes().subList(0, rank));
        boolean grew = true;
        while (grew) {
            grew = false;
            for (Stage candidate : program().stages().reversed()) {
                String name = candidate.name();
                List<Stage> readers = Stages.readers(program(), name);
                boolean inside = !members.contains(name)
                        && !done.contains(name)
                        && !program().outputs().contains(name)
                        && !readers.isEmpty()
                        && builder.isAlone(name)
                        && readers.stream().allMatch(r -> r.name().equals(last.name()) || members.contains(r.name()));
                if (inside && isOfRow(candidate, rows)) {
                    members.addFirst(name);
                    grew = true;
                }
            }
        }
        return members;
    }

    private boolean isOfRow(Stage candidate, long rows) {
        if (candidate.reduction().isPresent()) {
            return serves(candidate) && extent(candidate.axes()) == rows;
        }
        long elements = candidate.axes().stream().allMatch(a -> Stages.extent(a) > 0) ? extent(candidate.axes()) : 0;
        return elements > 0
                && elements % rows == 0
                && elements / rows * candidate.type().bytes() <= ROW_BYTES
                && candidate.axes().size() > 1;
    }

    /** Schedules a stage over rows, its first {@code rank} axes, and the members inside its rows. */
    private void rows(String name, List<String> members, int rank) {
        long longest = members.stream()
                .map(builder::stage)
                .filter(s -> s.reduction().isPresent())
                .mapToLong(s -> extent(s.reduction().get().axes()))
                .max()
                .orElse(WARP);
        long threads = builder.choose(name + ".threads", List.of(32L, 64L, 128L, 256L, 512L), threads(longest));
        List<String> loops = builder.axisLoops(name);
        List<String> elements = loops.subList(rank, loops.size());
        String row = builder.fuse(loops.subList(0, rank));
        if (elements.isEmpty()) {
            // One thread stores what all have.
            var one = builder.split(row, 1, Tail.EXACT);
            builder.add(new Bind(one.inner(), Loop.Binding.THREAD_X));
            row = one.outer();
        } else {
            share(name, builder.fuse(elements), threads);
        }
        builder.add(new Bind(row, Loop.Binding.BLOCK_X));
        for (String member : members.reversed()) {
            place(member, row, threads);
        }
        done.add(name);
        done.addAll(members);
    }

    private static long threads(long points) {
        long threads = WARP;
        while (threads < MOST_THREADS && threads * POINTS < points) {
            threads *= 2;
        }
        return threads;
    }

    /** The elements of a row, several neighbours for a thread where they are aligned. */
    private void share(String stage, String loop, long threads) {
        long width =
                width(stage, IndexMath.constant(builder.loop(loop).extent()).orElse(1));
        var halves = builder.split(loop, threads * width, Tail.PAD);
        var lanes = builder.split(halves.inner(), width, Tail.EXACT);
        builder.add(new Bind(lanes.outer(), Loop.Binding.THREAD_X));
        builder.add(new Vectorize(lanes.inner()));
    }

    /** How many neighbours one access reaches: rows are multiples of them, and the stage lies row-major. */
    private long width(String stage, long extent) {
        LayoutMap layout = builder.buffer(stage).layout();
        long width = WIDEST_BYTES / builder.stage(stage).type().bytes();
        while (width > 1 && (extent % width != 0 || !layout.isRowMajor())) {
            width /= 2;
        }
        return width;
    }

    private void place(String member, String row, long threads) {
        Stage stage = builder.stage(member);
        if (stage.reduction().isEmpty()) {
            builder.add(new ComputeAt(member, row, Scope.SHARED));
            List<String> loops = builder.axisLoops(member);
            var halves = builder.split(builder.fuse(loops), threads, Tail.GUARD);
            builder.add(new Bind(halves.inner(), Loop.Binding.THREAD_X));
            return;
        }
        builder.attempt(new JoinReduction(member));
        String axis = builder.stage(member)
                .reduction()
                .orElseThrow()
                .axes()
                .getFirst()
                .name();
        List<String> before = names();
        builder.add(new SplitReduction(member, axis, Factor.of(threads), SplitReduction.Stretch.LANES));
        String partial =
                names().stream().filter(s -> !before.contains(s)).findFirst().orElseThrow();
        builder.add(new ComputeAt(member, row, Scope.REGISTER));
        builder.add(new ComputeAt(partial, row, Scope.SHARED));
        builder.add(new Bind(builder.axisLoops(partial).getLast(), Loop.Binding.THREAD_X));
        builder.attempt(new CombineLanes(builder.reductionLoops(member).getFirst()));
    }
}
