package dev.woodpecker.runtime.device.cuda.driver;

/** Blocks of a grid, or threads of a block. */
public record Extent3(int x, int y, int z) {
    public Extent3 {
        if (x < 1 || y < 1 || z < 1) {
            throw new IllegalArgumentException("extents " + x + " x " + y + " x " + z + "; each is at least 1");
        }
    }

    /** A line of {@code x}. */
    public static Extent3 of(int x) {
        return new Extent3(x, 1, 1);
    }

    /** How many there are in all. */
    public long count() {
        return (long) x * y * z;
    }

    @Override
    public String toString() {
        return x + "x" + y + "x" + z;
    }
}
