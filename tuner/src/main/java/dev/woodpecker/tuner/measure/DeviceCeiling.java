package dev.woodpecker.tuner.measure;

/**
 * What no kernel can be faster than on a device: a kernel that claims to be has not run, or has not computed what it should.
 *
 * @param flopsPerSecond of its fastest units, by the data sheet; infinite for a device whose times are not its own
 */
public record DeviceCeiling(double flopsPerSecond) {
    /** For an emulated device. */
    public static final DeviceCeiling NONE = new DeviceCeiling(Double.POSITIVE_INFINITY);

    /**
     * Of the operations that a program's text counts, those that are certain to be done: taps of a convolution that lie in
     * the border are left out. With the device's clocks above the data sheet's it is still a bound.
     */
    private static final double SHARE = 0.6;

    /** Whether this time is impossible for so many operations. */
    boolean forbids(double flops, double seconds) {
        return seconds < leastSeconds(flops);
    }

    double leastSeconds(double flops) {
        return SHARE * flops / flopsPerSecond;
    }
}
