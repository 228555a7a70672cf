package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.vendor.VendorKernel;
import java.util.List;

/**
 * What a vendor's library computes in the place of an invocation's kernel.
 *
 * @param buffers in the order of {@link VendorKernel}; fixed weights as the description says, not yet as the library wants
 *     them
 * @param element what all of them are of; of anything but {@code F32} only a GPU's libraries are told
 */
public record VendorCall(VendorKernel kernel, List<BufferSource> buffers, DType element) {
    public VendorCall {
        buffers = List.copyOf(buffers);
    }

    /** A call of single precision. */
    public VendorCall(VendorKernel kernel, List<BufferSource> buffers) {
        this(kernel, buffers, DType.F32);
    }
}
