package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.ComputeAt;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Layout;
import dev.woodpecker.compiler.schedule.Outcome;
import dev.woodpecker.compiler.schedule.Padding;
import dev.woodpecker.compiler.schedule.Pipeline;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** What the rules for GPUs have in common: tiles of operands in shared memory, copied by all threads of a block. */
final class SharedTiles {
    static final long LANES = 32;

    /** The first generation of GPUs whose copies to shared memory run ahead by themselves. */
    static final int ASYNCHRONOUS = 80;

    /** Rows in shared memory end with so many unused bytes: eight of them then lie in different banks. */
    private static final long PADDING_BYTES = 16;

    private SharedTiles() {}

    /** Copies what a block of so many warps reads of an operand in the loop to shared memory. */
    static void stage(ScheduleBuilder builder, MatrixOperand operand, TensorTile tile, String loop, long warps) {
        Layout padded = new Layout(operand.matrix(), operand.padded(padding(operand, tile)));
        copy(builder, operand, padded, loop, LANES, warps);
    }

    /** The same to rows that lie as {@code layout} says, by so many groups of {@code lanes} threads. */
    static void copy(
            ScheduleBuilder builder, MatrixOperand operand, Layout layout, String loop, long lanes, long groups) {
        builder.add(new ComputeAt(operand.matrix(), loop, Scope.SHARED));
        builder.add(layout);
        List<String> loops = new ArrayList<>(builder.axisLoops(operand.matrix()));
        if (operand.width() > 1) {
            var vector = builder.split(loops.removeLast(), operand.width(), Tail.EXACT);
            loops.add(vector.outer());
            builder.add(new Vectorize(vector.inner()));
        }
        var shared = builder.split(builder.fuse(loops), lanes * groups, Tail.GUARD);
        var byGroup = builder.split(shared.inner(), lanes, Tail.GUARD);
        builder.add(new Unroll(shared.outer()));
        builder.add(new Bind(byGroup.outer(), Loop.Binding.THREAD_Y));
        builder.add(new Bind(byGroup.inner(), Loop.Binding.THREAD_X));
    }

    /** Blocks of rows and of columns are blocks of the grid, of each product of a batch. */
    static void bindBlocks(ScheduleBuilder builder, List<String> batch, String rows, String columns) {
        if (!batch.isEmpty()) {
            builder.add(new Bind(builder.fuse(batch), Loop.Binding.BLOCK_Z));
        }
        builder.add(new Bind(rows, Loop.Binding.BLOCK_Y));
        builder.add(new Bind(columns, Loop.Binding.BLOCK_X));
    }

    /** How points of a reduction are split: a window's sum over one channel runs into pixels beside it, which are not zero. */
    static Tail depthTail(ScheduleBuilder builder, String loop) {
        boolean addsNothing = builder.nest()
                .find(loop)
                .filter(found -> Padding.addsNothing(builder.nest(), found))
                .isPresent();
        return addsNothing ? Tail.PAD : Tail.GUARD;
    }

    /** Unused elements of a row. */
    private static long padding(MatrixOperand operand, TensorTile tile) {
        DType type = tile.memoryType();
        // Lanes that bring elements one by one read four rows that must be eight banks apart.
        boolean byElement = tile.left().alongSide().isEmpty() && !operand.alongDepth();
        return PADDING_BYTES / type.bytes() * (byElement ? 2 : 1);
    }

    /** Of a part of so many points along the side and along the depth, in shared memory. */
    static long bytes(MatrixOperand operand, TensorTile tile, long side, long depth) {
        long rows = operand.alongDepth() ? side : depth;
        long row = (operand.alongDepth() ? depth : side) + padding(operand, tile);
        return rows * row * tile.memoryType().bytes();
    }

    /**
     * Of these numbers of stages those with which a loop can be pipelined, and 1, if a stage takes so many bytes of {@code
     * available} ones.
     */
    static List<Long> stages(ScheduleBuilder builder, String loop, LongStream numbers, long bytes, long available) {
        return numbers.filter(n -> n == 1
                        || n * bytes <= available
                                && new Pipeline(loop, Factor.of(n)).apply(builder.nest(), Map.of())
                                        instanceof Outcome.Applied)
                .boxed()
                .toList();
    }

    /** Lets the copies of a loop run ahead; one stage is none. */
    static void pipeline(ScheduleBuilder builder, String loop, long stages) {
        if (stages > 1) {
            builder.add(new Pipeline(loop, Factor.of(stages)));
        }
    }
}
