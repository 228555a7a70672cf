package dev.woodpecker.compiler.interp;

import java.util.Map;

/**
 * What a kernel returned.
 *
 * @param status 0, or the number of the check that failed
 * @param outputs by buffer, in logical order; empty where a check failed
 */
public record KernelResult(int status, Map<String, HostTensor> outputs) {
    public KernelResult {
        outputs = Map.copyOf(outputs);
    }

    /** The output of this name; it must be there. */
    public HostTensor output(String name) {
        HostTensor tensor = outputs.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    "no output " + name + "; status " + status + ", outputs " + String.join(", ", outputs.keySet()));
        }
        return tensor;
    }
}
