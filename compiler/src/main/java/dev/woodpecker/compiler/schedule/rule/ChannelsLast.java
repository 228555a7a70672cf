package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Transpose;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Operands of tensor cores whose channels lie apart in memory, as images and windows of ONNX have them: neighbours in memory are
 * pixels, which a window does not take in pieces of 16 bytes. Copies with the channels last are made before, where that takes
 * less time than bringing elements one by one.
 */
final class ChannelsLast {
    /** Of a thread, to find and move one element: its place in the window, four conditions, the address, two accesses. */
    private static final double INSTRUCTIONS_AN_ELEMENT = 24;

    /** Of the four warps that issue in a cycle two: the others wait for what they load. */
    private static final double LANES_A_CYCLE = 64;

    /** Fewer bytes of channels are no piece that an instruction copies well. */
    private static final long PIECE_BYTES = 16;

    private final ScheduleBuilder builder;
    private final Contraction contraction;
    private final Target target;
    private final TensorTile tile;
    private final Axis channel;

    private ChannelsLast(
            ScheduleBuilder builder, Contraction contraction, Target target, TensorTile tile, Axis channel) {
        this.builder = builder;
        this.contraction = contraction;
        this.target = target;
        this.tile = tile;
        this.channel = channel;
    }

    /** Adds the copies where they pay. */
    static void schedule(ScheduleBuilder builder, Contraction c, Target target) {
        Optional<TensorTile> tile = CudaTensorRule.tile(builder, c, target)
                .filter(t -> t.accumulatorType().isFloat() && t.memoryType().bytes() < Float.BYTES);
        Optional<Axis> channel = c.stage().reduction().orElseThrow().axes().stream()
                .filter(a -> c.data().indices().contains(a.variable())
                        && c.weights().indices().contains(a.variable()))
                .findFirst();
        if (tile.isPresent() && channel.isPresent()) {
            new ChannelsLast(builder, c, target, tile.get(), channel.get()).schedule();
        }
    }

    private void schedule() {
        List<Expr.Read> apart = Stream.of(contraction.data(), contraction.weights())
                .filter(this::isApart)
                .toList();
        boolean fits = apart.contains(contraction.data())
                && isInElements()
                && apart.stream().allMatch(read -> builder.buffer(read.tensor()).scope() == Scope.GLOBAL)
                && Stages.extent(channel) * tile.memoryType().bytes() % PIECE_BYTES == 0;
        String name = contraction.stage().name();
        if (!fits || builder.choose(name + ".channels.last", List.of(0L, 1L), pays(apart) ? 1 : 0) == 0) {
            return;
        }
        for (Expr.Read read : apart) {
            List<Stage> before = builder.nest().program().stages();
            builder.add(new Transpose(
                    read.tensor(),
                    name,
                    Transpose.toTheEnd(read.indices().size(), read.indices().indexOf(channel.variable()))));
            builder.nest().program().stages().stream()
                    .map(Stage::name)
                    .filter(s -> before.stream().noneMatch(b -> b.name().equals(s)))
                    .filter(s -> !s.equals(name))
                    .toList()
                    .forEach(copy -> CudaElementRule.schedule(builder, copy, target));
        }
    }

    /** Whether channels are not what lies side by side in memory. */
    private boolean isApart(Expr.Read read) {
        return MatrixOperand.innermost(builder, read.tensor())
                .map(axis -> !read.indices().get(axis).equals(channel.variable()))
                .orElse(false);
    }

    /** Whether the data's elements have to be brought one by one. */
    private boolean isInElements() {
        ScheduleBuilder trial = new ScheduleBuilder(builder.nest(), Set.of(), Chooser.preferred());
        ContractionSides sides = ContractionSides.of(trial, contraction);
        boolean isLeft = sides.left().equals(contraction.data());
        MatrixOperand operand = MatrixOperand.of(
                trial,
                contraction.stage().name(),
                contraction.data(),
                sides.batch(),
                isLeft ? sides.rows() : sides.columns(),
                sides.depth());
        return operand.width() == 1;
    }

    private boolean pays(List<Expr.Read> apart) {
        CudaTensorTiles tiles = CudaTensorRule.tiles(builder, contraction, tile, target);
        CudaTiles problem = tiles.problem();
        double staged = problem.blocks(tiles.best(1).rows(), tiles.best(1).columns())
                * tiles.best(1).columns()
                * problem.depthExtent();
        double elements = staged * INSTRUCTIONS_AN_ELEMENT / LANES_A_CYCLE / problem.units();
        double copies = 0;
        for (Expr.Read read : apart) {
            double bytes = DefaultSchedule.elements(Stages.shape(builder.nest().program(), read.tensor()))
                    * (double) read.type().bytes();
            copies += CudaTiles.LAUNCH + problem.movingCycles(2 * bytes);
        }
        return copies < elements;
    }
}
