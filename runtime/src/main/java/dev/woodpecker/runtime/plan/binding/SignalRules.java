package dev.woodpecker.runtime.plan.binding;

import java.util.Optional;

/** Rules for operators on signals: axes and lengths that are inputs, and follow from other inputs where absent. */
final class SignalRules {
    private SignalRules() {}

    /** DFT: the axis from the front, the length that of the axis, or of the signal that x is half the spectrum of. */
    static NodeCall dft(NodeCall call, Values values) {
        int[] shape = call.first().shape();
        long axis = AxisRules.fromFront(
                call, "axis", scalar(call, values, "axis").orElse(call.integer("axis", -2)), shape.length);
        boolean half = call.integer("inverse", 0) != 0 && call.integer("onesided", 0) != 0;
        if (call.integer("inverse", 0) != 0 && !half) {
            throw Unbindable.attribute(call, "inverse", "an inverse transform to complex numbers", "onesided = 1");
        }
        long extent = shape[(int) axis];
        long length = scalar(call, values, "dftLength").orElse(half ? 2 * (extent - 1) : extent);
        if (length < 1 || axis == shape.length - 1) {
            throw Unbindable.attribute(
                    call,
                    "",
                    "a transform of " + length + " elements of axis " + axis,
                    "a length of 1 or more, and any axis but the last");
        }
        return call.withoutInput("axis")
                .withoutInput("dftLength")
                .with("axis", axis)
                .with("length", length);
    }

    /** STFT: frames as long as the window where nothing else is said. */
    static NodeCall shortTimeFourier(NodeCall call, Values values) {
        long length = scalar(call, values, "frameLength")
                .orElseGet(() -> call.tensor("window")
                        .map(window -> (long) window.shape()[0])
                        .orElseThrow(() -> Unbindable.attribute(
                                call, "frame_length", "neither frame_length nor window is given", "one of both")));
        long step = scalar(call, values, "frameStep").orElse(0L);
        long signal = call.first().shape()[1];
        if (step < 1 || length < 1 || length > signal) {
            throw Unbindable.attribute(
                    call,
                    "frame_length",
                    "frames of " + length + " elements, one each " + step + ", of a signal of " + signal,
                    "a step of 1 or more, and frames no longer than the signal");
        }
        return call.withoutInput("frameLength")
                .withoutInput("frameStep")
                .with("frameLength", length)
                .with("frameStep", step);
    }

    private static Optional<Long> scalar(NodeCall call, Values values, String input) {
        return ConstantInputs.integers(call, values, input).map(elements -> elements[0]);
    }
}
