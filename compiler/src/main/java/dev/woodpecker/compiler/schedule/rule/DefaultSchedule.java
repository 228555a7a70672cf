package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.ComputeAt;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Inline;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Outcome;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * The analytic schedule that every kernel has before any tuning. Rules look at the structure of each stage, never at the
 * operator's name, so that a user's kernel is served like the library's.
 */
public final class DefaultSchedule {
    private DefaultSchedule() {}

    /**
     * The schedule of a program whose inputs and outputs lie as {@code layouts} says; row-major where it says nothing.
     */
    public static Trace of(TensorProgram program, Target target, Numerics numerics, Map<String, LayoutMap> layouts) {
        return of(new ScheduleSpace(program, target, numerics, layouts, Set.of()));
    }

    /** The preferred schedule of a space. */
    public static Trace of(ScheduleSpace space) {
        return switch (space.point(Chooser.preferred())) {
            case SpacePoint.Scheduled(List<Decision> _, Trace trace) -> trace;
            case SpacePoint.Rejected(List<Decision> _, String reason) ->
                throw new IllegalStateException(
                        "the default schedule of " + space.program().name() + " does not fit: " + reason);
        };
    }

    static SpacePoint point(ScheduleSpace space, Chooser chooser) {
        LoopNest nest = LoopNest.of(space.program(), space.numerics());
        ScheduleBuilder builder = new ScheduleBuilder(nest, space.constants(), chooser);
        try {
            apply(builder, space);
        } catch (ScheduleBuilder.Misfit misfit) {
            return new SpacePoint.Rejected(builder.decisions(), misfit.reason());
        }
        Map<String, Long> decisions = new HashMap<>();
        builder.decisions().forEach(d -> decisions.put(d.point().name(), d.value()));
        return new SpacePoint.Scheduled(builder.decisions(), new Trace("default", builder.steps(), decisions));
    }

    private static void apply(ScheduleBuilder builder, ScheduleSpace space) {
        Target target = space.target();
        layOut(builder, space);
        if (target.isCuda()) {
            CudaRules.schedule(builder, target);
        } else {
            Set<String> before = Set.copyOf(stages(builder));
            Set<String> scheduled = TransformRule.schedule(builder, target);
            if (!scheduled.isEmpty()) {
                before.stream()
                        .filter(stage -> !scheduled.contains(stage))
                        .sorted()
                        .forEach(stage -> schedule(builder, stage, target));
                return;
            }
            stages(builder).forEach(stage -> followBlocks(builder, builder.stage(stage), target));
            stages(builder).forEach(stage -> RowReductions.split(builder, builder.stage(stage), target));
            gatherRows(builder, target);
            stages(builder).forEach(stage -> schedule(builder, stage, target));
        }
    }

    /**
     * The preferred schedule of a program, if that runs as fast as its operations suggest: a minimal filtering algorithm
     * does if it has the layouts that the rule for these wants.
     */
    public static Optional<Trace> serving(ScheduleSpace space) {
        if (space.target().isCuda()) {
            return Optional.empty();
        }
        ScheduleBuilder builder = new ScheduleBuilder(
                LoopNest.of(space.program(), space.numerics()), space.constants(), Chooser.preferred());
        layOut(builder, space);
        boolean transforms = TransformedContraction.of(builder.nest().program()).isPresent();
        return (!transforms || TransformRule.serves(builder, space.target()))
                        && space.point(Chooser.preferred())
                                instanceof SpacePoint.Scheduled(List<Decision> _, Trace trace)
                ? Optional.of(trace)
                : Optional.empty();
    }

    private static void layOut(ScheduleBuilder builder, ScheduleSpace space) {
        new TreeMap<>(space.layouts()).forEach((tensor, layout) -> {
            if (!layout.isRowMajor()) {
                builder.add(new Layout(tensor, layout));
            }
        });
        inlineCheap(builder);
    }

