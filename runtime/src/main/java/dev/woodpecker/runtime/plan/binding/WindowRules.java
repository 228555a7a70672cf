package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.graph.Attribute;
import java.util.Arrays;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/**
 * Rules for operators that slide a window: strides, dilations and pads with a value for each spatial axis, and
 * {@code auto_pad} (ONNX, Conv, ConvTranspose and the pools) turned into {@code pads}.
 */
final class WindowRules {
    private WindowRules() {}

    /** Conv: the window is that of the weights. */
    static NodeCall convolution(NodeCall call, Values values) {
        return padded(call, windowOfWeights(call), false);
    }

    /** The pools: the window is an attribute. */
    static NodeCall pool(NodeCall call, Values values) {
        long[] window = call.integers("kernelShape")
                .orElseThrow(() -> Unbindable.attribute(call, "kernel_shape", "kernel_shape is missing", ""));
        return padded(call, window, true);
    }

    private static NodeCall padded(NodeCall call, long[] window, boolean pool) {
        int[] x = call.first().shape();
        NodeCall filled = withSteps(call, window.length);
        long[] strides = filled.integers("strides").orElseThrow();
        long[] dilations = filled.integers("dilations").orElseThrow();
        requireSpatial(call, window.length, x.length - 2);
        String mode = autoPad(call);
        if (mode.equals("NOTSET")) {
            return withPads(filled, window.length);
        }
        boolean ceil = pool && call.integer("ceilMode", 0) != 0 && mode.equals("VALID");
        NodeCall result = pool && !ceil ? filled.with("ceilMode", 0) : filled;
        return result.with("pads", pads(mode, window.length, d -> {
            long reach = (window[d] - 1) * dilations[d] + 1;
            long outputs = Math.ceilDiv((long) x[2 + d], strides[d]);
            return Math.max(0, (outputs - 1) * strides[d] + reach - x[2 + d]);
        }));
    }

    /** ConvTranspose: {@code output_shape} and {@code auto_pad} say what the result's extents are to be. */
    static NodeCall transposedConvolution(NodeCall call, Values values) {
        long[] window = windowOfWeights(call);
        int[] x = call.first().shape();
        requireSpatial(call, window.length, x.length - 2);
        NodeCall filled = withSteps(call, window.length);
        if (filled.integers("outputPadding").isEmpty()) {
            filled = filled.with("outputPadding", new long[window.length]);
        }
        long[] strides = filled.integers("strides").orElseThrow();
        long[] dilations = filled.integers("dilations").orElseThrow();
        long[] outputPadding = filled.integers("outputPadding").orElseThrow();
        String mode = autoPad(call);
        boolean shaped = call.node().attribute("output_shape").isPresent();
        if (!shaped && !mode.startsWith("SAME")) {
            return withPads(filled, window.length);
        }
        long[] wanted = shaped ? spatialOf(call.node().integers("output_shape"), window.length) : new long[0];
        long[] totals = new long[window.length];
        for (int d = 0; d < window.length; d++) {
            long reach = (window[d] - 1) * dilations[d] + 1;
            long natural = strides[d] * (x[2 + d] - 1) + outputPadding[d] + reach;
            long extent = shaped ? wanted[d] : x[2 + d] * strides[d];
            totals[d] = Math.max(0, natural - extent);
            // A result that is larger than what the windows reach has zeros, and the bias, at its end.
            outputPadding[d] += Math.max(0, extent - natural);
        }
        String uneven = mode.equals("SAME_UPPER") ? mode : "SAME_LOWER";
        return filled.with("outputPadding", outputPadding).with("pads", pads(uneven, window.length, d -> totals[d]));
    }

    /** output_shape may name all axes or the spatial ones. */
    private static long[] spatialOf(long[] extents, int spatial) {
        return Arrays.copyOfRange(extents, extents.length - spatial, extents.length);
    }

    /** The begins and then the ends; an odd total has one more at the end (UPPER) or at the begin (LOWER). */
    private static long[] pads(String mode, int spatial, IntToLongFunction total) {
        long[] pads = new long[2 * spatial];
        if (mode.equals("VALID")) {
            return pads;
        }
        for (int d = 0; d < spatial; d++) {
            long all = total.applyAsLong(d);
            long less = Math.floorDiv(all, 2L);
            pads[d] = mode.equals("SAME_UPPER") ? less : all - less;
            pads[spatial + d] = all - pads[d];
        }
        return pads;
    }

    private static String autoPad(NodeCall call) {
        String mode =
                call.node().attribute("auto_pad").orElse(Attribute.of("NOTSET")) instanceof Attribute.Text(String text)
                        ? text
                        : "NOTSET";
        return switch (mode) {
            case "", "NOTSET" -> "NOTSET";
            case "VALID", "SAME_UPPER", "SAME_LOWER" -> mode;
            default ->
                throw Unbindable.attribute(
                        call, "auto_pad", "auto_pad = " + mode, "NOTSET, VALID, SAME_UPPER, SAME_LOWER");
        };
    }

    private static long[] windowOfWeights(NodeCall call) {
        int[] w = call.tensor("w")
                .orElseThrow(() -> Unbindable.attribute(call, "", "its weights are missing", ""))
                .shape();
        return IntStream.range(2, w.length).mapToLong(i -> w[i]).toArray();
    }

    private static NodeCall withSteps(NodeCall call, int spatial) {
        NodeCall filled = call;
        for (String steps : new String[] {"strides", "dilations"}) {
            long[] ones = new long[spatial];
            Arrays.fill(ones, 1);
            long[] given = call.integers(steps).filter(list -> list.length > 0).orElse(ones);
            if (given.length != spatial || Arrays.stream(given).anyMatch(step -> step < 1)) {
                throw Unbindable.attribute(
                        call, steps, steps + " = " + Arrays.toString(given), spatial + " values of 1 or more");
            }
            filled = filled.with(steps, given);
        }
        return filled;
    }

    private static NodeCall withPads(NodeCall call, int spatial) {
        long[] pads = call.integers("pads").filter(list -> list.length > 0).orElse(new long[2 * spatial]);
        if (pads.length != 2 * spatial) {
            throw Unbindable.attribute(call, "pads", "pads = " + Arrays.toString(pads), 2 * spatial + " values");
        }
        return call.with("pads", pads);
    }

    private static void requireSpatial(NodeCall call, int window, int spatial) {
        if (window != spatial) {
            throw Unbindable.attribute(
                    call, "", "a window of " + window + " axes on an input with " + spatial + " spatial axes", "");
        }
    }
}
