package dev.woodpecker.runtime.device.cuda;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The generation of GPUs that code is made for.
 *
 * @param capability as {@code 80} or {@code 90}
 * @param suffix {@code a} for the instructions that only this generation has, or empty
 */
public record CudaArchitecture(int capability, String suffix) {
    private static final Pattern NAME = Pattern.compile("sm_(\\d{2,3})(a?)");

    public static final CudaArchitecture SM_80 = parse("sm_80");
    public static final CudaArchitecture SM_90A = parse("sm_90a");

    /** Reads a name as {@code sm_80} or {@code sm_90a}. */
    public static CudaArchitecture parse(String name) {
        Matcher match = NAME.matcher(name);
        if (!match.matches()) {
            throw new IllegalArgumentException("'" + name + "' is not a CUDA architecture such as sm_80 or sm_90a");
        }
        return new CudaArchitecture(Integer.parseInt(match.group(1)), match.group(2));
    }

    public String name() {
        return "sm_" + capability + suffix;
    }
}
