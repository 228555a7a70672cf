package dev.woodpecker.runtime.vendor.cuda;

import dev.woodpecker.runtime.vendor.VendorKernel;
import java.util.List;

/** What computes kernels on a device in the place of generated ones. */
public interface DeviceVendor {
    /** A way to compute a kernel. */
    interface Call extends AutoCloseable {
        /** For people: {@code cuDNN engine 12 NCHW}. */
        String name();

        /** Device memory that it wants besides its buffers. */
        long workspaceBytes();

        /**
         * Enqueues it, as several kernels perhaps; this may be captured.
         *
         * @param buffers addresses on the device, in the order of {@link VendorKernel}
         * @param workspace at least what it wants; 0 if that is nothing
         * @param stream the driver's handle
         * @throws VendorCallException if the library refuses
         */
        void enqueue(List<Long> buffers, long workspace, long stream);

        @Override
        void close();
    }

    /**
     * The ways that there are, the most promising first; none where the kernel is not one of the vendor's.
     *
     * @throws VendorCallException if the library refuses the kernel's description
     */
    List<Call> calls(VendorKernel kernel, Precision precision);
}
