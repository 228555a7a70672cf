package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.program.Cost;
import java.util.Map;
import java.util.stream.Stream;

/** What layouts cost, in nanoseconds of one core, by the table of {@link LayoutRate}. */
final class LayoutCosts {
    /** A kernel more: its call, and the memory that leaves the first cache. */
    private static final double KERNEL = 1000;

    private static final long MOST_POINTS_OF_WINDOW = 128;

    private LayoutCosts() {}

    static double ofCopy(long bytes) {
        return KERNEL + LayoutRate.COPIED_BYTES.nanoseconds((double) bytes);
    }

    /**
     * What of a kernel depends on layouts.
     *
     * @param asWanted whether all data of a contraction lie as it wants them
     */
    static double ofContraction(TensorProgram program, boolean asWanted) {
        LayoutRate rate = asWanted ? LayoutRate.MULTIPLY_ADDS : LayoutRate.MULTIPLY_ADDS_OF_ROWS;
        return rate.nanoseconds((double) Cost.of(program).multiplyAdds());
    }

    /**
     * The same of another kernel.
     *
     * @param chosen layouts that are not row-major, by tensor
     */
    static double ofOther(TensorProgram program, Map<String, LayoutMap> chosen) {
        boolean blocks = program.outputs().stream().allMatch(chosen::containsKey);
        LayoutRate rate = blocks ? LayoutRate.WINDOWS : LayoutRate.WINDOWS_OF_ROWS;
        return rate.nanoseconds(resultsOfWindows(program));
    }

    /** How many elements pools and depthwise convolutions of the program compute. */
    static double resultsOfWindows(TensorProgram program) {
        return program.stages().stream()
                .filter(LayoutCosts::isWindow)
                .mapToDouble(stage -> points(stage.axes().stream().map(axis -> axis.extent())))
                .sum();
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
