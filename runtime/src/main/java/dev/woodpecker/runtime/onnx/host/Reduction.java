package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;

/** How a scattered update meets the element that is there: the attribute {@code reduction}. */
enum Reduction {
    NONE,
    ADD,
    MUL,
    MIN,
    MAX;

    static Reduction of(HostCall call) {
        String name = call.node().text("reduction");
        for (Reduction reduction : values()) {
            if (reduction.name().equalsIgnoreCase(name)) {
                return reduction;
            }
        }
        throw call.error("reduction '" + name + "'; none, add, mul, min, max are allowed");
    }

    void apply(NdArray target, long position, NdArray updates, long update) {
        if (target.type().isFloat()) {
            double old = target.getDouble(position);
            double value = updates.getDouble(update);
            target.set(
                    position,
                    switch (this) {
                        case NONE -> value;
                        case ADD -> old + value;
                        case MUL -> old * value;
                        case MIN -> Math.min(old, value);
                        case MAX -> Math.max(old, value);
                    });
        } else {
            long old = target.getLong(position);
            long value = updates.getLong(update);
            target.set(
                    position,
                    switch (this) {
                        case NONE -> value;
                        case ADD -> old + value;
                        case MUL -> old * value;
                        case MIN -> Math.min(old, value);
                        case MAX -> Math.max(old, value);
                    });
        }
    }
}
