package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.schedule.Tail;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** How the loops over a contraction's rows are tiled. Its lists change while the rule goes on splitting. */
final class RowTiles {
    private final List<String> outer;
    private final List<String> tiles;
    private final List<String> unrolled;

    private RowTiles(List<String> outer, List<String> tiles, List<String> unrolled) {
        this.outer = outer;
        this.tiles = tiles;
        this.unrolled = unrolled;
    }

    /** Loops over rows that no tile holds. */
    List<String> outer() {
        return Collections.unmodifiableList(outer);
    }

    /** Loops from tile to tile. */
    List<String> tiles() {
        return Collections.unmodifiableList(tiles);
    }

    /** Loops over the rows of a tile. */
    List<String> unrolled() {
        return Collections.unmodifiableList(unrolled);
    }

    /** The outermost loop over rows that has more than one iteration and can be split. */
    Optional<String> blockable(ScheduleBuilder builder) {
        List<String> candidates = new ArrayList<>(outer);
        candidates.addAll(tiles);
        return candidates.stream()
                .filter(loop -> IndexMath.constant(builder.loop(loop).extent()).orElse(1) > 1)
                .findFirst()
                .filter(loop -> builder.loop(loop).peel().isEmpty());
    }

    void replace(String loop, String by) {
        Collections.replaceAll(outer, loop, by);
        Collections.replaceAll(tiles, loop, by);
    }

    /**
     * Tiles the innermost rows, at most {@code most} in all; a short innermost row takes several of the next into the tile.
     *
     * @param sharedBeside iterations that threads share whatever becomes of the rows
     */
    static RowTiles choose(
            ScheduleBuilder builder, Contraction contraction, List<String> rows, long most, long sharedBeside) {
        RowTiles result = new RowTiles(new ArrayList<>(rows), new ArrayList<>(), new ArrayList<>());
        if (rows.isEmpty()) {
            return result;
        }
        String name = contraction.stage().name();
        if (flattens(builder, contraction) && builder.choose(name + ".rows.flat", List.of(0L, 1L), 1) == 1) {
            int size = result.outer.size();
            String fused = builder.fuse(List.copyOf(result.outer.subList(size - 2, size)));
            result.outer.subList(size - 2, size).clear();
            result.outer.add(fused);
        }
        String innermost = result.outer.removeLast();
        long extent = extent(builder, innermost);
        List<Long> domain = Divisors.balanced(extent, most);
        boolean needed = result.outer.isEmpty() && sharedBeside < ScheduleBuilder.PARALLEL_ITERATIONS;
        long size = builder.choose(
                name + ".tile.rows", domain, needed ? preferredToShare(domain, extent) : domain.getLast());
        ScheduleBuilder.Halves tile = builder.split(innermost, size, Tail.PEEL);
        if (!result.outer.isEmpty()) {
            String next = result.outer.getLast();
            // Of no rows at all there is a tile of one.
            long fitting = Math.clamp(extent(builder, next), 1, Math.max(1, most / size));
            List<Long> seconds = new ArrayList<>();
            for (long rowsOfTile = 1; rowsOfTile <= fitting; rowsOfTile++) {
                seconds.add(rowsOfTile);
            }
            long second = builder.choose(name + ".tile.lines", seconds, fitting);
            if (second > 1) {
                ScheduleBuilder.Halves pair = builder.split(result.outer.removeLast(), second, Tail.PEEL);
                result.tiles.add(pair.outer());
                result.unrolled.add(pair.inner());
            }
        }
        result.tiles.add(tile.outer());
        result.unrolled.add(tile.inner());
        return result;
    }

    /**
     * Tiles that leave no rest can be shared out, and those with a rest cannot: the squeezing layers of SqueezeNet, of 55 x 55
     * and 27 x 27 pixels and few filters, ran on one thread for a twelfth of the model's time. Three fifths of the largest
     * tile still fill the pipelines.
     */
    private static long preferredToShare(List<Long> domain, long extent) {
        long largest = domain.getLast();
        return domain.reversed().stream()
                .filter(size -> extent % size == 0 && 5 * size >= 3 * largest)
                .findFirst()
                .orElse(largest);
    }

    private static long extent(ScheduleBuilder builder, String loop) {
        return IndexMath.constant(builder.loop(loop).extent()).orElse(1);
    }

    /** Whether the two innermost rows run over the data's last pixels as one: a 1x1 convolution of stride 1. */
    private static boolean flattens(ScheduleBuilder builder, Contraction contraction) {
        List<Axis> rows = contraction.rows();
        if (rows.size() < 2) {
            return false;
        }
        Axis high = rows.get(rows.size() - 2);
        Axis low = rows.getLast();
        int position = contraction.data().indices().indexOf(high.variable());
        List<Expr> indices = contraction.data().indices();
        if (position < 0
                || position + 1 >= indices.size()
                || !indices.get(position + 1).equals(low.variable())) {
            return false;
        }
        Buffer data = builder.buffer(contraction.data().tensor());
        int own = contraction.stage().axes().indexOf(high);
        return data.shape().get(position + 1).equals(low.extent())
                && contraction.stage().axes().indexOf(low) == own + 1
                && !contraction
                        .stage()
                        .reduction()
                        .orElseThrow()
                        .body()
                        .anyMatch(e -> e instanceof Expr.Read r && r.outside().isPresent());
    }
}
