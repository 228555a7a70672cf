package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.schedule.Border;
import dev.woodpecker.compiler.schedule.CacheRead;
import dev.woodpecker.compiler.schedule.Compact;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Outcome;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.target.Target;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Brings what a contraction reads into the form that its loops want: data with a border, weights in packed blocks. */
final class ContractionOperands {
    private ContractionOperands() {}

    /** The contraction with the border of its data, or a stride, realised. */
    static Contraction border(ScheduleBuilder builder, Contraction c, Target target) {
        String stage = c.stage().name();
        if (c.data().outside().isEmpty()) {
            return isStrided(c) ? compacted(builder, c, target) : c;
        }
        List<Long> modes = List.of((long) Border.Mode.HALO.ordinal(), (long) Border.Mode.PEEL.ordinal());
        long mode = builder.choose(stage + ".border", modes, Border.Mode.HALO.ordinal());
        if (mode != Border.Mode.HALO.ordinal()
                || !builder.attempt(new Border(c.data().tensor(), stage, Border.Mode.HALO))) {
            return c;
        }
        return withCopy(builder, stage, target);
    }

    private static boolean isStrided(Contraction c) {
        return c.data().indices().stream()
                .anyMatch(index -> index instanceof Expr.Binary(BinaryOp op, Expr _, Expr.IntConst(long stride, var _))
                        && op == BinaryOp.MUL
                        && stride > 1);
    }

    /** Data read with a stride are brought together: its rows then run over memory as one. */
    private static Contraction compacted(ScheduleBuilder builder, Contraction c, Target target) {
        String stage = c.stage().name();
        Step compact = new Compact(c.data().tensor(), stage);
        boolean fits = compact.apply(builder.nest(), Map.of()) instanceof Outcome.Applied;
        if (!fits || builder.choose(stage + ".compact", List.of(0L, 1L), 1) == 0) {
            return c;
        }
        builder.add(compact);
        return withCopy(builder, stage, target);
    }

    /** The contraction whose data are a copy now, which is scheduled, with its channels in blocks where that pays. */
    private static Contraction withCopy(ScheduleBuilder builder, String stage, Target target) {
        Contraction copied = Contraction.of(builder.stage(stage)).orElseThrow();
        String copy = copied.data().tensor();
        if (builder.nest().numerics().mayReassociate() && copied.isChannelsFirst()) {
            int lanes = target.lanes(4);
            copied.channel(builder.nest().program(), lanes)
                    .flatMap(a -> copied.channelOfData(builder.nest().program(), a))
                    .ifPresent(axis -> builder.add(new Layout(
                            copy,
                            LayoutMap.rowMajor(copied.data().indices().size()).blocked(axis, lanes))));
        }
        SpatialRule.schedule(builder, builder.stage(copy), target);
        return copied;
    }

    /**
     * The contraction with weights whose columns are next to each other and padded to whole tiles. Constant weights are
     * brought into that layout before the kernel runs, others by a copy.
     */
    static Contraction pack(ScheduleBuilder builder, Contraction c, int vectors, Target target) {
        String stage = c.stage().name();
        String weights = c.weights().tensor();
        LayoutMap layout = builder.buffer(weights).layout();
        if (builder.isConstant(weights) && builder.nest().numerics().mayReassociate() && layout.isRowMajor()) {
            builder.add(new Layout(weights, c.packed(builder.nest().program(), vectors, target)));
            return c;
        }
        LayoutMap.Dimension innermost = layout.dimensions().getLast();
        long tile = (long) target.lanes(4) * vectors;
        boolean contiguous = innermost.axis() == c.columnOfWeights() && innermost.divisor() == 1;
        boolean whole =
                Stages.extent(c.column()) % tile == 0 || innermost.modulus() % tile == 0 && innermost.modulus() > 0;
        if (contiguous && whole) {
            return c;
        }
        builder.add(new CacheRead(weights, stage, Optional.empty(), Scope.WORKSPACE));
        Contraction packed = Contraction.of(builder.stage(stage)).orElseThrow();
        String cache = packed.weights().tensor();
        builder.add(new Layout(cache, packed.packed(builder.nest().program(), vectors, target)));
        SpatialRule.schedule(builder, builder.stage(cache), target);
        return packed;
    }
}
