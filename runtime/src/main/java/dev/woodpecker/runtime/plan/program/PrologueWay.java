package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Where a program's result is computed best, by what computing it again costs and what storing it costs. */
enum PrologueWay {
    /** In a kernel of its own. */
    APART,
    /** At each place where it is read. */
    WHERE_READ,
    /** Row by row, in the loop over rows of the kernel that reads it: each element once, and it stays in the first cache. */
    BY_ROW;

    /** Of the reads of each element on average; a mean, a variance and the normalised value are 3. */
    private static final double MOST_READS = 4;

    /** A row is read again while it is in the first or second cache. */
    private static final long MOST_ROW_BYTES = 128 << 10;

    /** The lanes of the widest vector: along a row of another length reductions are scalar, and with them what they read. */
    private static final long LANES = 16;

    /**
     * @param read the consumer's inputs that are the producer's result
     */
    static PrologueWay of(TensorProgram producer, TensorProgram consumer, Set<String> read) {
        List<Reads.At> reads = read.stream()
                .flatMap(tensor -> Reads.of(consumer, tensor).stream())
                .toList();
        if (!isElementwise(producer) || Joining.of(consumer).isPresent() || reads.isEmpty() || !areInside(reads)) {
            return APART;
        }
        double times = timesRead(producer.stages().getFirst(), reads);
        if (times > MOST_READS) {
            return APART;
        }
        if (Cut.of(producer).isPresent()) {
            return WHERE_READ;
        }
        boolean reduces =
                consumer.stages().stream().anyMatch(stage -> stage.reduction().isPresent());
        if (!reduces) {
            return times <= 1 && readsOneTensor(producer) && walksInOrder(producer) ? WHERE_READ : APART;
        }
        if (!readsInOrder(producer)) {
            return APART;
        }
        if (times <= 1) {
            return readsVectors(reads) ? WHERE_READ : APART;
        }
        return readsRows(reads) ? BY_ROW : APART;
    }

    /** Whether each index of what the producer reads follows one axis, by whatever steps, and these in their order. */
    private static boolean walksInOrder(TensorProgram producer) {
        Stage stage = producer.stages().getFirst();
        for (Expr.Read read : Reads.of(stage)) {
            int next = 0;
            for (Expr index : read.indices()) {
                List<Axis> along = stage.axes().stream()
                        .filter(axis -> index.anyMatch(axis.variable()::equals))
                        .toList();
                int at = along.isEmpty() ? next : stage.axes().indexOf(along.getFirst());
                if (along.size() > 1 || at < next || dependsOnData(read)) {
                    return false;
                }
                next = along.isEmpty() ? next : at + 1;
            }
        }
        return true;
    }

    /** Whether it is neither a reduction nor what {@code ShareMemory} makes a part or a whole of other values, for nothing. */
    private static boolean isElementwise(TensorProgram producer) {
        return producer.outputs().size() == 1
                && producer.stages().size() == 1
                && producer.stages().getFirst().reduction().isEmpty()
                && Joining.of(producer).isEmpty()
                && !Cut.of(producer)
                        .filter(cut -> cut.isOnePieceOf(producer.inputs().getFirst()))
                        .isPresent();
    }

    /** Whether no read is where the result ends, nor at a place that depends on data: such a place is checked. */
    private static boolean areInside(List<Reads.At> reads) {
        return reads.stream().allMatch(at -> at.read().outside().isEmpty() && !dependsOnData(at.read()));
    }

    private static boolean dependsOnData(Expr.Read read) {
        return read.indices().stream().anyMatch(index -> index.anyMatch(Expr.Read.class::isInstance));
    }

    private static double timesRead(Stage result, List<Reads.At> reads) {
        double count = 0;
        for (Reads.At at : reads) {
            boolean inReduction = at.stage()
                    .reduction()
                    .filter(reduction -> reduction.body().anyMatch(e -> e.equals(at.read())))
                    .isPresent();
            count += (double) Cost.points(at.stage().axes())
                    * (inReduction
                            ? Cost.points(at.stage().reduction().orElseThrow().axes())
                            : 1);
        }
        return count / Math.max(1, Cost.points(result.axes()));
    }

    /** Whether the producer reads its inputs along its own axes, so that the consumer goes through memory as before. */
    private static boolean readsInOrder(TensorProgram producer) {
        Stage stage = producer.stages().getFirst();
        return Reads.of(stage).stream()
                .allMatch(read -> read.outside().isEmpty() && isInOrder(read.indices(), stage.axes()));
    }

    /** Each index a constant or an axis, shifted perhaps, and the axes in their order. */
    private static boolean isInOrder(List<Expr> indices, List<Axis> axes) {
        int next = 0;
        for (Expr written : indices) {
            Expr index = Simplifier.simplify(written, Bounds.none());
            if (IndexMath.constant(index).isPresent()) {
                continue;
            }
            while (next < axes.size() && Cut.shift(index, axes.get(next)).isEmpty()) {
                next++;
            }
            if (next++ == axes.size()) {
                return false;
            }
        }
        return true;
    }

    /** Of the result's size: in the consumer's order, whatever it is, it reads no more than it did. */
    private static boolean readsOneTensor(TensorProgram producer) {
        long elements = Cost.points(producer.stages().getFirst().axes());
        return producer.inputs().stream()
                        .filter(input -> Cost.elements(input.shape()) >= elements)
                        .count()
                <= 1;
    }

    /** Whether reductions that read along rows have vectors to do so. */
    private static boolean readsVectors(List<Reads.At> reads) {
        return reads.stream()
                .filter(at -> at.stage().reduction().isPresent())
                .flatMap(at -> at.stage().reduction().orElseThrow().axes().stream()
                        .filter(axis -> at.read().indices().getLast().equals(axis.variable())))
                .allMatch(axis -> IndexMath.constant(axis.extent()).orElse(1) % LANES == 0);
    }

    /** Whether whole rows are read, short ones, each in its own place. */
    private static boolean readsRows(List<Reads.At> reads) {
        long rowBytes = 0;
        for (Reads.At at : reads) {
            List<Axis> axes = new ArrayList<>(at.stage().axes());
            at.stage().reduction().ifPresent(reduction -> axes.addAll(reduction.axes()));
            boolean own = at.read().indices().stream()
                            .allMatch(index -> index.equals(Expr.index(0))
                                    || axes.stream()
                                            .anyMatch(axis -> axis.variable().equals(index)))
                    && isInOrder(at.read().indices(), axes);
            if (!own) {
                return false;
            }
            if (at.stage().reduction().isPresent()) {
                List<Axis> reduced = at.stage().reduction().get().axes();
                boolean last = reduced.stream()
                        .anyMatch(axis ->
                                axis.variable().equals(at.read().indices().getLast()));
                if (!last) {
                    return false;
                }
                rowBytes = Math.max(
                        rowBytes, Cost.points(reduced) * at.read().type().bytes());
            }
        }
        return rowBytes > 0 && rowBytes <= MOST_ROW_BYTES;
    }
}
