package dev.woodpecker.benchmarks.gpu;

import com.google.gson.annotations.SerializedName;
import java.util.Map;

/**
 * A line of a table of layers. Times are of one run, in microseconds; 0 where there is none, {@code problem} then says why.
 *
 * @param group the batch and the mode, or the mode: what is summed up together
 * @param ours the fastest candidate's time
 * @param standard the default schedule's
 * @param decisions of the fastest
 * @param candidates tried, {@code failed} of them with a wrong result or an error
 * @param vendor the fastest algorithm's time in the vendor's library
 * @param operations multiplications and additions
 * @param bytes that are read and written at least
 */
record LayerRow(
        String name,
        String group,
        @SerializedName("oursMicroseconds") double ours,
        @SerializedName("defaultMicroseconds") double standard,
        Map<String, Long> decisions,
        int candidates,
        int failed,
        @SerializedName("vendorMicroseconds") double vendor,
        String vendorAlgorithm,
        int vendorTried,
        double operations,
        long bytes,
        String problem) {
    boolean hasRatio() {
        return ours > 0 && vendor > 0;
    }

    /** How many times as fast as the vendor's. */
    double ratio() {
        return vendor / ours;
    }
}
