package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.vendor.cuda.ConvolutionShape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a workload's inputs contain, in row-major order, the same every time: multiples of 1/64 within -1 and 1. Fp16, bf16 and tf32
 * have them exactly, and a product of two of them fp32 has: what then differs from the exact result is the order of the sum and
 * the rounding of the result alone.
 */
record InputValues(List<float[]> tensors) {
    private static final int STEPS = 64;
    /** SplitMix64's increment and factors: Steele, Lea and Flood, OOPSLA 2014. */
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private static final long FIRST_FACTOR = 0xBF58476D1CE4E5B9L;
    private static final long SECOND_FACTOR = 0x94D049BB133111EBL;

    static InputValues of(Workload workload) {
        List<List<Long>> inputs = workload.inputs();
        return new InputValues(IntStream.range(0, inputs.size())
                .mapToObj(i -> values(
                        Math.toIntExact(ConvolutionShape.elements(inputs.get(i))),
                        workload.name().hashCode() + (long) i))
                .toList());
    }

    private static float[] values(int elements, long seed) {
        float[] values = new float[elements];
        IntStream.range(0, elements)
                .parallel()
                .forEach(i -> values[i] =
                        (Math.floorMod(mixed((seed << Integer.SIZE) + i), 2 * STEPS + 1) - STEPS) / (float) STEPS);
        return values;
    }

    private static long mixed(long number) {
        long z = (number + 1) * GAMMA;
        z = (z ^ z >>> 30) * FIRST_FACTOR;
        z = (z ^ z >>> 27) * SECOND_FACTOR;
        return z ^ z >>> 31;
    }
}
