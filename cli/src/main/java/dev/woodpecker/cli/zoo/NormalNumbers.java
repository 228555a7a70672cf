package dev.woodpecker.cli.zoo;

/**
 * Normally distributed numbers, the same on every machine: SplitMix64 (Steele, Lea and Flood, 2014) and Marsaglia's polar
 * method, with {@link StrictMath} alone.
 */
final class NormalNumbers {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;
    private double spare;
    private boolean hasSpare;

    /** The sequence that belongs to a seed and a name: independent of what else is made of the seed. */
    NormalNumbers(long seed, String name) {
        state = seed;
        for (int i = 0; i < name.length(); i++) {
            state = mixed(state + name.charAt(i) * GOLDEN_GAMMA);
        }
    }

    /** The next number, of mean 0 and variance 1. */
    double next() {
        if (hasSpare) {
            hasSpare = false;
            return spare;
        }
        while (true) {
            long bits = mixed(state += GOLDEN_GAMMA);
            double u = (int) (bits >> 32) * 0x1p-31;
            double v = (int) bits * 0x1p-31;
            double square = u * u + v * v;
            if (square < 1 && square > 0) {
                double factor = Math.sqrt(-2 * StrictMath.log(square) / square);
                spare = v * factor;
                hasSpare = true;
                return u * factor;
            }
        }
    }

    private static long mixed(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
