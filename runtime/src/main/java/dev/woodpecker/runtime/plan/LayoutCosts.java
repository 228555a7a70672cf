package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.program.Cost;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What layouts cost, in nanoseconds of one core. From a table, not from the machine at hand: the same model has the same plan
 * each time.
 *
 * <p>Measured on a Cascade Lake, by {@code wpk explain} of FastestDet, MobileNetV2 and NanoDet; only proportions matter.
 */
final class LayoutCosts {
    /** Of copies from rows to blocks and back: 5.8 to 8.6 for maps of 50 to 1,800 kB. */
    private static final double COPIED_BYTES = 7;

    /** A kernel more: its call, and the memory that leaves the first cache. */
    private static final double KERNEL = 1000;

    /** Of a convolution whose data and weights lie as it wants them. */
    private static final double MULTIPLY_ADDS = 60;

    /**
     * Of one that reads row-major data instead. By itself it is a tenth slower; in FastestDet as a whole a copy before the 1x1
     * convolutions of 48 and of 96 channels takes as long as none.
     */
    private static final double MULTIPLY_ADDS_OF_ROWS = 34;

    /** A result of a pool or a depthwise convolution whose vectors are of channels. */
    private static final double WINDOW = 0.3;

    /** And of one whose vectors are of a row: 1.2 to 3.3. */
    private static final double WINDOW_OF_ROWS = 1.2;

    private static final long MOST_POINTS_OF_WINDOW = 128;

    private LayoutCosts() {}

    static double ofCopy(long bytes) {
        return KERNEL + bytes / COPIED_BYTES;
    }

    /**
     * What of a kernel depends on layouts.
     *
     * @param asWanted whether all data of a contraction lie as it wants them
     */
    static double ofContraction(TensorProgram program, boolean asWanted) {
        return Cost.of(program).multiplyAdds() / (asWanted ? MULTIPLY_ADDS : MULTIPLY_ADDS_OF_ROWS);
    }

    /**
     * The same of another kernel.
     *
     * @param chosen layouts that are not row-major, by tensor
     */
    static double ofOther(TensorProgram program, Map<String, LayoutMap> chosen) {
        double nanoseconds = 0;
        for (Stage stage : program.stages()) {
            if (isWindow(stage)) {
                boolean blocks = program.outputs().stream().allMatch(chosen::containsKey);
                nanoseconds +=
                        points(stage.axes().stream().map(axis -> axis.extent())) * (blocks ? WINDOW : WINDOW_OF_ROWS);
            }
        }
        return nanoseconds;
    }

    private static boolean isWindow(Stage stage) {
        double points = stage.reduction()
                .map(reduction -> points(reduction.axes().stream().map(axis -> axis.extent())))
                .orElse(1.0);
        return points > 1 && points <= MOST_POINTS_OF_WINDOW && stage.axes().size() == 4;
    }

    private static double points(Stream<Expr> extents) {
        return extents.mapToDouble(extent -> IndexMath.constant(extent).orElse(1))
                .reduce(1, (a, b) -> a * b);
    }
}
