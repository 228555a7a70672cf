package golden;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Kernel;

/** An elementwise kernel. */
public final class Relu {
    private Relu() {}

    /** {@code x} where it is positive. */
    @Kernel(op = "Relu")
    @Example("x=1x64x56x56")
    public static float relu(float x) {
        return Math.max(x, 0);
    }
}
