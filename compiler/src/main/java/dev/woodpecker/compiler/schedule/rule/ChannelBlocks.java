package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.schedule.Stages;
import dev.woodpecker.compiler.schedule.Tail;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a contraction runs through its reduction.
 *
 * @param blocks the loop from block to block of channels, around all tiles of a block of rows; none if the reduction of a
 *     tile runs in one go
 * @param inner the reduction loops inside a tile, outermost first
 */
record ChannelBlocks(List<String> blocks, List<String> inner) {
    ChannelBlocks {
        blocks = List.copyOf(blocks);
        inner = List.copyOf(inner);
    }

    /** Weights of a tile's columns that stay in the first cache while the tiles of a block of rows pass. */
    private static final long WEIGHTS_OF_BLOCK_BYTES = 20 << 10;

    /** Less than this is near enough as it is: the weights of a tile's columns, and all weights. */
    private static final long WEIGHTS_OF_TILE_BYTES = 48 << 10;

    private static final long WEIGHTS_BYTES = 1 << 20;

    /**
     * @param vectors of columns in a tile
     */
    static ChannelBlocks choose(
            ScheduleBuilder builder, Contraction contraction, List<String> reductions, int vectors, int lanes) {
        List<String> inner = new ArrayList<>(reductions);
        if (!builder.nest().numerics().mayReassociate()) {
            return new ChannelBlocks(List.of(), inner);
        }
        Optional<Axis> channel = contraction.channel(builder.nest().program(), lanes);
        if (channel.isEmpty()) {
            return new ChannelBlocks(List.of(), inner);
        }
        String name = contraction.stage().name();
        List<Axis> axes = contraction.stage().reduction().orElseThrow().axes();
        int index = axes.indexOf(channel.get());
        String loop = inner.get(index);
        boolean blockedData = contraction
                .channelOfData(builder.nest().program(), channel.get())
                .filter(axis -> layout(builder, contraction).blockOf(axis) == lanes)
                .isPresent();
        long extent = Stages.extent(channel.get());
        List<String> blocks = new ArrayList<>();
        List<Long> sizes =
                Divisors.of(extent / lanes).stream().map(d -> d * lanes).toList();
        long block = builder.choose(
                name + ".block.channels",
                sizes,
                preferred(sizes, contraction.weightsBytes(builder), contraction, (long) vectors * lanes));
        if (block < extent) {
            ScheduleBuilder.Halves halves = builder.split(loop, block, Tail.EXACT);
            blocks.add(halves.outer());
            loop = halves.inner();
            inner.set(index, loop);
        }
        if (blockedData && block > lanes) {
            ScheduleBuilder.Halves halves = builder.split(loop, lanes, Tail.EXACT);
            inner.set(index, halves.outer());
            inner.add(halves.inner());
        } else if (blockedData) {
            inner.remove(index);
            inner.add(loop);
        }
        return new ChannelBlocks(blocks, inner);
    }

    private static LayoutMap layout(ScheduleBuilder builder, Contraction contraction) {
        return builder.buffer(contraction.data().tensor()).layout();
    }

    private static long preferred(List<Long> sizes, long weightsBytes, Contraction contraction, long columns) {
        long whole = sizes.getLast();
        long ofTile = weightsBytes / Math.ceilDiv(Stages.extent(contraction.column()), columns);
        if (ofTile < WEIGHTS_OF_TILE_BYTES || weightsBytes < WEIGHTS_BYTES) {
            return whole;
        }
        return sizes.reversed().stream()
                .filter(size -> ofTile / whole * size <= WEIGHTS_OF_BLOCK_BYTES)
                .findFirst()
                .orElse(sizes.getFirst());
    }
}
