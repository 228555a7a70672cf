package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.SplitReduction;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.target.Target;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reductions along memory, such as a softmax's sum over a row: four vectors of partial results, each lane taking every
 * 64th element (16 lanes), so that independent chains hide the latency of an add. These are combined by fours.
 *
 * <pre>
 * greatest = max[k < 128] x[k]     ->     p[l < 64] = max[k < 2] x[k * 64 + l];    q[l < 16] = max[k < 4] p[k * 16 + l]
 *                                         r[l < 4] = max[k < 4] q[k * 4 + l];      greatest = max[k < 4] r[k]
 * </pre>
 */
final class RowReductions {
    private static final long CHAINS = 4;

    /** One of the partial results after the other, and a row of 128 waits more for them than for its elements. */
    private static final long COMBINED = 4;

    private RowReductions() {}

    static void split(ScheduleBuilder builder, Stage stage, Target target) {
        if (stage.reduction().isEmpty()
                || !builder.nest().numerics().mayReassociate()
                || Contraction.of(stage).isPresent()) {
            return;
        }
        Axis innermost = stage.reduction().get().axes().isEmpty()
                ? new Axis("", Expr.index(1))
                : stage.reduction().get().axes().getLast();
        int lanes = target.lanes(Math.max(4, stage.reduction().get().type().bytes()));
        long extent = Stages.extent(innermost);
        if (lanes < 2 || extent < 2L * lanes || !runsAlongMemory(builder, stage, innermost)) {
            return;
        }
        List<Long> domain = Stream.of(0L, 1L, 2L, 4L, 8L)
                .filter(chains -> chains <= 1 || extent >= 2 * chains * lanes)
                .toList();
        long chains = builder.choose(stage.name() + ".chains", domain, domain.contains(CHAINS) ? CHAINS : 1);
        if (chains == 0) {
            return;
        }
        String axis = innermost.name();
        for (long parts = chains * lanes; parts > 1; parts /= COMBINED) {
            boolean split = builder.attempt(
                    new SplitReduction(stage.name(), axis, Factor.of(parts), SplitReduction.Stretch.INTERLEAVED));
            if (!split) {
                return;
            }
            axis += SplitReduction.PART;
        }
    }

    /** Whether each read moves by one element with the axis, or not at all. */
    static boolean runsAlongMemory(ScheduleBuilder builder, Stage stage, Axis axis) {
        boolean[] along = {false, true};
        stage.reduction().orElseThrow().body().anyMatch(e -> {
            if (e instanceof Expr.Read read && mentions(read, axis)) {
                boolean stepsByOne = innermostIndex(builder, read)
                        .filter(i -> i.equals(axis.variable())
                                || i instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                                        && op == BinaryOp.ADD
                                        && (right.equals(axis.variable())
                                                || left.equals(axis.variable()) && right instanceof Expr.IntConst))
                        .isPresent();
                along[0] |= stepsByOne;
                along[1] &= stepsByOne && read.outside().isEmpty();
            }
            return false;
        });
        return along[0] && along[1];
    }

    private static boolean mentions(Expr.Read read, Axis axis) {
        return Decompose.variables(read.indices()).contains(axis.name());
    }

    private static Optional<Expr> innermostIndex(ScheduleBuilder builder, Expr.Read read) {
        List<LayoutMap.Dimension> dimensions =
                builder.buffer(read.tensor()).layout().dimensions();
        if (dimensions.isEmpty()) {
            return Optional.empty();
        }
        LayoutMap.Dimension last = dimensions.getLast();
        return last.divisor() == 1 && last.modulus() == 0
                ? Optional.of(read.indices().get(last.axis()))
                : Optional.empty();
    }
}
