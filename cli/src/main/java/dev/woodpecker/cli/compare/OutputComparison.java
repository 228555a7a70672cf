package dev.woodpecker.cli.compare;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.onnx.NamedOperators;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether an output is what another runtime computes in single precision, as far as the numerics allow.
 *
 * @param explanation what is wrong, if anything is
 */
public record OutputComparison(String output, Optional<Difference> difference, Optional<String> explanation) {
    /** Rounding of numbers about 1, as a peer's logistic function has where its result is nearly 0. */
    private static final double ROUNDING = 0x1p-22;

    private static final Set<Operator> QUANTIZING =
            Set.of(Operator.onnx("QuantizeLinear"), Operator.onnx("DynamicQuantizeLinear"));

    /**
     * One for each of {@code outputs}, those of this model.
     *
     * @param numerics in which they were computed; a model that rounds to bytes between its layers has those of bytes
     */
    public static List<OutputComparison> of(
            Path onnxFile, Numerics numerics, Map<String, NdArray> outputs, Map<String, NdArray> expected) {
        boolean quantized = NamedOperators.in(onnxFile).stream().anyMatch(QUANTIZING::contains);
        return of(quantized ? Numerics.INT8 : numerics, outputs, expected);
    }

    static List<OutputComparison> of(Numerics numerics, Map<String, NdArray> outputs, Map<String, NdArray> expected) {
        double tolerance = numerics.wholeModelTolerance();
        return outputs.entrySet().stream()
                .map(output -> Optional.ofNullable(expected.get(output.getKey()))
                        .map(wanted -> of(output.getKey(), output.getValue(), wanted, tolerance))
                        .orElseGet(() -> new OutputComparison(
                                output.getKey(), Optional.empty(), Optional.of("ONNX Runtime has no such output"))))
                .toList();
    }

    private static OutputComparison of(String name, NdArray output, NdArray wanted, double tolerance) {
        Difference difference = Difference.between(output, wanted, Difference.Tolerance.ONNX);
        boolean same = output.type().isFloat() && difference.elements() > 0
                ? difference.normwiseRelative() <= tolerance || difference.maximumAbsolute() <= ROUNDING
                : difference.isAccepted();
        return new OutputComparison(
                name,
                Optional.of(difference),
                same ? Optional.empty() : Optional.of(explanation(difference, tolerance)));
    }

    private static String explanation(Difference difference, double tolerance) {
        return difference.elements() == 0 || Double.isInfinite(difference.maximumAbsolute())
                ? difference.explanation()
                : String.format(Locale.ROOT, "%s; allowed is norm-wise %.2g", difference.explanation(), tolerance);
    }

    public boolean isRight() {
        return explanation.isEmpty();
    }

    /** What is wrong with any of them, in one line; empty if nothing is. */
    public static Optional<String> wrong(List<OutputComparison> comparisons) {
        String text = comparisons.stream()
                .filter(comparison -> !comparison.isRight())
                .map(OutputComparison::toString)
                .collect(Collectors.joining("; "));
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    @Override
    public String toString() {
        String figures = difference
                .map(found -> String.format(
                        Locale.ROOT,
                        "maximum absolute difference %.3g, norm-wise relative %.3g  ",
                        found.maximumAbsolute(),
                        found.normwiseRelative()))
                .orElse("");
        return "output " + output + ": " + figures
                + explanation.map(text -> "WRONG: " + text).orElse("ok");
    }
}
