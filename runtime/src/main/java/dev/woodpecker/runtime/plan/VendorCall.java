package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.vendor.VendorKernel;
import java.util.List;

/**
 * What a vendor's library computes in the place of an invocation's kernel.
 *
 * @param buffers in the order of {@link VendorKernel}; fixed weights as the description says, not yet as the library wants
 *     them
 */
public record VendorCall(VendorKernel kernel, List<BufferSource> buffers) {
    public VendorCall {
        buffers = List.copyOf(buffers);
    }
}
