package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.benchmarks.gpu.ModelArchive.Elements;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.NdArray;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether a model's outputs are those of single precision, as far as its numerics allow.
 *
 * @param text for people
 */
record ModelVerdict(boolean isRight, String text) {
    /** @param expected none where none were carried */
    static ModelVerdict of(Numerics numerics, List<Elements> expected, Map<String, NdArray> outputs) {
        if (expected.isEmpty()) {
            return new ModelVerdict(true, "results were not checked");
        }
        double farthest = 0;
        for (Elements wanted : expected) {
            NdArray output = outputs.get(wanted.value());
            if (output == null || output.elements() != wanted.count()) {
                return new ModelVerdict(
                        false, "WRONG: no output " + wanted.value() + " of " + wanted.count() + " elements");
            }
            double distance = Difference.between(output, wanted.array(output.shape()), Difference.Tolerance.ONNX)
                    .normwiseRelative();
            farthest = Double.isNaN(distance) ? Double.POSITIVE_INFINITY : Math.max(farthest, distance);
        }
        double allowed = numerics.wholeModelTolerance();
        boolean isRight = farthest <= allowed;
        return new ModelVerdict(
                isRight,
                isRight
                        ? String.format(Locale.ROOT, "results are right, %.1e off single precision", farthest)
                        : String.format(
                                Locale.ROOT,
                                "WRONG: results are %.1e off single precision, %.1e are allowed",
                                farthest,
                                allowed));
    }
}
