package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.program.Cost;
import java.util.Optional;
import java.util.Set;

/**
 * What the choice of layouts counts with, of one core: a table, not the machine at hand, so that the same model has the same
 * plan each time. {@code wpk explain --layouts} measures each on the kernels of a model.
 *
 * <p>Measured on a Cascade Lake, on FastestDet, MobileNetV2 and NanoDet; only proportions matter.
 */
public enum LayoutRate {
    /** Of copies from rows to blocks and back: 5.8 to 8.6 for maps of 50 to 1,800 kB. */
    COPIED_BYTES(7, "bytes copied in a nanosecond"),

    /** Of a convolution whose data and weights lie as it wants them. */
    MULTIPLY_ADDS(60, "multiply-adds in a nanosecond, all data as wanted"),

    /**
     * Of one that reads row-major data instead. By itself it is a tenth slower; in FastestDet as a whole a copy before the 1x1
     * convolutions of 48 and of 96 channels takes as long as none.
     */
    MULTIPLY_ADDS_OF_ROWS(34, "multiply-adds in a nanosecond, of row-major data"),

    /** Of a pool or a depthwise convolution whose vectors are of channels: 0.3 ns each. */
    WINDOWS(1 / 0.3, "results of windows in a nanosecond, in blocks"),

    /** And of one whose vectors are of a row: 1.2 to 3.3 ns each. */
    WINDOWS_OF_ROWS(1 / 1.2, "results of windows in a nanosecond, row-major");

    private static final String COPY = "Copy";

    /** Its rows and columns; a convolution sums over channels, too. */
    private static final int AXES_OF_WINDOW = 2;

    private final double perNanosecond;
    private final String what;

    LayoutRate(double perNanosecond, String what) {
        this.perNanosecond = perNanosecond;
        this.what = what;
    }

    public double perNanosecond() {
        return perNanosecond;
    }

    /** What is counted, for people. */
    public String what() {
        return what;
    }

    double nanoseconds(double amount) {
        return amount / perNanosecond;
    }

    /** How much of a rate's work a kernel does. */
    public record Work(LayoutRate rate, double amount) {}

    /** What a kernel tells about a rate, from the layouts that it has in its model; empty if nothing. */
    public static Optional<Work> of(TunableKernel kernel) {
        TensorProgram program = kernel.first().program();
        if (kernel.operator().equals(COPY)) {
            // Both what is read and what is written; the rate is of either.
            return Optional.of(new Work(COPIED_BYTES, Cost.of(program).bytes() / 2.0));
        }
        boolean blocks = kernel.layouts().keySet().containsAll(program.outputs());
        Stage result = program.stage(program.outputs().getFirst()).orElseThrow();
        int reduced =
                result.reduction().map(reduction -> reduction.axes().size()).orElse(0);
        double windows = LayoutCosts.resultsOfWindows(program);
        if (windows > 0 && reduced == AXES_OF_WINDOW) {
            return Optional.of(new Work(blocks ? WINDOWS : WINDOWS_OF_ROWS, windows));
        }
        boolean isConvolution = result.axes().size() == 4 && Cost.of(program).multiplyAdds() > 0;
        if (!isConvolution || !blocks) {
            return Optional.empty();
        }
        Set<String> constants = kernel.first().constants();
        boolean asWanted = program.inputs().stream()
                .filter(input -> !constants.contains(input.name())
                        && input.shape().size() == result.axes().size())
                .allMatch(input -> kernel.layouts().containsKey(input.name()));
        return Optional.of(new Work(asWanted ? MULTIPLY_ADDS : MULTIPLY_ADDS_OF_ROWS, (double)
                Cost.of(program).multiplyAdds()));
    }
}
