package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Stages;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How weights should lie that a vector of the result runs through with a stride, as those of a depthwise convolution: their
 * lanes next to each other, or each vector of them is gathered.
 *
 * <pre>
 * y[k, i, j] as 0/16,1,2,0%16 = sum x[k, i + r, j + s] * w[k, r, s]     ->     w as 0/16,1,2,0%16
 * </pre>
 */
public final class LaneLayout {
    private LaneLayout() {}

    /**
     * @param tensor an input that is known before the kernel runs
     * @param result the layout of the program's results
     * @return the layout of {@code tensor}; empty if lanes lie well in row-major order already
     */
    public static Optional<LayoutMap> of(TensorProgram program, String tensor, LayoutMap result) {
        if (result.dimensions().isEmpty()) {
            return Optional.empty();
        }
        LayoutMap.Dimension lanes = result.dimensions().getLast();
        List<Expr> shape = Stages.shape(program, tensor);
        Optional<LayoutMap> found = Optional.empty();
        for (Stage stage : program.stages()) {
            for (Expr.Read read : Stages.reads(stage, tensor)) {
                Optional<LayoutMap> wanted = lanes.axis() < stage.axes().size() && lanes.modulus() > 1
                        ? blocked(read, shape, stage.axes().get(lanes.axis()).variable(), lanes.modulus())
                        : Optional.empty();
                if (wanted.isEmpty() || found.isPresent() && !found.equals(wanted)) {
                    return Optional.empty();
                }
                found = wanted;
            }
        }
        return found;
    }

    private static Optional<LayoutMap> blocked(Expr.Read read, List<Expr> shape, Expr.Var lane, long block) {
        int axis = read.indices().indexOf(lane);
        boolean alone = read.outside().isEmpty()
                && read.indices().stream().filter(i -> i.anyMatch(lane::equals)).count() == 1;
        if (axis < 0 || !alone) {
            return Optional.empty();
        }
        OptionalLong extent = IndexMath.constant(shape.get(axis));
        long inner = 1;
        for (Expr next : shape.subList(axis + 1, shape.size())) {
            inner *= IndexMath.constant(next).orElse(0);
        }
        boolean fits = extent.isPresent() && extent.getAsLong() % block == 0 && inner > 1;
        return fits ? Optional.of(LayoutMap.rowMajor(shape.size()).blocked(axis, block)) : Optional.empty();
    }
}