    /** The layouts that the program would run best with; nothing said of a tensor means that any will do. */
    public static Map<String, LayoutMap> preferredLayouts(TensorProgram program, Target target, Numerics numerics) {
        if (target.isCuda() || !numerics.mayReassociate()) {
            return Map.of();
        }
        ScheduleBuilder builder = new ScheduleBuilder(LoopNest.of(program, numerics), Set.of(), Chooser.preferred());
        inlineCheap(builder);
        Map<String, LayoutMap> transformed = TransformRule.preferredLayouts(builder, target);
        if (!transformed.isEmpty()) {
            return transformed;
        }
        return stages(builder).stream()
                .map(builder::stage)
                .flatMap(stage -> Contraction.of(stage).stream())
                .filter(c -> !RowVectorRule.serves(c, target) && ContractionRule.serves(c, target))
                .findFirst()
                .map(contraction -> contraction.preferredLayouts(builder.nest().program(), target))
                .orElse(Map.of());
    }

    private static List<String> stages(ScheduleBuilder builder) {
        return builder.nest().program().stages().stream().map(Stage::name).toList();
    }

    private static void schedule(ScheduleBuilder builder, String name, Target target) {
        Stage stage = builder.stage(name);
        if (!RowVectorRule.schedule(builder, stage, target) && !ContractionRule.schedule(builder, stage, target)) {
            SpatialRule.schedule(builder, stage, target);
        }
    }

    /** Intermediate stages without reduction that only move or shift elements cost nothing to compute again. */
    private static void inlineCheap(ScheduleBuilder builder) {
        for (String name : stages(builder)) {
            Stage stage = builder.stage(name);
            if (stage.reduction().isPresent()
                    || builder.nest().program().outputs().contains(name)) {
                continue;
            }
            long reads = builder.nest().program().stages().stream()
                    .mapToLong(s -> Stages.reads(s, name).size())
                    .sum();
            boolean readersReduce = Stages.readers(builder.nest().program(), name).stream()
                    .anyMatch(s -> s.reduction().isPresent());
            if (movesOnly(stage.element()) || (reads == 1 && !readersReduce)) {
                builder.attempt(new Inline(name));
            }
        }
    }

    static boolean movesOnly(Expr element) {
        return !element.anyMatch(e -> e instanceof Expr.Call
                || e instanceof Expr.Binary b && (b.type().isFloat() || b.anyMatch(Expr.Read.class::isInstance))
                || e instanceof Expr.Read r
                        && r.indices().stream().anyMatch(i -> i.anyMatch(n -> n instanceof Expr.Read)));
    }

    /**
     * Lays an intermediate stage out in the blocks of a tensor that it reads, so that what a vector of channels sums stays a
     * vector, the mean of each channel, say; and a contraction's result in blocks of its columns.
     */
    private static void followBlocks(ScheduleBuilder builder, Stage stage, Target target) {
        TensorProgram program = builder.nest().program();
        boolean free = !program.outputs().contains(stage.name())
                && builder.buffer(stage.name()).layout().isRowMajor();
        if (!free) {
            return;
        }
        Optional<Contraction> contraction = Contraction.of(stage);
        if (contraction.isPresent()) {
            contraction.get().blockedResult(target).ifPresent(layout -> builder.add(new Layout(stage.name(), layout)));
            return;
        }
        for (Axis axis : stage.axes()) {
            OptionalLong block = Stages.reads(stage).stream()
                    .mapToLong(read -> blockAlong(builder, read, axis))
                    .max();
            if (block.orElse(1) > 1 && Stages.extent(axis) % block.getAsLong() == 0) {
                LayoutMap rowMajor = LayoutMap.rowMajor(stage.axes().size());
                builder.add(
                        new Layout(stage.name(), rowMajor.blocked(stage.axes().indexOf(axis), block.getAsLong())));
                return;
            }
        }
    }

    /** How long the blocks are in which the read tensor lies along {@code axis}; 1 if it does not. */
    private static long blockAlong(ScheduleBuilder builder, Expr.Read read, Axis axis) {
        int position = read.indices().indexOf(axis.variable());
        return position < 0 ? 1 : builder.buffer(read.tensor()).layout().blockOf(position);
    }

