package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Decompose;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The structure of a stage that sums products of two tensors, as convolutions and matrix products do: {@code weights} is
 * indexed by {@code column}, which {@code data} is not (or, in a grouped convolution, only by its group), and {@code data}
 * by {@code rows}, which {@code weights} is not.
 *
 * @param column the axis whose neighbours share data: lanes of a vector
 * @param rows the axes whose neighbours share weights, outermost first
 */
record Contraction(Stage stage, Expr.Read data, Expr.Read weights, Axis column, List<Axis> rows) {
    static Optional<Contraction> of(Stage stage) {
        if (stage.reduction().isEmpty() || stage.reduction().get().op() != ReduceOp.SUM) {
            return Optional.empty();
        }
        Expr body = Stages.withoutCasts(stage.reduction().get().body());
        if (!(body instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))
                || (op != BinaryOp.MUL && op != BinaryOp.DOT4)) {
            return Optional.empty();
        }
        if (!(Stages.withoutCasts(left) instanceof Expr.Read a)
                || !(Stages.withoutCasts(right) instanceof Expr.Read b)) {
            return Optional.empty();
        }
        if (a.type() == DType.F64) {
            return Optional.empty();
        }
        return orient(stage, a, b).or(() -> orient(stage, b, a));
    }

    private static Optional<Contraction> orient(Stage stage, Expr.Read data, Expr.Read weights) {
        Set<String> ofData = Decompose.variables(data.indices());
        Set<String> ofWeights = Decompose.variables(weights.indices());
        List<Axis> rows = stage.axes().stream()
                .filter(a -> ofData.contains(a.name()) && !ofWeights.contains(a.name()))
                .toList();
        Optional<Axis> column = stage.axes().reversed().stream()
                .filter(a -> weights.indices().contains(a.variable())
                        && weights.outside().isEmpty())
                .filter(a -> !ofData.contains(a.name()) || onlyByGroup(data, a))
                .findFirst();
        return column.map(c -> new Contraction(stage, data, weights, c, rows));
    }

    /** Whether the data depends on the axis only by {@code axis / group} with groups of 8 or more. */
    private static boolean onlyByGroup(Expr.Read data, Axis axis) {
        return data.indices().stream().allMatch(i -> onlyByGroup(i, axis));
    }

    private static boolean onlyByGroup(Expr e, Axis axis) {
        if (e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && op == BinaryOp.DIV
                && left.equals(axis.variable())) {
            OptionalLong group = IndexMath.constant(right);
            return group.isPresent() && group.getAsLong() % 8 == 0;
        }
        return !e.equals(axis.variable()) && e.operands().stream().allMatch(o -> onlyByGroup(o, axis));
    }

    /** The size of a group of columns that share data; the whole column where all do. */
    long groupSize() {
        long[] size = {Stages.extent(column)};
        data.indices()
                .forEach(i -> i.anyMatch(e -> {
                    if (e instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                            && op == BinaryOp.DIV
                            && left.equals(column.variable())) {
                        size[0] = IndexMath.constant(right).orElse(1);
                    }
                    return false;
                }));
        return size[0];
    }

    /** Of the data, all of it. */
    long dataBytes(ScheduleBuilder builder) {
        return bytes(builder, data);
    }

    /** Of the weights, all of them. */
    long weightsBytes(ScheduleBuilder builder) {
        return bytes(builder, weights);
    }

    private static long bytes(ScheduleBuilder builder, Expr.Read read) {
        return DefaultSchedule.elements(Stages.shape(builder.nest().program(), read.tensor()))
                * read.type().bytes();
    }

    /** The position of the column among the weights' indices. */
    int columnOfWeights() {
        return weights.indices().indexOf(column.variable());
    }

    /**
     * How many vectors of columns a register tile holds: three where they divide a group's evenly, else two. Measured on
     * Cascade Lake and Zen 4: with 32 registers 3 x 9 and 2 x 14 tiles reach 85-92 % of the FMA peak, 4 x 7 spills.
     */
    int vectors(Target target) {
        int lanes = target.lanes(4);
        long blocks = Math.ceilDiv(groupSize(), lanes);
        if (blocks % 3 == 0) {
            return 3;
        }
        boolean grouped = groupSize() != Stages.extent(column);
        return blocks % 2 == 0 || (blocks > 1 && !grouped) ? 2 : 1;
    }

    /** How many rows fill the registers beside that many vectors of columns: one is left for a weight, one for a datum. */
    static long rowsPerTile(Target target, int vectors) {
        return Math.max(1, (target.vectorRegisters() - vectors - 1) / vectors);
    }

    /** The reduction axis along which layouts block, because data and weights both run along it directly. */
    Optional<Axis> channel(TensorProgram program, int block) {
        return stage.reduction().orElseThrow().axes().stream()
                .filter(a -> weights.indices().contains(a.variable()))
                .filter(a -> Stages.extent(a) % block == 0)
                .filter(a -> channelOfData(program, a).isPresent())
                .findFirst();
    }

    /** The axis of the data along which {@code axis} runs with step one, if that is not its innermost. */
    Optional<Integer> channelOfData(TensorProgram program, Axis axis) {
        for (int i = 0; i + 1 < data.indices().size(); i++) {
            Expr index = data.indices().get(i);
            boolean direct = index.equals(axis.variable())
                    || index instanceof Expr.Binary(BinaryOp op, Expr _, Expr right)
                            && op == BinaryOp.ADD
                            && right.equals(axis.variable());
            if (direct
                    && Stages.extent(new Axis(
                                            "",
                                            Stages.shape(program, data.tensor()).get(i)))
                                    % Stages.extent(axis)
                            == 0) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** Whether the result's column is followed by other axes, as channels are by pixels: then blocking it pays. */
    boolean isChannelsFirst() {
        return stage.axes().indexOf(column) < stage.axes().size() - 1;
    }

    Map<String, LayoutMap> preferredLayouts(TensorProgram program, Target target) {
        int lanes = target.lanes(4);
        Map<String, LayoutMap> layouts = new HashMap<>();
        layouts.put(weights.tensor(), packed(program, vectors(target), target));
        if (isChannelsFirst()) {
            channel(program, lanes)
                    .flatMap(axis -> channelOfData(program, axis))
                    .ifPresent(axis -> layouts.put(
                            data.tensor(),
                            LayoutMap.rowMajor(data.indices().size()).blocked(axis, lanes)));
            if (program.outputs().contains(stage.name())) {
                blockedResult(target).ifPresent(layout -> layouts.put(stage.name(), layout));
            } else {
                layouts.putAll(blockedReader(program, lanes));
            }
        }
        return layouts;
    }

    /** The result with its columns in blocks, whole vectors of which tiles store. */
    Optional<LayoutMap> blockedResult(Target target) {
        int lanes = target.lanes(4);
        boolean fills = lanes > 1 && isChannelsFirst() && Stages.extent(column) % lanes == 0;
        return fills
                ? Optional.of(LayoutMap.rowMajor(stage.axes().size())
                        .blocked(stage.axes().indexOf(column), lanes))
                : Optional.empty();
    }

    /** The layout of an output that only moves the result, if vectors of its columns stay vectors. */
    private Map<String, LayoutMap> blockedReader(TensorProgram program, int lanes) {
        Map<String, LayoutMap> layouts = new HashMap<>();
        int position = stage.axes().indexOf(column);
        for (Stage reader : Stages.readers(program, stage.name())) {
            if (program.outputs().contains(reader.name()) && reader.reduction().isEmpty()) {
                Expr index =
                        Stages.reads(reader, stage.name()).getFirst().indices().get(position);
                reader.axes().stream()
                        .filter(axis -> Stages.extent(axis) % lanes == 0)
                        .filter(axis -> Strides.of(index, axis.variable()).equals(OptionalLong.of(1)))
                        .findFirst()
                        .ifPresent(axis -> layouts.put(
                                reader.name(),
                                LayoutMap.rowMajor(reader.axes().size())
                                        .blocked(reader.axes().indexOf(axis), lanes)));
            }
        }
        return layouts;
    }

    /** Weights in the order in which the loops of {@link ContractionRule} read them: column blocks outermost. */
    LayoutMap packed(TensorProgram program, int vectors, Target target) {
        int lanes = target.lanes(4);
        long block = (long) lanes * vectors;
        int columnAxis = columnOfWeights();
        List<LayoutMap.Dimension> dimensions = new ArrayList<>();
        dimensions.add(new LayoutMap.Dimension(columnAxis, block, 0));
        Optional<Integer> channel = isChannelsFirst()
                ? channel(program, lanes).map(a -> weights.indices().indexOf(a.variable()))
                : Optional.empty();
        for (int axis = 0; axis < weights.indices().size(); axis++) {
            if (axis != columnAxis) {
                boolean blocked = channel.isPresent() && channel.get() == axis;
                dimensions.add(new LayoutMap.Dimension(axis, blocked ? lanes : 1, 0));
            }
        }
        channel.ifPresent(axis -> dimensions.add(new LayoutMap.Dimension(axis, 1, lanes)));
        dimensions.add(new LayoutMap.Dimension(columnAxis, 1, block));
        return new LayoutMap(weights.indices().size(), dimensions);
    }
}
