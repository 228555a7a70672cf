package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.RunnablePlan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Brings the code and the constants of compiled plans to a device. */
public final class DevicePlans {
    /** As every buffer's address on the device is aligned. */
    static final long ALIGNMENT = 256;

    private final CudaDevice device;
    private final CudaKernelLoader loader;

    private final Vendors vendors;
    private final Numerics numerics;

    /**
     * @param code how long code stays loaded
     * @param vendors whether libraries may compute kernels in the place of generated ones
     * @param numerics of the plans' kernels
     */
    public DevicePlans(CudaDevice device, Arena code, Vendors vendors, Numerics numerics) {
        this.device = device;
        this.vendors = vendors;
        this.numerics = numerics;
        this.loader = new CudaKernelLoader(device, code);
    }

    /**
     * The plan, ready to run, with libraries' kernels where they are wanted and faster on this device.
     *
     * @param arena how long its constants are needed
     * @throws dev.woodpecker.runtime.device.cuda.driver.CudaException if the device refuses its code, or has no memory left
     */
    public RunnablePlan load(CompiledPlan plan, Arena arena) {
        CudaPlan generated = generated(plan, arena);
        boolean any = generated.invocations().stream()
                .anyMatch(invocation -> invocation.vendor().isPresent());
        if (!vendors.looksForKernels() || !any) {
            return generated;
        }
        return device.vendor()
                .map(vendor -> VendorSelection.of(generated, vendor, vendors, numerics, arena))
                .orElse(generated);
    }

    private CudaPlan generated(CompiledPlan plan, Arena arena) {
        device.check();
        List<CudaKernel> kernels = plan.kernels().stream().map(loader::load).toList();
        return CudaPlan.generated(device, plan, kernels, upload(plan.constants(), arena));
    }

    /** Copies constants to one block of the device's memory, which lives as long as the arena. */
    private List<DevicePointer> upload(List<MemorySegment> constants, Arena arena) {
        long bytes = 0;
        List<Long> offsets = new ArrayList<>();
        for (MemorySegment constant : constants) {
            offsets.add(bytes);
            bytes += Math.ceilDiv(constant.byteSize(), ALIGNMENT) * ALIGNMENT;
        }
        DevicePointer block = device.allocate(bytes, "a model's weights");
        AtClose.of(arena, () -> device.free(block));
        List<DevicePointer> pointers = offsets.stream().map(block::plus).toList();
        device.run(() -> {
            Stream stream = device.driver().createStream();
            try {
                for (int i = 0; i < constants.size(); i++) {
                    if (constants.get(i).byteSize() > 0) {
                        device.driver().copy(constants.get(i), pointers.get(i), stream);
                    }
                }
                device.driver().synchronize(stream);
            } finally {
                device.release(driver -> driver.destroy(stream));
            }
        });
        return pointers;
    }
}