    /**
     * Moves intermediate stages into the loops of the stage that needs them, as far inside as nothing is computed twice: a
     * row of softmax is then read, summed and written while it is in the cache.
     */
    private static void gatherRows(ScheduleBuilder builder, Target target) {
        TensorProgram program = builder.nest().program();
        for (Stage stage : program.stages()) {
            if (isBlocked(builder, stage)
                    && !WordProducts.serves(stage, target)
                    && !isTiled(stage, target)
                    && builder.isAlone(stage.name())
                    && readsStages(program, stage)) {
                SpatialRule.followMemory(builder, stage, target);
            }
        }
        for (Stage stage : program.stages().reversed()) {
            List<Stage> readers = Stages.readers(program, stage.name());
            // A product has tiles of its own; what it reads in them is not computed row by row inside.
            boolean isTiled = isTiled(stage, target)
                    || isBlocked(builder, stage) && Contraction.of(stage).isPresent();
            boolean isApart = readers.stream()
                    .anyMatch(reader -> WordProducts.serves(reader, target)
                            || WordProducts.isWindow(reader)
                            || isTiled(reader, target));
            if (program.outputs().contains(stage.name()) || readers.isEmpty() || isTiled || isApart) {
                continue;
            }
            Stage last = readers.getLast();
            List<Loop> loops = builder.path(last.name()).stream()
                    .filter(l -> l.carrier() == Loop.Carrier.SPATIAL)
                    .toList();
            // What is summed over the lanes of a block would be computed lane by lane.
            List<String> places = loops.reversed().stream()
                    .skip(isBlocked(builder, last) ? 1 : 0)
                    .map(Loop::name)
                    .filter(loop -> computesOnce(builder, stage, loop))
                    .toList();
            if (!places.isEmpty()) {
                gather(builder, stage.name(), places);
            }
        }
    }

    /** Whether a stage is a product of matrices in tiles of several rows. */
    private static boolean isTiled(Stage stage, Target target) {
        return Contraction.of(stage)
                .filter(c -> stage.reduction().orElseThrow().axes().size() == 1)
                .filter(c -> !RowVectorRule.serves(c, target) && ContractionRule.serves(c, target))
                .isPresent();
    }

    private static boolean isBlocked(ScheduleBuilder builder, Stage stage) {
        return !builder.buffer(stage.name()).layout().isRowMajor();
    }

    private static boolean readsStages(TensorProgram program, Stage stage) {
        return program.stages().stream()
                .anyMatch(s -> !Stages.reads(stage, s.name()).isEmpty());
    }

    /** Computes the stage inside one of these loops, the innermost first, or apart. */
    private static void gather(ScheduleBuilder builder, String stage, List<String> places) {
        List<Long> domain = LongStream.rangeClosed(0, places.size()).boxed().toList();
        long place = builder.choose(stage + ".place", domain, 0);
        for (String loop : places.subList(Math.toIntExact(place), places.size())) {
            if (builder.attempt(new ComputeAt(stage, loop, Scope.SHARED))) {
                return;
            }
        }
    }

    /** Whether the parts of the stage that the iterations of the loop need are together no more than the stage. */
    private static boolean computesOnce(ScheduleBuilder builder, Stage stage, String loop) {
        if (!(new ComputeAt(stage.name(), loop, Scope.SHARED).apply(builder.nest(), Map.of())
                instanceof Outcome.Applied(LoopNest moved))) {
            return false;
        }
        long whole = elements(stage.shape());
        Stmt.Compute leaf = LoopNest.computes(moved.tree(), stage.name()).getFirst();
        long computed = 1;
        for (Loop l : LoopNest.path(moved.tree(), leaf).orElseThrow()) {
            OptionalLong extent = IndexMath.constant(l.extent());
            boolean reduces = l.carrier() == Loop.Carrier.REDUCTION;
            computed *= reduces ? 1 : extent.orElse(Long.MAX_VALUE >> 32);
        }
        return computed <= whole;
    }

    static long elements(List<Expr> shape) {
        long product = 1;
        for (Expr extent : shape) {
            OptionalLong constant = IndexMath.constant(extent);
            if (constant.isEmpty()) {
                return -1;
            }
            product *= constant.getAsLong();
        }
        return product;
    }
}
