package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.vendor.cuda.DeviceVendor;
import java.util.List;

/** Something that a plan enqueues. Equal ones do the same to the same memory. */
sealed interface PlanStep {
    void enqueue(CudaDriver driver, Stream stream);

    /** A generated kernel's launch: one node of a graph. */
    record Generated(KernelLaunch launch) implements PlanStep {
        @Override
        public void enqueue(CudaDriver driver, Stream stream) {
            driver.launch(launch, stream);
        }
    }

    /** A library's call, of which a graph has as many nodes as the library likes. */
    record OfVendor(DeviceVendor.Call call, List<Long> buffers, long workspace) implements PlanStep {
        public OfVendor {
            buffers = List.copyOf(buffers);
        }

        @Override
        public void enqueue(CudaDriver driver, Stream stream) {
            call.enqueue(buffers, workspace, stream.value());
        }
    }
}
